"""Makes metrics_answers.json with the SQuAD measures of transformers 4; version 5 has them no more."""

import ast
import collections
import hashlib
import re
import string
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy

import writing
from measures_labels import exact

REQUIREMENT = "transformers==4.57.1"
WHEEL = Path.home() / ".cache" / "tabtune" / "transformers-4.57.1-py3-none-any.whl"
DIGEST = "b10d05da8fa67dc41644dbbf9bc45a44cb86ae33da6f9295f5fbf5b7890bd267"
SOURCE = "transformers/data/metrics/squad_metrics.py"
NEEDED = ("normalize_answer", "get_tokens", "compute_exact", "compute_f1", "get_raw_scores")

PIECES = [
    "a", "an", "the", "The", "A", "THE", "cat", "Cat", "cats", "Ann", "anthem", "there", "a.m.", "U.S.", "don't",
    "1,000", "3.5", "$5", "x_y", "_the_", "(the)", "the-cat", "the\N{EN DASH}cat", "an\N{EM DASH}a",
    "\N{LEFT DOUBLE QUOTATION MARK}the\N{RIGHT DOUBLE QUOTATION MARK}",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "a\N{COMBINING ACUTE ACCENT}",
    "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}stanbul", "STRASSE", "stra\N{LATIN SMALL LETTER SHARP S}e",
    "\N{GREEK CAPITAL LETTER OMICRON}\N{GREEK CAPITAL LETTER SIGMA}", "\N{GREEK CAPITAL LETTER SIGMA}",
    "東京", "the東京", "東京 the", "\N{FULLWIDTH COMMA}", "a\N{FULLWIDTH FULL STOP}",
    "a\N{DEVANAGARI VOWEL SIGN AA}", "a\N{CIRCLED LATIN SMALL LETTER B}",
    "the\N{SUPERSCRIPT TWO}", "the\N{VULGAR FRACTION ONE HALF}", "\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}",
    "a\N{ZERO WIDTH SPACE}the", "\x1c", "\x1f", "\t", "\n", "\x85", "\N{LINE SEPARATOR}", "!", "?!", "",
]


def measures() -> SimpleNamespace:
    """The functions themselves: the rest of the file imports what has moved since."""
    if not WHEEL.exists():
        WHEEL.parent.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(WHEEL.parent), REQUIREMENT]
        subprocess.run(pip, check=True)
    digest = hashlib.sha256(WHEEL.read_bytes()).hexdigest()
    if digest != DIGEST:
        sys.exit(f"{WHEEL} is not the expected {REQUIREMENT}: sha256 {digest}, not {DIGEST}.")
    with zipfile.ZipFile(WHEEL) as archive:
        tree = ast.parse(archive.read(SOURCE))
    tree.body = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name in NEEDED]
    named = {"collections": collections, "re": re, "string": string}
    exec(compile(tree, SOURCE, "exec"), named)
    return SimpleNamespace(**{name: named[name] for name in NEEDED})


def case(squad: SimpleNamespace, prediction: str, right: list[str]) -> dict:
    question = SimpleNamespace(qas_id="q", answers=[{"text": text} for text in right])
    found, f1 = squad.get_raw_scores([question], {"q": prediction})
    return {
        "prediction": prediction,
        "right": right,
        "normal": squad.normalize_answer(prediction),
        "exact": bool(found["q"]),
        "f1": exact(f1["q"]),
    }


def stable_letters() -> list[str]:
    """A few characters of each category, of those that have not changed since Unicode 3.2."""
    of_category = collections.defaultdict(list)
    for code in range(0x80, 0x30000):
        letter = chr(code)
        category = unicodedata.category(letter)
        if category == unicodedata.ucd_3_2_0.category(letter) and category not in ("Cn", "Cs", "Co"):
            of_category[category].append(letter)
    return [
        letter for category in sorted(of_category)
        for letter in of_category[category][:: max(1, len(of_category[category]) // 24)]
    ]


def cases() -> list[dict]:
    squad = measures()
    random = numpy.random.Generator(numpy.random.PCG64(34))
    made = [
        case(squad, *given)
        for given in [
            ("", []), ("", [""]), ("", ["the"]), ("a", []), ("the", ["x"]), ("cat", []), ("", ["cat"]), ("!", ["?"]),
            ("the the cat", ["cat cat"]), ("cat cat", ["the cat", "cat, cat!"]), ("Cat", ["dog", "a cat", ""]),
        ]
    ]
    for _ in range(400):
        joint = str(random.choice([" ", " ", "", ", "]))

        def some(most: int) -> str:
            return joint.join(random.choice(PIECES, int(random.integers(0, most))).tolist())

        right = [some(6) for _ in range(int(random.integers(0, 4)))]
        if right and random.random() < 0.5:
            prediction = str(random.choice(right)) + str(random.choice(["", "!", " the", " cat"]))
        else:
            prediction = some(7)
        made.append(case(squad, prediction, right))
    made += [case(squad, f"the{letter} A{letter}AN b{letter}", [f"b{letter}"]) for letter in stable_letters()]
    return made


def write(path: Path) -> None:
    writing.facts(path, {"cases": cases()})
