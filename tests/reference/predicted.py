"""Reads the workbook that `cargo test --test sheet` leaves in `tmp` of the target folder with openpyxl: texts have to be texts,
also those that look like formulas, and scores numbers. `python predicted.py TARGET/tmp/predicted.xlsx`"""

import sys

import openpyxl

sheet = openpyxl.load_workbook(sys.argv[1]).active
names, *rows = sheet.iter_rows()
assert sheet.freeze_panes == "A2", "names of the columns stay in view"
assert [cell.value for cell in names][:5] == ["id", "body", "note", "code", "predicted_label"]
for place, row in enumerate(rows):
    assert (row[0].data_type, row[0].value) == ("n", place)
    # openpyxl does not undo escapes.
    assert row[2].data_type == "s" and row[2].value.replace("_x005F_", "_") == f"=1+{place}\n<&> _x0041_", row[2].value
    assert (row[3].data_type, row[3].value) == ("s", f"00{place}")
    assert all(cell.data_type == "n" and 0 <= cell.value <= 1 for cell in row[5:])
print(f"{len(rows)} rows, as they should be")
