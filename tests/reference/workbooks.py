"""workbooks/: Excel workbooks as XlsxWriter and openpyxl write them, and what openpyxl reads in them."""

import io
import re
import sys
import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from writing import facts

# The reader that leaves with every script for Python: the very one whose rows must be ours.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src/export/python"))
import tables

MADE = datetime(2024, 1, 31)

#: How each workbook has to be read, and Tabtune's words for that.
LAYOUTS = {
    "reviews": (
        {"sheet": 1, "left": 1, "skipped": 1, "header": True},
        ["text", "label", "stars", "seen", "at", "long", "share", "liked", "twice"],
        "Excel, sheet 2 of 3, from column 2, 1 line skipped, header",
    ),
    "plain": ({"header": True}, ["text", "label", "on", "sum"], "Excel, sheet 1, header"),
    "prefixed": ({"header": True}, ["text", "label", "on", "sum"], "Excel, sheet 1, header"),
    "inline": ({"header": False}, ["column 1", "column 2"], "Excel, sheet 1, no header"),
    "words": (
        {"header": True, "sentences": "Sentence #"},
        ["Sentence #", "Word", "Tag"],
        "Excel, sheet 1, sentences by column 1, header",
    ),
}


def write(out: Path) -> None:
    folder = out / "workbooks"
    folder.mkdir(exist_ok=True)
    made = {"reviews": reviews(), "plain": plain(), "inline": inline(), "words": words()}
    made["prefixed"] = prefixed(made["plain"])
    expected = {}
    for name, (layout, columns, format) in LAYOUTS.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(settled(made[name]))
        layout = {"kind": "workbook", "sheet": 0, "left": 0, "skipped": 0, "columns": columns, **layout}
        rows = tables.table(path, layout)
        expected[name] = {"format": format, "columns": columns, "rows": [[row[column] for column in columns] for row in rows]}
    facts(folder / "workbooks.json", expected)


def reviews() -> bytes:
    """A table below a title, away from the left, between a sheet of words and a hidden one."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": MADE})
    about = book.add_worksheet("About")
    about.write_column("A1", ["What people say", "about films", "and how they like them"])
    sheet = book.add_worksheet("Reviews, all")
    codes = book.add_worksheet("Codes")
    codes.write_row("A1", ["label", "code"])
    codes.write_row("A2", ["good", 1])
    codes.hide()
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    moment, clock = book.add_format({"num_format": "dd/mm/yy hh:mm"}), book.add_format({"num_format": "h:mm AM/PM"})
    duration, percent = book.add_format({"num_format": "[h]:mm:ss"}), book.add_format({"num_format": "0.00%"})
    sheet.write("B2", "Reviews of 2024", bold)
    sheet.write_row("B4", ["text", "label", "stars", "seen", "at", "long", "share", "liked", "twice"])
    rows = [
        ("A fine film.", "good", 4.1, datetime(2024, 2, 29), time(14, 30), 1.5, 0.05, True),
        ("Two\nlines & a <tag>, \"quoted\"", "bad", 3, datetime(1900, 1, 1), time(0, 0, 1), 0.25, 1e-7, False),
        ("  spaces  ", "good", 1e21, datetime(1900, 3, 1, 23, 59, 59), time(12), 100.0, -0.5, True),
        ("東京 🎬 é", "bad", 12345678901, datetime(9999, 12, 31), time(6, 0), 0.1, 1 / 3, False),
        ("a\r b", "good", -2, datetime(2024, 1, 31, 12), time(23, 59, 59), 2.0, 0.1 + 0.2, True),
    ]
    for place, (text, label, stars, seen, at, long, share, liked) in enumerate(rows, 4):
        sheet.write_string(place, 1, text)
        sheet.write_string(place, 2, label)
        sheet.write_number(place, 3, stars)
        sheet.write_datetime(place, 4, seen, moment if seen.hour else day)
        sheet.write_datetime(place, 5, at, clock)
        sheet.write_datetime(place, 6, timedelta(days=long), duration)
        sheet.write_number(place, 7, share, percent)
        sheet.write_boolean(place, 8, liked)
        sheet.write_formula(place, 9, f"=D{place + 1}*2", None, stars * 2)
    sheet.write_rich_string(9, 1, "Half ", bold, "bold", " words")
    sheet.write_string(9, 2, "bad")
    sheet.write_formula(9, 3, "=NA()", None, "#N/A")
    sheet.write_formula(9, 9, '="a"&"b"', None, "ab")
    sheet.write_blank(10, 1, None, bold)
    sheet.write_string(11, 1, "   ")
    sheet.write_string(12, 1, "After an empty row")
    sheet.write_string(12, 12, "a remark beside the table")
    book.close()
    return file.getvalue()


def plain() -> bytes:
    """Days from 1904 on, and a formula that nobody has computed."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(["text", "label", "on", "sum"])
    for text, label, on in [("one", "x", datetime(2024, 2, 29)), ("two", "y", datetime(1999, 12, 31, 8)), ("three", "x", None)]:
        sheet.append([text, label, on, "=1+1"])
    sheet["A4"].value = "three & more"
    return saved(book)


def inline() -> bytes:
    """Texts within the cells, as programs write that keep nothing in memory; no header."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    book.set_properties({"created": MADE})
    sheet = book.add_worksheet()
    for place in range(6):
        sheet.write_row(place, 0, [f"A text of  {place} words.", ("yes", "no")[place % 2]])
    book.close()
    return file.getvalue()


def words() -> bytes:
    """A row for each word, as tables of entities are often kept."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Sentence #", "Word", "Tag"])
    for number in range(1, 5):
        for place, (word, tag) in enumerate([("Anna", "B-PER"), ("saw", "O"), (f"Rome{number}", "B-LOC"), (".", "O")]):
            sheet.append([f"Sentence: {number}" if place == 0 else None, word, tag])
    return saved(book)


def prefixed(workbook: bytes) -> bytes:
    """The same with a prefix before every name, as XML libraries write it."""

    def again(name: str, content: bytes) -> bytes:
        return ElementTree.tostring(ElementTree.fromstring(content)) if name.startswith("xl/") else content

    return packed(workbook, again)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def settled(workbook: bytes) -> bytes:
    """The same without the time at which it was made."""
    stamp = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    return packed(workbook, lambda _, content: stamp.sub(b"2024-01-31T00:00:00Z", content))


def packed(workbook: bytes, change) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(zipfile.ZipInfo(name), change(name, before.read(name)), zipfile.ZIP_DEFLATED)
    return file.getvalue()
