"""packed/: tables in gzip, in zstd and in zip archives, and the rows that Python reads in them."""

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import openpyxl
from backports import zstd

from writing import facts

# The reader that leaves with every script for Python: the very one whose rows must be ours.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src/export/python"))
import tables

ROWS = [("A fine film.", "good"), ("Two\nlines; “quoted”", "bad"), ("東京 🎬 é", "good")] * 3
COLUMNS = ["text", "label"]
DAY = (2024, 2, 29, 12, 0, 0)


def write(out: Path) -> None:
    folder = out / "packed"
    folder.mkdir(exist_ok=True)
    csv, lines = as_csv(ROWS).encode(), as_lines(ROWS).encode()
    contents = {
        # Two members, as `cat a.gz b.gz` leaves them.
        "reviews.csv.gz": gzip.compress(csv[:40], mtime=0) + gzip.compress(csv[40:], mtime=0),
        # Two frames with one between them that says nothing of the text, as tools for several processors write them.
        "reviews.jsonl.zst": zstd.compress(lines[:50]) + b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstd.compress(lines[50:]),
        "list.json.gz": gzip.compress(json.dumps([dict(zip(COLUMNS, row)) for row in ROWS]).encode(), mtime=0),
        "one.zip": archive({"reviews/notes.txt": b"not the table", "reviews/reviews.csv": csv}),
        "book.zip": archive({"book.xlsx": workbook()}),
        "several.zip": archive(
            {
                "sample_submission.csv": b"id,label\n1,good\n2,bad\n",
                "__MACOSX/._train.csv": b"\0\5\x16\7",
                "data/": b"",
                "data/train.csv": csv,
                "data/test.csv": as_csv(ROWS[:2]).encode(),
            }
        ),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    delimited = {"kind": "delimited", "encoding": "utf-8-sig", "delimiter": ",", "quoted": True, "header": True}
    delimited |= {"skipped": 0, "columns": COLUMNS}
    book = {"kind": "workbook", "sheet": 0, "left": 0, "skipped": 0, "header": True, "columns": COLUMNS}
    layouts = {
        "reviews.csv.gz": delimited | {"packed": "gzip"},
        "reviews.jsonl.zst": {"kind": "jsonl", "encoding": "utf-8-sig", "packed": "zstd"},
        "list.json.gz": {"kind": "json", "encoding": "utf-8-sig", "packed": "gzip"},
        "one.zip": delimited | {"packed": "zip", "file": 1},
        "book.zip": book | {"packed": "zip", "file": 0},
        "several.zip": delimited | {"packed": "zip", "file": 3},
    }
    facts(folder / "packed.json", {name: tables.table(folder / name, layout) for name, layout in layouts.items()})


def as_csv(rows: list[tuple[str, str]]) -> str:
    cells = ['"' + text.replace('"', '""') + '",' + label for text, label in rows]
    return "\n".join([",".join(COLUMNS), *cells, ""])


def as_lines(rows: list[tuple[str, str]]) -> str:
    return "".join(json.dumps(dict(zip(COLUMNS, row)), ensure_ascii=False) + "\n" for row in rows)


def workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [COLUMNS, *ROWS]:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, DAY), content, zipfile.ZIP_DEFLATED)
    return whole.getvalue()
