//! Tables that leave as an Excel workbook (Office Open XML, ECMA-376), row by row: text is only ever text there, and no
//! spreadsheet takes it for a formula.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::rc::Rc;

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::error::{Error, Result};

/// Namespaces of Office Open XML: of what is packed, of what it leads to, and of sheets.
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// How a sheet begins: its first row stays in view.
const START: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>"#;
const END: &str = "</sheetData></worksheet>";

/// Most rows of a sheet; what is more stands on the next one.
const MAX_ROWS: usize = 1 << 20;
/// Most units of UTF-16 in a cell; Excel says of a workbook with more that it is damaged.
const MAX_CELL: usize = 32_767;
/// Most digits of a number that Excel keeps.
const DIGITS: usize = 15;

/// A workbook on its way out. Its first row has the names of the columns and stands on every sheet.
pub struct WorkbookWriter {
    zip: ZipWriter<StreamWriter<Pipe>>,
    pipe: Pipe,
    /// The first row, in XML.
    names: Option<String>,
    /// Rows of the sheet that is being written.
    rows: usize,
    /// That sheet's number, from 1; 0 before there is one.
    sheet: usize,
    most_rows: usize,
}

impl WorkbookWriter {
    /// A workbook without rows.
    pub fn new() -> Self {
        Self::with_sheets_of(MAX_ROWS)
    }

    fn with_sheets_of(most_rows: usize) -> Self {
        let pipe = Pipe::default();
        let zip = ZipWriter::new_stream(pipe.clone());
        Self { zip, pipe, names: None, rows: 0, sheet: 0, most_rows }
    }

    /// Adds rows; the bytes of the file that are ready then. Cells of the first `exact` columns become numbers only where
    /// that shows the same digits, those after them wherever they are numbers. Text is cut where it is longer than Excel
    /// takes.
    ///
    /// # Errors
    ///
    /// A sheet of more than 4 GiB.
    pub fn rows<R, C>(&mut self, rows: impl IntoIterator<Item = R>, exact: usize) -> Result<Vec<u8>>
    where
        R: IntoIterator<Item = C>,
        C: AsRef<str>,
    {
        let mut xml = String::new();
        for row in rows {
            if self.sheet == 0 || self.rows == self.most_rows {
                self.write(&std::mem::take(&mut xml))?;
                self.begin_sheet()?;
            }
            let from = xml.len();
            xml.push_str("<row>");
            for (column, cell) in row.into_iter().enumerate() {
                write_cell(cell.as_ref(), column < exact, &mut xml);
            }
            xml.push_str("</row>");
            self.rows += 1;
            self.names.get_or_insert_with(|| xml[from..].to_owned());
        }
        self.write(&xml)?;
        Ok(self.pipe.take())
    }

    /// The rest of the file.
    ///
    /// # Errors
    ///
    /// A sheet of more than 4 GiB.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.end_sheet()?;
        for (name, content) in parts(self.sheet) {
            self.begin_file(name)?;
            self.write(&content)?;
        }
        self.zip.finish().map_err(|error| unwritable(&error))?;
        Ok(self.pipe.take())
    }

    /// Begins the next sheet, with the names of the columns if they are known.
    fn begin_sheet(&mut self) -> Result<()> {
        self.end_sheet()?;
        self.sheet += 1;
        self.begin_file(&sheet_part(self.sheet))?;
        self.write(START)?;
        self.rows = usize::from(self.names.is_some());
        match self.names.clone() {
            Some(names) => self.write(&names),
            None => Ok(()),
        }
    }

    fn end_sheet(&mut self) -> Result<()> {
        if self.sheet > 0 { self.write(END) } else { Ok(()) }
    }

    fn begin_file(&mut self, name: &str) -> Result<()> {
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, packed).map_err(|error| unwritable(&error))
    }

    fn write(&mut self, xml: &str) -> Result<()> {
        self.zip.write_all(xml.as_bytes()).map_err(|error| unwritable(&error))
    }
}

