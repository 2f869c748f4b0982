"""Runs `tabtune train` and the script that `tabtune script` writes of the same run, on one process and on two, and
compares every step's loss and gradient norm, every epoch's scores, which epochs are the best so far and when the run ends, and
what the folders that are written say of texts, labels and answers; exit code 1 if they differ by more than 1e-4."""

import argparse
import gzip
import io
import json
import math
import os
import random
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import datasets
import openpyxl
from backports import zstd

MODEL = Path(__file__).resolve().parent.parent / "fixtures" / "tiny-bert"
ROWS = 50
LIMIT = 1e-4
DAY = datetime(2024, 2, 29, 12)


def word(row: int) -> str:
    return ("good", "bad", "green")[row % 3]


def filling(row: int) -> str:
    draw = random.Random(row)
    return " ".join(draw.choice(("the", "is", "very", "and", "with", "we", "apple", "pear")) for _ in range(row % 7))


def lines(header: str, of_row) -> str:
    return "".join([header, *(of_row(row) for row in range(ROWS))])


def tagged(row: int) -> str:
    return f"the O\n{word(row)} B-X\n" + "".join(f"{one} O\n" for one in filling(row).split()) + "one I-X\n\n"


def long(row: int) -> str:
    """A sentence of up to a hundred words, some of several tokens."""
    draw = random.Random(row)
    words = [draw.choice(("the", "is", "unhappiness", word(row), "apple", "(very)")) for _ in range(1 + 2 * row)]
    return "".join(f"{one} {'B-X' if one == word(row) else 'O'}\n" for one in words) + "\n"


def parquet() -> bytes:
    """As the hub has data sets: numbers for classes, a text in an object, and a column of bytes."""
    rows = [{"of": {"text": f"the {word(r)} {filling(r)} {r}"}, "label": r % 3, "bytes": b"\x89"} for r in range(ROWS)]
    names = datasets.ClassLabel(names=["good", "bad", "green"])
    kinds = {"of": {"text": datasets.Value("string")}, "label": names, "bytes": datasets.Value("binary")}
    file = io.BytesIO()
    datasets.Dataset.from_list(rows, features=datasets.Features(kinds)).to_parquet(file)
    return file.getvalue()


def labelled() -> str:
    return lines("text,label\n", lambda r: f"the {word(r)} {filling(r)} {r},{word(r)}\n")


def archive() -> bytes:
    """As Kaggle hands out its data: the table to train on among others."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("sample_submission.csv", "id,label\n1,good\n2,bad\n")
        packed.writestr("data/train.csv", labelled())
        packed.writestr("data/test.csv", "text\nthe good\n")
    return file.getvalue()


def workbook() -> bytes:
    """A table below a title and away from the left."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.create_sheet("More").append(["none of it"])
    sheet = book.active
    sheet["B1"] = "Scores of last year"
    for place, row in enumerate([("text", "on", "score"), *((f"the {word(r)} {r}", DAY, 1 + r % 3 + 0.1) for r in range(ROWS))], 3):
        for column, value in enumerate(row, 2):
            sheet.cell(place, column, value)
    book.save(file)
    return file.getvalue()


#: Letters, marks, digits, signs and white space of scripts that are cut into words in ways of their own.
UGLY = (
    "aéÅ e\u0301 ﬁ ǆ 3½Ⅷ٣ ' - . 👍🏽 🎬 𝒳 हिन्दी में বাংলা العَرَبِيَّة עִבְרִית ที่นี่ ສະບາຍ မြန်မာ ភាសាខ្មែរ 東京タワー 한국어 "
    "\u00a0\u2028\u200d\ufe0f _\t王𠮷 ʼnⓐ\u20e3"
)


