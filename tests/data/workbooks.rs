//! Excel workbooks: as others write and read them (tests/fixtures/workbooks), and damaged or hostile ones.

use std::io::{Cursor, Read, Write};

use serde_json::Value;
use tabtune::data::{Dialect, Survey, Table, TableReader};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{cells, mistake};

pub fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/workbooks/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(bytes: &[u8]) -> Table {
    Table::parse(bytes, "table.xlsx").unwrap_or_else(|error| panic!("{error}"))
}

/// An archive of these files.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (*name, content.as_bytes())).collect();
    archive_of(&files)
}

fn archive_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a file");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

const RELATIONS: &str = "<Relationships><Relationship Id=\"rId1\" Type=\"http://x/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
    <Relationship Id=\"rId2\" Type=\"http://x/worksheet\" Target=\"/xl/worksheets/sheet2.xml\"/>\
    <Relationship Id=\"rId3\" Type=\"http://x/sharedStrings\" Target=\"sharedStrings.xml\"/>\
    <Relationship Id=\"rId4\" Type=\"http://x/chartsheet\" Target=\"chart.xml\"/></Relationships>";
const BOOK: &str =
    "<workbook><sheets><sheet name=\"Chart\" r:id=\"rId4\"/><sheet name=\"One\" r:id=\"rId1\"/></sheets></workbook>";
const STRINGS: &str = "<sst><si><t>text</t></si><si><t>label</t></si></sst>";

