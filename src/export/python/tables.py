"""Reads the table as Tabtune read it: the same rows of the same text cells."""

import csv
import io
import json
import re
import sys
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import packed
import parquets

#: Keys under which tools keep the spans that they mark.
WRAPPERS = ("entities", "spans")


def table(path: Path, layout: dict) -> list[dict[str, str]]:
    """All rows as text cells by column; of JSON files objects become columns and lists compact JSON."""
    rows = cells(path, layout)
    return sentences(rows, layout["sentences"]) if layout.get("sentences") else rows


def cells(path: Path, layout: dict) -> list[dict[str, str]]:
    source = packed.opened(path, layout)
    if layout["kind"] == "workbook":
        return workbook(source, layout)
    if layout["kind"] == "parquet":
        return [flat(row) for row in parquets.rows(source)]
    content = source.read_bytes() if isinstance(source, Path) else source.getvalue()
    text = content.decode(layout["encoding"], errors="replace").removeprefix("\ufeff")
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
    return named([row for row in csv.reader(io.StringIO(text, newline=""), **options) if row], layout)


def named(rows: list[list[str]], layout: dict) -> list[dict[str, str]]:
    """Cells by column; missing ones are empty."""
    columns = layout["columns"]
    body = rows[1:] if layout["header"] else rows
    return [dict(zip(columns, row + [""] * (len(columns) - len(row)))) for row in body]


def workbook(source: Path | io.BytesIO, layout: dict) -> list[dict[str, str]]:
    """The rows of a sheet, without what stands above and beside the table."""
    import openpyxl

    sheet = openpyxl.load_workbook(source, data_only=True).worksheets[layout["sheet"]]
    rows = [[shown(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(row)][layout["skipped"] :]
    end = layout["left"] + len(layout["columns"])
    rows = [row[layout["left"] : end] for row in rows]
    return named([row for row in rows if any(cell.strip() for cell in row)], layout)


def shown(value: object) -> str:
    """A cell of a workbook: numbers as they are, days and times as in ISO 8601 but for a space between them."""
    from openpyxl.utils.escape import unescape

    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, (timedelta, time)):
        if isinstance(value, time):
            value = datetime.combine(datetime.min, value) - datetime.min
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime):
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return unescape(str(value))


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
    return [{key: some[0][key] if key == told else cell([row.get(key, "") for row in some]) for key in some[0]} for some in found]


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