def marked(row: int) -> str:
    """A text of letters of all kinds with a span somewhere in it, as one of the tools that mark spans writes it."""
    draw = random.Random(row)
    text = f"{word(row)} " + "".join(draw.choice(UGLY) for _ in range(40)) + f" {word(row)}"
    start = draw.choice([place for place, letter in enumerate(text) if not letter.isspace()])
    end = min(len(text), start + 1 + draw.randrange(9))
    units = [len(text[:place].encode("utf-16-le")) // 2 for place in (start, end)]
    label = ("place", "thing")[row % 2]
    spans = (
        [[start, end, label]],
        {"entities": [{"start": start, "end": end, "label": label, "text": text[start:end]}]},
        [{"start_offset": units[0], "end_offset": units[1], "labels": [label], "text": text[start:end]}],
        [{"start": start, "end": end, "type": label}, {"start": start, "end": end, "type": label}],
        [],
    )[row % 5]
    return json.dumps({"text": text, "spans": spans}, ensure_ascii=row % 2 == 0) + "\n"


TABLES = {
    "classification": ("c.csv", lines("text,label\n", lambda r: f'"the {word(r)}, one {filling(r)} {r}",{word(r)}\n')),
    "multi_label": (
        "m.csv",
        lines("text,labels\n", lambda r: f"{word(r)} {filling(r)} {r},{word(r)}|{word(r // 3)}\n"),
    ),
    "regression": ("r.csv", lines("text,score\n", lambda r: f"the {word(r)} {filling(r)} {r},{1900 + 400 * (r % 3)}.5\n")),
    "pairs": (
        "p.tsv",
        lines(
            "premise\thypothesis\tlabel\n",
            lambda r: f"the {word(r)} {filling(r)}\tit is {word(r // 2)}\t{word(r) == word(r // 2)}\n",
        ),
    ),
    "tokens": ("t.conll", lines("", tagged)),
    "answers": (
        "a.csv",
        lines(
            "question,context,answers\n",
            lambda r: f'what {word(r)} is it,"{filling(r)} {filling(r)} is {word(r)} and {filling(r + 1)}",{word(r)}\n',
        ),
    ),
    "answers, some lacking": (
        "l.csv",
        lines(
            "question,context,answers\n",
            lambda r: f'what {word(r)} is it,"{filling(r)} is {word(r)} and {filling(r + 1)}",{word(r) if r % 3 else ""}\n',
        ),
    ),
    "embedding, scored": (
        "s.csv",
        lines("sentence1,sentence2,score\n", lambda r: f"the {word(r)} {filling(r)} {r},it is {word(r // 2)},{r % 6}\n"),
    ),
    "embedding, recurring": (
        "f.csv",
        lines("anchor,positive\n", lambda r: f"the {word(r)} {filling(r % 17)},it is {word(r)} and {word(r // 4)}\n"),
    ),
    "embedding": (
        "e.csv",
        lines("anchor,positive\n", lambda r: f"the {word(r)} {filling(r)} {r},it is {word(r)} {r}\n"),
    ),
}
#: Other ways to write tables, for which a few steps are enough: the rows must be the same.
TABLES |= {
    "decimal comma": (
        "comma.csv",
        lines("# made up\ntext;score\n", lambda r: f"the {word(r)} {filling(r)} {r};{1 + r % 3}.900,25\n"),
    ),
    "groups": (
        "groups.csv",
        lines("text;score\n", lambda r: f"the {word(r)}\u2028{filling(r)}\x0b{r};{1 + r % 3},900.5\n"),
    ),
    "workbook": ("table.xlsx", workbook()),
    "parquet": ("table.parquet", parquet()),
    "gzip": ("table.csv.gz", gzip.compress(labelled().encode(), 1)),
    "zstd": ("table.csv.zst", zstd.compress(labelled().encode())),
    "archive": ("archive.zip", archive()),
    "long words": ("long.conll", lines("", long)),
    "letters": (
        "letters.csv",
        lines("", lambda r: f"the {word(r)} {filling(r)} слово, и ещё {r};{word(r)}\n").encode("cp1251"),
    ),
    "spans": ("spans.jsonl", lines("", marked)),
    "words in rows": (
        "words.csv",
        lines(
            "sentence_id;word;tag\n",
            lambda r: "".join(f"{r};{one};O\n" for one in f"the {filling(r)} {r}".split()) + f"{r};{word(r)};B-X\n",
        ),
    ),
    "columns": (
        "columns.json",
        json.dumps(
            {
                "text": [f"the {word(r)}\u2028{filling(r)} {r}" for r in range(ROWS)],
                "label": [{"name": word(r)} for r in range(ROWS)],
            },
            ensure_ascii=False,
        ),
    ),
    "nested": (
        "nested.jsonl",
        lines("", lambda r: json.dumps({"of": {"text": f"{word(r)}\u2028{r}", "label": word(r)}}, ensure_ascii=False) + "\n"),
    ),
    "rows for testing": (
        "sides.csv",
        lines("text,label,split\n", lambda r: f"the {word(r)} {r},{word(r)},{('train', 'train', 'dev', 'test')[r % 4]}\n"),
    ),
}
#: The tasks of tables that are not called by theirs.
TASKS = {
    "pairs": "classification",
    "answers, some lacking": "answers",
    "embedding, scored": "embedding",
    "embedding, recurring": "embedding",
    "decimal comma": "regression",
    "groups": "regression",
    "workbook": "regression",
    "parquet": "classification",
    "gzip": "classification",
    "zstd": "classification",
    "archive": "classification",
    "long words": "tokens",
    "letters": "classification",
    "spans": "tokens",
    "words in rows": "tokens",
    "columns": "classification",
    "nested": "classification",
    "rows for testing": "classification",
}
#: Name, table, options beside the common ones or in their place.
CASES = [(name, name, "") for name in TABLES if not name.startswith(("answers", "long words"))] + [
    ("answers", "answers", "--max-length 24"),
    ("answers, some lacking", "answers, some lacking", "--max-length 20 --epochs 4"),
    ("answers, lora", "answers, some lacking", "--method lora"),
    ("long words", "long words", "--max-length 24"),
    ("letters, otherwise", "letters", "--header yes --delimiter semicolon --encoding windows-1250"),
    ("lora", "classification", "--method lora"),
    ("lora, numbers", "regression", "--method lora"),
    ("numbers, the best of many", "regression", "--epochs 4"),
    ("numbers, patience", "regression", "--epochs 8 --patience 1 --learning-rate 0.004 --split-seed 1"),
    ("frozen layers", "classification", "--frozen-layers 1"),
    (
        "accumulation, layer decay, weights, smoothing",
        "classification",
        "--accumulation 2 --layer-decay 0.9 --class-weights balanced --label-smoothing 0.1",
    ),
    ("several labels, macro-F1", "multi_label", "--metric macro_f1 --epochs 4"),
    ("embedding, parts", "embedding", "--layer-decay 0.6 --frozen-layers 1"),
    ("embedding, drawn anew", "embedding", "--reinit-layers 1"),
    ("embedding, lora", "embedding", "--method lora --layer-decay 0.6"),
    ("embedding, ties", "embedding", "--epochs 5"),
    ("embedding, loss", "embedding", "--metric loss --epochs 5"),
]
#: Cases that are run on two processes, too: each way of sharing a batch's rows and its loss.
SHARED = {
    *("classification", "multi_label", "regression", "tokens", "answers, some lacking", "embedding", "embedding, scored"),
    *("lora", "embedding, lora", "accumulation, layer decay, weights, smoothing"),
}
#: What is compared of the folders that are written.
FILES = ("config.json", "tokenizer_config.json")
FILES_SAY = ("threshold", "handle_impossible_answer", "model_max_length")
COMMON = "--epochs 2 --batch-size 8 --learning-rate 0.002 --dropout 0 --validation-share 0.2"


def options_of(more: str) -> list[str]:
    words = [text.split() for text in (COMMON, more)]
    named = dict(pair for some in words for pair in zip(some[::2], some[1::2]))
    return [word for pair in named.items() for word in pair]


def events(command: list[str], losses: Path | None = None) -> dict[str, list[dict]]:
    """The steps and the epochs of a run."""
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}
    # Models are so small that threads cost more than they give.
    environment["OMP_NUM_THREADS"] = "1"
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-3000:]}")
    text = losses.read_text() if losses else done.stdout
    told = [json.loads(line) for line in text.splitlines()]
    return {kind: [event for event in told if event["type"] == kind] for kind in ("step", "epoch")}


