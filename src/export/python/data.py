"""Reads the table as Tabtune read it: the same rows, the same labels, the same sides of the split."""

import csv
import hashlib
import io
import json
import re
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Words that say whether two texts are alike.
ALIKE = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


#: Keys under which tools keep the spans that they mark.
WRAPPERS = ("entities", "spans")


@dataclass
class Example:
    """A row of the table. Places count characters."""

    text: str
    pair: str | None = None
    negative: str | None = None
    label: int | None = None
    labels: list[int] = field(default_factory=list)
    score: float | None = None
    words: list[tuple[int, int, int]] | None = None  # start, end, tag
    answers: list[tuple[int, int]] | None = None  # start, end


def table(path: Path, layout: dict) -> list[dict[str, str]]:
    """All rows as text cells by column; of JSON files objects become columns and lists compact JSON."""
    rows = cells(path, layout)
    return sentences(rows, layout["sentences"]) if layout.get("sentences") else rows


def cells(path: Path, layout: dict) -> list[dict[str, str]]:
    text = path.read_bytes().decode(layout["encoding"], errors="replace")
    kind = layout["kind"]
    if kind == "delimited":
        return delimited(text, layout)
    if kind == "conll":
        return conll(text)
    if kind == "squad":
        return squad(json.loads(text))
    if kind == "jsonl":
        return [flat(json.loads(line)) for line in text.split("\n") if line.strip()]
    source = json.loads(text)
    if kind == "columns":
        lists = [list(column.values() if isinstance(column, dict) else column) for column in source.values()]
        source = [dict(zip(source, row)) for row in zip(*lists, strict=True)]
    return [flat(row) for row in source]


def flat(row: dict, levels: int = 2, within: str = "") -> dict[str, str]:
    """Cells by column; objects become columns such as `review.body`, but for answers and spans."""
    cells = {}
    for key, value in row.items():
        if isinstance(value, dict) and levels > 0 and not is_cell(key, value):
            cells |= flat(value, levels - 1, f"{within}{key}.")
        else:
            cells[within + key] = cell(value)
    return cells


def is_cell(key: str, value: dict) -> bool:
    """Whether an object is one cell: answers or spans."""
    name = re.sub("[ -]", "_", key.strip().lower())
    answers = "answer_start" in value or ("text" in value and name in ("answers", "answer", "answer_text"))
    return answers or any(isinstance(value.get(wrapper), list) for wrapper in WRAPPERS)


def delimited(text: str, layout: dict) -> list[dict[str, str]]:
    csv.field_size_limit(sys.maxsize)
    if text[:4].lower() == "sep=":
        text = text.split("\n", 1)[1]
    for _ in range(layout["skipped"]):
        text = text.split("\n", 1)[1]
    options = {"delimiter": layout["delimiter"] or "\0"}
    if not layout["quoted"]:
        options["quoting"] = csv.QUOTE_NONE
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), **options) if row]
    columns = layout["columns"]
    body = rows[1:] if layout["header"] else rows
    return [dict(zip(columns, row + [""] * (len(columns) - len(row)))) for row in body]


def sentences(rows: list[dict[str, str]], told: str) -> list[dict[str, str]]:
    """Rows of a word each, put together to rows of a sentence each; a column tells which one it is."""
    only_first = any(not row.get(told, "").strip() for row in rows)
    found, before = [], ""
    for row in rows:
        value = row.get(told, "").strip()
        if not found or (value and (only_first or value != before)):
            found.append([])
        found[-1].append(row)
        before = value or before
    return [{key: cell([row.get(key, "") for row in some]) for key in some[0]} for some in found]


def conll(text: str) -> list[dict[str, str]]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    universal = is_universal([line for line in lines[:1000] if not line.startswith("#")])
    told = [row for line in lines if (row := columns(line)) and row[0] != "-DOCSTART-" and row[0][:1] != "#"]
    known = {row[-1] for row in told if len(row) == len(told[0])}
    rows, words, tags = [], [], []
    for line in [*lines, ""]:
        row = columns(line)
        if not row or row[0] == "-DOCSTART-":
            if words:
                rows.append({"tokens": cell(words), "tags": cell(tags)})
            words, tags = [], []
            continue
        comment = row[0].startswith("#") and not (len(row) == len(told[0]) and row[-1] in known)
        if (comment and not words) or (universal and not row[0].isdecimal()):
            continue
        word, tag = (row[1], row[3]) if universal else (row[0], row[-1])
        if word:
            words.append(word)
            tags.append(tag)
    return rows


def columns(line: str) -> list[str]:
    """The columns of a line of CoNLL; where there is a tab, spaces may belong to words."""
    if not line.strip():
        return []
    if "\t" in line:
        return [part.strip(" ") for part in line.rstrip("\t").split("\t")]
    return [part for part in line.split(" ") if part]


def is_universal(lines: list[str]) -> bool:
    """Whether these lines are of CoNLL-U, which numbers the words of each sentence."""
    begins, sentences = True, 0
    for line in lines:
        number = re.split("[\t.-]", line, maxsplit=1)[0]
        if not line.strip():
            begins = True
        elif line.count("\t") != 9 or not number.isdecimal() or (begins and number not in ("0", "1")):
            return False
        else:
            sentences += begins
            begins = False
    return sentences > 1


def squad(source: dict) -> list[dict[str, str]]:
    rows = []
    for article in source["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                rows.append(
                    {
                        "id": cell(asked.get("id", "")),
                        "question": asked["question"],
                        "context": paragraph["context"],
                        "answers": cell(asked.get("answers", [])),
                    }
                )
    return rows


