//! Tables that leave: CSV in UTF-8, whose text no spreadsheet takes for a formula.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises against "CSV injection":
/// what begins with `=`, `+`, `-`, `@` (or their full-width forms), a tab or the end of a line. Numbers stay as they are.
pub fn harmless(cell: &str) -> Cow<'_, str> {
    let risky = |letter: char| "=+-@\t\r\n＝＋－＠".contains(letter);
    if cell.starts_with(risky) && !is_number(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Whether all of a cell is one number in digits, with the marks of any country: `-5`, `+3.2e-4`, `-0,5`, `-1,234.5`.
fn is_number(cell: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
    let marked = |letter: char| letter.is_ascii_digit() || ".,".contains(letter);
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let is_marked = digits.chars().all(marked) && digits.contains(|letter: char| letter.is_ascii_digit());
    is_marked || (cell.chars().all(plain) && cell.parse::<f64>().is_ok())
}

/// Rows as the bytes of a CSV file: `delimiter` between cells, quotes where a cell needs them, `\n`.
///
/// # Errors
///
/// None that rows of memory could cause.
pub fn csv_lines<R, C>(rows: impl IntoIterator<Item = R>, delimiter: u8) -> Result<Vec<u8>>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let unwritable = |error: String| Error::table(format!("The table cannot be written ({error})."));
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    for row in rows {
        for cell in row {
            writer.write_field(harmless(cell.as_ref()).as_bytes()).map_err(|error| unwritable(error.to_string()))?;
        }
        writer.write_record(None::<&[u8]>).map_err(|error| unwritable(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| unwritable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_numbers_stay() {
        for formula in [
            "=1+1",
            "+cmd|'/C calc'!A0",
            "-2+3",
            "-1,5+2",
            "-,",
            "+.",
            "-1;2",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "-",
            "+",
            "-inf",
            "＝1",
            "--1",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for plain in
            ["", "text", "-5", "+3.25", "-1e-7", "-0,5", "-1,234.5", "+1.234,5", "a=b", " =1", "'=1", "5-3", "é"]
        {
            assert_eq!(harmless(plain), plain);
        }
    }

    #[test]
    fn cells_are_quoted_where_they_need_it() {
        let bytes = csv_lines([["a,b", "\"q\"", "x\ny"], ["=A1", "", "-3"]], b',').expect("a table");
        assert_eq!(String::from_utf8(bytes).expect("UTF-8"), "\"a,b\",\"\"\"q\"\"\",\"x\ny\"\n'=A1,,-3\n");
    }
}