def difference(ours: list[dict], theirs: list[dict], name: str) -> float:
    assert len(ours) == len(theirs), f"{len(ours)} and {len(theirs)} steps"
    return max(abs(a[name] - b[name]) / max(abs(a[name]), 1e-9) for a, b in zip(ours, theirs))


def of_scores(ours: list[dict], theirs: list[dict]) -> float:
    """How far the figures of the epochs differ that both have; infinitely, if other epochs are the best so far."""
    if [epoch["best"] for epoch in ours] != [epoch["best"] for epoch in theirs]:
        return math.inf
    both = [(a["validation"], b["validation"]) for a, b in zip(ours, theirs)]
    return max(apart(a[name], b[name]) for a, b in both for name in a.keys() & b.keys())


def apart(one: float | None, other: float | None) -> float:
    if one is None or other is None:
        return 0.0 if one == other else math.inf
    return abs(one - other) / max(abs(one), 1.0)


def of_folders(ours: Path, theirs: Path) -> float:
    """How far what the folders say beside their weights differs: from where on a label applies, whether there may be no answer,
    where texts are cut."""
    files = [[json.loads((folder / name).read_text()) for folder in (ours, theirs)] for name in FILES]
    pairs = [tuple(file.get(key) for file in both) for both in files for key in FILES_SAY]
    return max(apart(*pair) for pair in pairs)


