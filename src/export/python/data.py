"""The examples of a table as Tabtune makes them: the same labels, the same sides of the split."""

import hashlib
import json
import struct
from dataclasses import dataclass, field

import spans
from tables import cell

# Words that say whether two texts are alike.
ALIKE = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


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
        # Label Studio leaves out the spans of a text in which nothing was marked.
        label = label if label.strip() or not row.get("annotation_id", "").strip() else "[]"
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
    """The words of a text with their tags, from marked spans, from lists, or from cells with spaces between."""
    given, tags = listed(text), listed(label)
    marked = spans.of(tags, isinstance(given, list))
    if marked is not None:
        return text, spans.tagged(text, marked, labels)
    tags = [cell(tag) for tag in tags] if isinstance(tags, list) else label.split()
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