/// A workbook with this sheet, whose texts 0 and 1 are `text` and `label`.
fn workbook(rows: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    archive(&[
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

const HEADER: &str = "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>";

#[test]
fn workbooks_have_the_rows_that_openpyxl_reads() {
    let expected: Value = serde_json::from_slice(&fixture("workbooks.json")).expect("JSON");
    for (name, expected) in expected.as_object().expect("workbooks") {
        let table = table(&fixture(&format!("{name}.xlsx")));
        assert_eq!(table.format(), expected["format"], "{name}");
        assert_eq!(serde_json::json!(table.columns()), expected["columns"], "{name}");
        assert_eq!(serde_json::json!(cells(&table)), expected["rows"], "{name}");
    }
}

#[test]
fn what_was_left_out_of_a_workbook_is_said() {
    let notes = table(&fixture("reviews.xlsx")).notes().join(" ");
    for said in [
        "Of the workbook’s 3 sheets “Reviews, all” is read, not “About”, “Codes”.",
        "The row above the column names is taken for a title",
        "1 row has cells beside the columns with names; these are passed over (line 13).",
    ] {
        assert!(notes.contains(said), "{said}\n{notes}");
    }
    let notes = table(&fixture("plain.xlsx")).notes().join(" ");
    assert!(notes.contains("3 rows have formulas without results") && notes.contains("(lines 2, 3, 4)"), "{notes}");
}

#[test]
fn rows_have_the_numbers_that_excel_shows() {
    let table = table(&fixture("reviews.xlsx"));
    let numbers: Vec<u64> = (0..table.rows()).map(|row| table.line(row)).collect();
    assert_eq!(numbers, [5, 6, 7, 8, 9, 10, 13]);
}

#[test]
fn a_workbook_is_read_whole() {
    let bytes = fixture("inline.xlsx");
    let mut survey = Survey::new("inline.xlsx");
    survey.add(&bytes);
    assert_eq!(survey.is_whole(), Ok(true));
    assert!(TableReader::open(&survey).expect("no mistake").is_none());
}

#[test]
fn cells_need_not_say_where_they_are() {
    let table = table(&workbook(&format!(
        "{HEADER}<row><c t=\"inlineStr\"><is><t>a</t></is></c><c><v>1</v></c></row><row r=\"9\"><c r=\"B9\" t=\"str\"><v>x</v></c>\
         <c r=\"A9\" t=\"str\"><v>y</v></c></row><row r=\"3\"><c/><c t=\"b\"><v>0</v></c></row>"
    )));
    assert_eq!(cells(&table), [["a", "1"], ["y", "x"], ["", "FALSE"]]);
    assert_eq!([0, 1, 2].map(|row| table.line(row)), [2, 9, 10]);
    assert_eq!(table.format(), "Excel, sheet 1, header");
}

#[test]
fn the_first_sheet_with_a_table_is_read_and_one_of_texts_where_there_is_none() {
    let of = |first: &str, second: &str| {
        let book = "<workbook><sheets><sheet name=\"One\" r:id=\"rId1\"/><sheet name=\"Two\" r:id=\"rId2\"/></sheets></workbook>";
        let sheet = |rows: &str| format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
        table(&archive(&[
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/sharedStrings.xml", STRINGS),
            // Names as programs write them that do not care.
            ("XL/Worksheets/sheet1.xml", &sheet(first)),
            ("xl\\worksheets\\sheet2.xml", &sheet(second)),
        ]))
    };
    let texts = "<row><c t=\"s\"><v>0</v></c></row><row><c t=\"str\"><v>only</v></c></row>";
    let rows = format!("{HEADER}<row><c><v>1</v></c><c><v>2</v></c></row>");
    assert_eq!(of(texts, &rows).format(), "Excel, sheet 2 of 2, header");
    assert_eq!(of(&rows, &rows).format(), "Excel, sheet 1 of 2, header");
    let alone = of("", texts);
    assert_eq!((alone.format(), cells(&alone)), ("Excel, sheet 2 of 2, header", vec![vec!["only"]]));
}

#[test]
fn any_sheet_can_be_named_and_others_are_refused() {
    let bytes = fixture("reviews.xlsx");
    let named = |sheet: &str| Table::parse_as(&bytes, "reviews.xlsx", usize::MAX, &of_sheet(sheet));
    let hidden = named("Codes").expect("a sheet");
    assert_eq!((hidden.format(), cells(&hidden)), ("Excel, sheet 3 of 3, header", vec![vec!["good", "1"]]));
    let texts = named("About").expect("a sheet").info();
    assert_eq!(
        (texts.worksheets, texts.dialect.worksheet.as_deref()),
        (vec_of(&["About", "Reviews, all", "Codes"]), Some("About"))
    );
    let empty = archive(&[
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", "<worksheet/>"),
    ]);
    let mistake = Table::parse_as(&empty, "a.xlsx", usize::MAX, &of_sheet("One")).expect_err("an empty sheet");
    assert!(mistake.to_string().contains("The sheet “One” is empty. Choose another one."), "{mistake}");
    let of_words = table(&fixture("words.xlsx")).info();
    assert_eq!(of_words.dialect.worksheet.as_deref(), Some("Sheet"), "also where its rows were put together");
    let mistake = named("reviews").expect_err("no such sheet").to_string();
    assert!(mistake.contains("no sheet “reviews”; choose one of “About”, “Reviews, all”, “Codes”"), "{mistake}");
    let mistake = Table::parse_as(b"a,b\n1,2\n", "a.csv", usize::MAX, &of_sheet("One")).expect_err("no workbook");
    assert!(mistake.to_string().contains("Only Excel workbooks have sheets"), "{mistake}");
}

fn of_sheet(name: &str) -> Dialect {
    Dialect { worksheet: Some(name.to_owned()), ..Dialect::default() }
}

fn vec_of(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn archives_that_are_no_workbook_are_refused_with_the_remedy() {
    for (files, remedy) in [
        (&[("a.pdf", "%PDF-")][..], "holds no table"),
        (&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")], "Save it as .xlsx"),
        (&[("xl/workbook.bin", "")], "Save it as .xlsx"),
        (&[("Index/Document.iwa", "")], "Export the table"),
        (&[("word/document.xml", "<a/>")], "Copy its table"),
    ] {
        let (_, message) = mistake(&archive(files), "table.xlsx");
        assert!(message.contains(remedy), "{message}");
    }
}

#[test]
fn a_damaged_workbook_is_told_by_its_part() {
    let whole = fixture("reviews.xlsx");
    assert!(mistake(&whole[..whole.len() / 2], "table.xlsx").1.contains("the archive"));
    let (line, message) = mistake(&workbook(&format!("{HEADER}<row><c>")), "table.xlsx");
    assert!(line == Some(2) && message.contains("xl/worksheets/sheet1.xml"), "{line:?} {message}");
    let (line, message) = mistake(&workbook(&format!("{HEADER}<row><c t=\"s\"><v>2</v></c></row>")), "table.xlsx");
    assert!(line == Some(2) && message.contains("text that is not in the workbook"), "{line:?} {message}");
    assert!(mistake(&workbook(""), "table.xlsx").1.contains("no sheet with cells"));
    assert!(mistake(&workbook(HEADER), "table.xlsx").1.contains("no rows"));
}

#[test]
fn a_hostile_workbook_takes_no_more_than_it_holds() {
    // Cells at the far end of the widest sheet.
    let (line, message) = mistake(&workbook("<row><c r=\"ZZZZZZZZZZZZZZZ1\"><v>1</v></c></row>"), "table.xlsx");
    assert!(line == Some(1) && message.contains("4096 columns"), "{message}");
    // One long text, over and over in one row.
    let long = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1_000_000));
    let row =
        format!("<worksheet><sheetData><row>{}</row></sheetData></worksheet>", "<c t=\"s\"><v>0</v></c>".repeat(4000));
    let bytes = archive(&[
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", &long),
        ("xl/worksheets/sheet1.xml", &row),
    ]);
    assert!(bytes.len() < 10_000);
    let (line, message) = mistake(&bytes, "table.xlsx");
    assert!(line == Some(1) && message.contains("16 MiB"), "{message}");
    // And in a table that is larger than what there is room for.
    let rows = "<row><c t=\"s\"><v>0</v></c><c><v>1</v></c></row>".repeat(100);
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let bytes = archive(&[
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", &long),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    let error = Table::parse_within(&bytes, "table.xlsx", 10 << 20).expect_err("no room");
    assert!(error.to_string().contains("all that a tab's memory has room for"), "{error}");
}

#[test]
fn titles_are_single_cells_above_a_table_and_names_are_none() {
    let row = |cells: &[&str]| {
        let cells: String = cells.iter().map(|cell| format!("<c t=\"str\"><v>{cell}</v></c>")).collect();
        format!("<row>{cells}</row>")
    };
    let of = |rows: &[&[&str]]| {
        let table = table(&workbook(&rows.iter().map(|cells| row(cells)).collect::<String>()));
        (table.columns().to_vec(), table.rows())
    };
    let (a, b): (&[&str], &[&str]) = (&["Frage", "Gruppe"], &["Wie geht es?", "gut"]);
    let names = vec_of(a);
    assert_eq!(of(&[&["Umfrage"], &["", "2024"], a, b, b]), (names.clone(), 2));
    // One that begins to the left of the table.
    assert_eq!(of(&[&["Umfrage"], &["", "Frage", "Gruppe"], &["", "Gut?", "ja"]]), (names, 1));
    // A name over the first of two columns is one, and in a sheet of texts nothing is a title.
    assert_eq!(of(&[&["text"], b, b]).1, 2);
    assert_eq!(of(&[&["Text"], &["one"], &["two"], b, &["three"], &["four"]]).1, 5);
}

/// Parts are changed before they are packed: the archive's checksums would tell, and nothing else be tried.
#[test]
fn damaged_parts_never_panic() {
    let mut parts = Vec::new();
    for name in ["reviews", "plain", "inline"] {
        let mut archive = zip::ZipArchive::new(Cursor::new(fixture(&format!("{name}.xlsx")))).expect("an archive");
        let files = (0..archive.len()).map(|place| {
            let mut file = archive.by_index(place).expect("a file");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("its content");
            (file.name().expect("a name").into_owned(), content)
        });
        parts.push(files.filter(|(name, _)| name.starts_with("xl/") && !name.contains("theme")).collect::<Vec<_>>());
    }
    let mut state = 7_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    let (mut read, mut refused) = (0, 0);
    for round in 0..6000 {
        let mut parts = parts[round % parts.len()].clone();
        let place = next(parts.len());
        let content = &mut parts[place].1;
        for _ in 0..=next(4) {
            let (at, other) = (next(content.len()), next(content.len()));
            match next(5) {
                0 => content[at] = next(256) as u8,
                1 => content.swap(at, other),
                2 => content.insert(at, b"<>/\"&;=09AZ"[next(11)]),
                3 => drop(content.drain(at.min(other)..at.max(other).min(at.min(other) + 40))),
                _ => content.extend_from_within(at..content.len().min(at + 40)),
            }
        }
        let files: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        match Table::parse(&archive_of(&files), "table.xlsx") {
            Ok(table) => read += usize::from(table.rows() > 0),
            Err(_) => refused += 1,
        }
    }
    assert!(read > 500 && refused > 500, "{read} read, {refused} refused");
}
