"""Makes metrics_entities.json with seqeval."""

import warnings
from pathlib import Path

import numpy
from seqeval import metrics
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, Entities

import writing
from measures_labels import exact

CLEAN = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
ODD = ["O", "B-X", "I-X", "I-Y", "E-X", "S-X", "S-Y", "L-X", "U-X", "U-Y", "B-Y"]
WILD = [
    "O", "B", "I", "E", "S", "L", "U", ".", "-", "B-", "I-", "L-", "B-X-Y", "I-X-Y", "BX-Y", "IY", "O-X", "L-X", ".-X",
    "B-_", "U-_", "NOUN", "VERB", "x", "B-Ö", "I-Ö", "é-Ö", "\N{GREEK CAPITAL LETTER OMEGA}", "I-東京", "B-東京",
]


def figures(found: dict) -> dict:
    return {
        "precision": exact(found["precision"]),
        "recall": exact(found["recall"]),
        "f1": exact(found["f1-score"]),
        "support": int(found["support"]),
    }


def in_scheme(tags: list[str]) -> list[tuple[str, int, int]]:
    """Like `get_entities`, for tags of BILOU, which seqeval knows only where it is strict."""
    (found,) = Entities([tags], scheme=BILOU).entities if tags else [[]]
    return [(entity.tag, entity.start, entity.end - 1) for entity in found]


def case(truth: list[list[str]], prediction: list[list[str]], read=get_entities, **mode) -> dict:
    made = {
        "truth": truth,
        "prediction": prediction,
        "entities": [read(tags) for tags in truth],
        "accuracy": exact(metrics.accuracy_score(truth, prediction)) if any(truth) else 0,
    }
    if not any(map(read, [*truth, *prediction])):  # seqeval stops at means over no types.
        nothing = {"precision": 0, "recall": 0, "f1": 0, "support": 0}
        return {**made, "kinds": [], "micro": nothing, "macro": nothing}
    report = metrics.classification_report(truth, prediction, output_dict=True, zero_division=0, **mode)
    micro, macro, _ = (report.pop(f"{average} avg") for average in ("micro", "macro", "weighted"))
    assert micro["f1-score"] == metrics.f1_score(truth, prediction, zero_division=0, **mode)
    return {
        **made,
        "kinds": [[kind, figures(found)] for kind, found in report.items()],
        "micro": figures(micro),
        "macro": figures(macro),
    }


def cases() -> list[dict]:
    random = numpy.random.Generator(numpy.random.PCG64(33))
    made = [
        case([[]], [[]]),
        case([["O", "O"]], [["O", "O"]]),
        case([["O", "O"]], [["B-X", "O"]]),
        case([["B-X", "I-X"]], [["O", "O"]]),
        case([["B-X", "I-Y"]], [["B-X", "I-X"]]),
        case([[], ["L-_", "B-X"], []], [[], ["L-_", "B-X"], []]),
    ]
    for number in range(300):
        pool = (CLEAN, ODD, WILD)[number % 3]
        truth = [random.choice(pool, int(random.integers(0, 8))).tolist() for _ in range(int(random.integers(1, 5)))]
        wrong = (0, 0.1, 0.3, 1)[number % 4]
        prediction = [
            [str(random.choice(pool)) if random.random() < wrong else tag for tag in tags] for tags in truth
        ]
        made.append(case(truth, prediction))
    return made


def tidy(random: numpy.random.Generator, words: int) -> list[str]:
    """So many tags of BILOU or a few more, none out of place."""
    tags = []
    while len(tags) < words:
        kind, length = str(random.choice(["X", "Y"])), int(random.integers(0, 4))
        inside = [f"I-{kind}"] * (length - 2)
        tags += {0: ["O"], 1: [f"U-{kind}"]}.get(length, [f"B-{kind}", *inside, f"L-{kind}"])
    return tags


def bilou() -> list[dict]:
    random = numpy.random.Generator(numpy.random.PCG64(34))
    mode = {"mode": "strict", "scheme": BILOU}
    made = [case([["U-X", "U-X", "B-X", "L-X"]], [["U-X", "B-X", "L-X", "U-X"]], in_scheme, **mode)]
    for _ in range(40):
        truth = [tidy(random, int(random.integers(0, 8))) for _ in range(int(random.integers(1, 5)))]
        prediction = []
        for tags in truth:
            other = tidy(random, len(tags))
            keep = random.random() < 0.4 or len(other) != len(tags)
            prediction.append(tags if keep else other)
        made.append(case(truth, prediction, in_scheme, **mode))
    return made


def write(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Odd tags are what is tested.
        writing.facts(path, {"cases": cases(), "bilou": bilou()})