def compare(tabtune: str, work: Path, place: int) -> float:
    """One case, with each number of processes; the largest difference."""
    name, table, more = CASES[place]
    data, folder = work / TABLES[table][0], work / f"case{place}"
    given = ["--model", str(MODEL), "--data", str(data), "--task", TASKS.get(table, table), *options_of(more)]
    ours = events([tabtune, "train", *given, "--out", str(folder / "ours"), "--json"])
    subprocess.run([tabtune, "script", *given, "--out", str(folder / "script")], check=True, capture_output=True)
    worst = 0.0
    for processes in (1, 2) if name in SHARED else (1,):
        launch = [sys.executable]
        if processes > 1:
            launch += ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", str(processes)]
            launch += ["--main_process_port", str(29500 + place)]
        losses = folder / f"losses{processes}.jsonl"
        script = [str(folder / "script" / "train.py"), "--data", str(data), "--model", str(MODEL)]
        out = ["--out", str(folder / f"theirs{processes}"), "--losses", str(losses)]
        theirs = events([*launch, *script, *out], losses)
        found = {what: difference(ours["step"], theirs["step"], what) for what in ("loss", "grad_norm")}
        found["scores"] = of_scores(ours["epoch"], theirs["epoch"])
        found["folder"] = of_folders(folder / "ours", folder / f"theirs{processes}")
        worst = max(worst, *found.values())
        best = "".join("-+"[epoch["best"]] for epoch in ours["epoch"])
        words = ", ".join(f"{what} {value:.1e}" for what, value in found.items())
        print(f"{name}, {processes} process(es), {len(ours['step'])} steps, epochs {best}: {words}", flush=True)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tabtune", help="the program")
    parser.add_argument("work", type=Path, help="folder for tables, scripts and models")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for file, text in TABLES.values():
        (options.work / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda place: compare(options.tabtune, options.work, place), range(len(CASES))))
    sys.exit(max(found) > LIMIT)


if __name__ == "__main__":
    main()