/// Where a sheet is.
fn sheet_part(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// What a workbook with so many sheets has beside them.
fn parts(sheets: usize) -> [(&'static str, String); 4] {
    let each = |one: &dyn Fn(usize) -> String| (1..=sheets).map(one).collect::<String>();
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let types =
        each(&|number| format!(r#"<Override PartName="/{}" ContentType="{kind}.worksheet+xml"/>"#, sheet_part(number)));
    let tabs = each(&|number| {
        let more = if number > 1 { format!(" ({number})") } else { String::new() };
        format!(r#"<sheet name="Predictions{more}" sheetId="{number}" r:id="rId{number}"/>"#)
    });
    let relations = each(&|number| {
        format!(r#"<Relationship Id="rId{number}" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet{number}.xml"/>"#)
    });
    [
        (
            "[Content_Types].xml",
            format!(
                r#"<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{types}</Types>"#
            ),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>{tabs}</sheets></workbook>"#),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(r#"<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>"#),
        ),
    ]
}

impl std::fmt::Debug for WorkbookWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkbookWriter").field("sheet", &self.sheet).field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn unwritable(error: &dyn std::fmt::Display) -> Error {
    Error::table(format!("The workbook cannot be written ({error}). Choose CSV instead."))
}

/// Bytes between the archive's writer and whoever takes them.
#[derive(Debug, Clone, Default)]
struct Pipe(Rc<RefCell<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_cell(cell: &str, exact: bool, xml: &mut String) {
    if cell.is_empty() {
        xml.push_str("<c/>");
    } else if is_number(cell, exact) {
        xml.push_str("<c><v>");
        xml.push_str(cell);
        xml.push_str("</v></c>");
    } else {
        xml.push_str("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
        escape(cell, xml);
        xml.push_str("</t></is></c>");
    }
}

/// Whether a cell is a number that Excel keeps; with `exact` only if it shows it with the same digits: 1.5, but not 1.50.
fn is_number(cell: &str, exact: bool) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let plain = digits <= DIGITS && cell.bytes().all(|letter| letter.is_ascii_digit() || b"-.".contains(&letter));
    plain && cell.parse::<f64>().is_ok_and(|number| !exact || number.to_string() == cell)
}

/// As XML has it, cut where it is too long. What XML has no way to write stands as `_x000D_`, and an underscore that would
/// begin such letters as `_x005F_` (ECMA-376, part 1, 22.4.2.4).
fn escape(text: &str, xml: &mut String) {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        units += letter.len_utf16();
        if units >= MAX_CELL && at + letter.len_utf8() < text.len() {
            xml.push('…');
            return;
        }
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '_' if looks_escaped(&text.as_bytes()[at..]) => xml.push_str("_x005F_"),
            '\t' | '\n' => xml.push(letter),
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => {
                // A String takes whatever is written to it.
                let _ = write!(xml, "_x{:04X}_", u32::from(letter));
            }
            _ => xml.push(letter),
        }
    }
}

/// Whether text begins as an escape does: `_x0041_`.
fn looks_escaped(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x', a, b, c, d, b'_', ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_where_nothing_is_lost() {
        let cell = |text: &str, exact| {
            let mut xml = String::new();
            write_cell(text, exact, &mut xml);
            xml
        };
        for number in ["1", "-5", "0.25", "12345678901"] {
            assert_eq!(cell(number, true), format!("<c><v>{number}</v></c>"));
        }
        for text in ["007", "1.50", "1e5", "+1", "1234567890123456", "-", "1.2.3", "NaN", "=1+1", "٣"] {
            assert!(cell(text, true).contains("inlineStr"), "{text}");
        }
        assert_eq!(cell("0.500000", false), "<c><v>0.500000</v></c>");
        assert_eq!(cell("", true), "<c/>");
    }

    #[test]
    fn what_is_more_than_a_sheet_holds_stands_on_the_next_under_the_same_names() {
        let mut workbook = WorkbookWriter::with_sheets_of(3);
        let mut bytes = workbook.rows([["text"]], 1).expect("names");
        for rows in [&[["a"]][..], &[["b"], ["c"], ["d"]], &[["e"]]] {
            bytes.extend(workbook.rows(rows.iter().copied(), 1).expect("rows"));
        }
        bytes.extend(workbook.finish().expect("an end"));
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
        let mut read = |name: &str| {
            let mut content = String::new();
            io::Read::read_to_string(&mut archive.by_name(name).expect("a part"), &mut content).expect("text");
            content
        };
        let texts = |xml: String| -> Vec<String> {
            let cells = xml.split("preserve\">").skip(1);
            cells.filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect()
        };
        let sheets = [1, 2, 3].map(|number| texts(read(&sheet_part(number))));
        assert_eq!(sheets, [vec!["text", "a", "b"], vec!["text", "c", "d"], vec!["text", "e"]]);
        assert!(read("xl/workbook.xml").contains("name=\"Predictions (3)\""));
        assert_eq!(read("[Content_Types].xml").matches("worksheet+xml").count(), 3);
    }

    #[test]
    fn text_is_escaped_and_cut_where_excel_would_not_take_it() {
        let escaped = |text: &str| {
            let mut xml = String::new();
            escape(text, &mut xml);
            xml
        };
        for (text, xml) in [
            ("a<b>&c\n\t ", "a&lt;b&gt;&amp;c\n\t "),
            ("\r\0\u{1F}", "_x000D__x0000__x001F_"),
            ("_x0041_", "_x005F_x0041_"),
            ("_x00_ _x004", "_x00_ _x004"),
            ("_x00é1_", "_x00é1_"),
            ("\u{FFFF}", "_xFFFF_"),
        ] {
            assert_eq!(escaped(text), xml);
        }
        assert_eq!(escaped(&"x".repeat(MAX_CELL)), "x".repeat(MAX_CELL));
        let cut = escaped(&"😀".repeat(MAX_CELL));
        assert!(cut.ends_with("😀…") && cut.encode_utf16().count() <= MAX_CELL);
    }
}