def cell(value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def examples(rows: list[dict[str, str]], places: list[int], plan: dict) -> list[Example]:
    """The examples in these rows."""
    if max(places, default=-1) >= len(rows):
        raise SystemExit(f"The table has {len(rows)} rows, fewer than the one that this recipe was made for.")
    return [example(rows[place], plan) for place in places]


def example(row: dict[str, str], plan: dict) -> Example:
    columns, task, labels = plan["data"]["columns"], plan["task"], plan["labels"]

    def get(role: str) -> str | None:
        return row.get(columns[role], "") if columns.get(role) else None

    text, pair, label = get("text"), get("pair"), get("label")
    found = Example(text, pair)
    if task == "classification":
        found.label = labels.index(label.strip())
    elif task == "multi_label":
        found.labels = sorted({labels.index(name) for name in several(label, columns["separator"])})
    elif task == "tokens":
        found.text, found.words = words(text, label, labels)
    elif task == "embedding" and (label or "").strip().lower() in ALIKE:
        found.score = ALIKE[label.strip().lower()]
    elif task == "answers":
        found.answers = answers(label, pair)
    elif label is not None and task in ("regression", "embedding"):
        found.score = number(label, plan["data"]["marks"])
    elif task == "embedding":
        found.negative = get("negative")
    return found


def number(text: str, marks: str) -> float:
    if marks == "comma":
        text = text.replace(".", "").replace(",", ".")
    return float(text.replace(",", "") if marks == "grouped" else text)


def listed(text: str):
    """The list or object that a cell holds; None for other text."""
    try:
        return json.loads(text) if text.strip()[:1] in ("[", "{") else None
    except json.JSONDecodeError:
        return None


def several(text: str, separator: str | None) -> list[str]:
    value = listed(text)
    parts = value if isinstance(value, list) else text.split(separator) if separator else [text]
    return [name for part in parts if (name := cell(part).strip())]


def words(text: str, label: str, labels: list[str]) -> tuple[str, list[tuple[int, int, int]]]:
    """The words of a text with their tags, from lists or from cells with spaces between."""
    given, tags = listed(text), listed(label)
    tags = [cell(tag) for tag in tags] if isinstance(tags, list) else label.split()
    if any(tag[:1] in ("{", "[") for tag in tags):
        raise SystemExit("Marked spans are not read here. Give the words and their tags as lists, or as CoNLL.")
    if isinstance(given, list):
        names = [cell(word).strip() for word in given]
        pairs = [(word, tag) for word, tag in zip(names, tags, strict=True) if word]
        places, text = [], ""
        for word, tag in pairs:
            start = len(text) + (1 if text else 0)
            text = f"{text} {word}" if text else word
            places.append((start, len(text), labels.index(tag.strip())))
        return text, places
    places, at = [], 0
    for word, tag in zip(text.split(), tags, strict=True):
        start = text.index(word, at)
        at = start + len(word)
        places.append((start, at, labels.index(tag)))
    return text, places


def answers(label: str, context: str) -> list[tuple[int, int]]:
    """Places of the answers in a context, each once."""
    value = listed(label)
    if value is None:
        given = [(label, None)] if label.strip() else []
    else:
        given = [pair for part in (value if isinstance(value, list) else [value]) for pair in answer(part)]
    found = []
    for text, start in given:
        before = len(text) - len(text.lstrip())
        begin = find(context, text.strip()) if start is None else start + before
        place = (begin, begin + len(text.strip()))
        if place not in found:
            found.append(place)
    return found


def find(context: str, text: str) -> int:
    """Where a text stands as words of their own; else where it stands first."""
    first = at = context.index(text)
    while at >= 0:
        end = at + len(text)
        edges = (context[max(at - 1, 0) : at] + text[0], text[-1] + context[end : end + 1])
        if not any(len(edge) == 2 and edge.isalnum() for edge in edges):
            return at
        at = context.find(text, end)
    return first


def answer(value) -> list[tuple[str, int | None]]:
    if isinstance(value, str):
        return [(value, None)]
    texts, starts = value["text"], value.get("answer_start")
    if not isinstance(texts, list):
        return [(cell(texts), starts)]
    return list(zip(map(cell, texts), starts if starts is not None else [None] * len(texts), strict=True))


def digest(train: list[Example], validation: list[Example], places: list[list[int]], plan: dict) -> str:
    """The data's SHA-256 as Tabtune takes it: over the rows in the file's order with the sides that they are on."""
    task, labels = plan["task"], plan["labels"]
    paired = any(one.pair is not None for one in [*train, *validation])
    first = task == "classification" and not paired
    sha = hashlib.sha256(b"tabtune dataset 1\n" if first else f"tabtune dataset 2\n{task}\n".encode())

    def number(value: int) -> None:
        sha.update(struct.pack("<Q", value))

    def text(value: str) -> None:
        number(len(value.encode()))
        sha.update(value.encode())

    sides = zip(places, (train, validation), "tv")
    rows = [(at, one, side) for places, some, side in sides for at, one in zip(places, some)]
    rows.sort(key=lambda row: row[0])
    for _, one, side in rows:
        sha.update(side.encode())
        text(one.text)
        if not first:
            number(int(one.pair is not None))
            if one.pair is not None:
                text(one.pair)
        if one.label is not None:
            text(labels[one.label])
        elif task == "multi_label":
            number(len(one.labels))
            for label in one.labels:
                text(labels[label])
        elif one.score is not None:
            sha.update(struct.pack("<d", one.score))
        elif one.words is not None:
            number(len(one.words))
            for start, end, tag in one.words:
                number(start)
                number(end)
                text(labels[tag])
        elif one.answers is not None:
            number(len(one.answers))
            for start, end in one.answers:
                number(start)
                number(end)
        elif one.negative is not None:
            text(one.negative)
    return sha.hexdigest()
