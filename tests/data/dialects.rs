//! How files are read: encodings from before Unicode, told by their letters, and what users say of delimiter, header and
//! encoding.

use serde_json::Value;
use tabtune::Task;
use tabtune::data::{Delimiter, Dialect, ENCODINGS, Sheet, Survey, Table, TableReader};

use crate::{cells, workbooks};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/encodings/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn read_as(bytes: &[u8], name: &str, dialect: &Dialect) -> Table {
    Table::parse_as(bytes, name, usize::MAX, dialect).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(bytes: &[u8], name: &str, dialect: &Dialect) -> String {
    Table::parse_as(bytes, name, usize::MAX, dialect).expect_err("refused").to_string()
}

fn header(header: bool) -> Dialect {
    Dialect { header: Some(header), ..Dialect::default() }
}

fn delimiter(delimiter: Delimiter) -> Dialect {
    Dialect { delimiter: Some(delimiter), ..Dialect::default() }
}

fn encoding(name: &str) -> Dialect {
    Dialect { encoding: Some(name.to_owned()), ..Dialect::default() }
}

#[test]
fn tables_in_the_encodings_of_the_world_have_the_rows_that_python_reads() {
    let expected: Value = serde_json::from_slice(&fixture("encodings.json")).expect("JSON");
    for (name, expected) in expected.as_object().expect("files") {
        let bytes = fixture(&format!("{name}.csv"));
        let table = Table::parse(&bytes, "table.csv").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(table.dialect().encoding.as_deref(), expected["encoding"].as_str(), "{name}");
        assert_eq!(serde_json::json!(cells(&table)), expected["rows"], "{name}");
        let told = table.notes().join(" ");
        assert_eq!(told.contains("by its letters"), !name.starts_with("utf"), "{name}: {told}");
        assert!(!told.contains('\u{FFFD}'), "{name}: {told}");
    }
}

#[test]
fn an_encoding_does_not_depend_on_where_pieces_are_cut() {
    for name in ["japanese", "cyrillic", "utf-16-big", "korean"] {
        let bytes = fixture(&format!("{name}.csv"));
        let whole = Table::parse(&bytes, "table.csv").expect("a table");
        for size in [1, 2, 3, 7, 64] {
            let mut survey = Survey::new("table.csv");
            bytes.chunks(size).for_each(|piece| survey.add(piece));
            let mut reader = TableReader::open(&survey).expect("a table").expect("delimited");
            for (place, piece) in bytes.chunks(size).enumerate() {
                let last = (place + 1) * size >= bytes.len();
                let _ = reader.push(piece, last).expect("a piece");
            }
            let table = reader.finish().expect("a table");
            assert_eq!((table.format(), cells(&table)), (whole.format(), cells(&whole)), "{name} by {size}");
        }
    }
}

#[test]
fn letters_that_come_late_in_a_long_file_tell_its_encoding() {
    let row = b"good;plain letters for a long while\n".repeat(60_000);
    let (late, _, _) = encoding_rs::WINDOWS_1251.encode("bad;Коробка пришла разбитая, деньги не вернули\n");
    let bytes = [b"label;text\n".as_slice(), &row, &late].concat();
    let table = Table::parse(&bytes, "table.csv").expect("a table");
    assert_eq!(table.dialect().encoding.as_deref(), Some("windows-1251"));
    assert_eq!(table.cell(60_000, 1), "Коробка пришла разбитая, деньги не вернули");
}

#[test]
fn a_named_encoding_holds_whatever_the_letters_look_like() {
    let bytes = fixture("western.csv");
    let table = read_as(&bytes, "table.csv", &encoding("cp1250"));
    assert_eq!(table.dialect().encoding.as_deref(), Some("windows-1250"), "by one of its labels");
    let (expected, _) = encoding_rs::WINDOWS_1250.decode_without_bom_handling(&bytes);
    assert!(expected.contains(table.cell(1, 0)) && table.cell(1, 0).contains("Trčs"), "{}", table.cell(1, 0));
    assert!(!table.notes().join(" ").contains("by its letters"), "nothing was guessed");
    let marked = [b"\xEF\xBB\xBF".as_slice(), "text,label\nä,b\n".as_bytes()].concat();
    assert_eq!(
        read_as(&marked, "a.csv", &encoding("UTF-8")).columns(),
        ["text", "label"],
        "its mark is none of the text"
    );
    for name in ["utf-7", "replacement", "iso-2022-kr", ""] {
        let mistake = refused(&bytes, "table.csv", &encoding(name));
        assert!(mistake.contains(&format!("no encoding called “{name}”")), "{mistake}");
    }
    for (name, _) in ENCODINGS.iter().filter(|(name, _)| !name.starts_with("UTF-16")) {
        let table = read_as("text,label\na,b\n".as_bytes(), "a.csv", &encoding(name));
        assert_eq!(table.dialect().encoding.as_deref(), Some(*name), "as the list has it");
    }
}

#[test]
fn broken_letters_of_a_named_encoding_are_told_of() {
    let table = read_as(b"text,label\na,b\n\x81\xFF,c\n", "a.csv", &encoding("Shift_JIS"));
    let notes = table.notes().join(" ");
    assert!(notes.contains("not valid Shift_JIS") && notes.contains("first in line 3"), "{notes}");
}

#[test]
fn whether_the_first_row_names_the_columns_can_be_said() {
    let text = b"Fine parcel,good\nBroken box,bad\nQuick and neat,fine\n";
    let found = Table::parse(text, "a.csv").expect("a table");
    assert_eq!((found.rows(), found.dialect().header), (2, Some(true)), "in doubt there is a header");
    let table = read_as(text, "a.csv", &header(false));
    assert_eq!((table.rows(), table.columns()), (3, ["column 1".to_owned(), "column 2".to_owned()].as_slice()));
    assert!(table.format().contains("no header"), "{}", table.format());

    let text = b"good,1\ngood,2\nbad,3\n";
    assert_eq!(Table::parse(text, "a.csv").expect("a table").dialect().header, Some(false), "a class that recurs");
    assert_eq!(read_as(text, "a.csv", &header(true)).columns(), ["good", "1"]);

    let titled = b"All opinions\n\ntext,label\na,b\nc,d\n";
    assert_eq!(Table::parse(titled, "a.csv").expect("a table").columns(), ["text", "label"]);
    assert_eq!(read_as(titled, "a.csv", &header(false)).rows(), 4, "titles stand above names alone");
}

#[test]
fn what_stands_between_cells_can_be_said() {
    let lines = "Yes, well, no\nOf course, it came, late, and broken\nNo\n";
    let mistake = refused(lines.as_bytes(), "a.txt", &Dialect::default());
    assert!(mistake.contains("has 4 cells"), "commas between words: {mistake}");
    let one = Dialect { header: Some(false), ..delimiter(Delimiter::None) };
    let table = read_as(lines.as_bytes(), "a.txt", &one);
    assert_eq!(cells(&table), [["Yes, well, no"], ["Of course, it came, late, and broken"], ["No"]]);
    assert_eq!(table.format(), "CSV, one column, not quoted, no header, UTF-8");

    let said = "\"Come in\", she said\nHe came.\n\"And then?\" we asked\n";
    let table = read_as(said.as_bytes(), "a.txt", &one);
    assert_eq!(cells(&table)[0], ["\"Come in\", she said"], "a quote is a letter where it closes nothing");

    let text = b"text;with,label\na;b,c\n";
    for (asked, columns) in [(Delimiter::Comma, ["text;with", "label"]), (Delimiter::Semicolon, ["text", "with,label"])]
    {
        let table = read_as(text, "a.csv", &delimiter(asked));
        assert_eq!(
            (table.columns().to_vec(), table.dialect().delimiter),
            (columns.map(str::to_owned).to_vec(), Some(asked))
        );
    }
    let named = b"sep=;\ntext|label\na|b\n";
    assert_eq!(
        read_as(named, "a.csv", &delimiter(Delimiter::Pipe)).columns(),
        ["text", "label"],
        "over what a line says"
    );
    let json = b"{\"text\": 1}\t{\"label\"}\na\tb\n";
    assert_eq!(read_as(json, "a.jsonl", &delimiter(Delimiter::Tab)).columns().len(), 2, "so a text is delimited");
    let words = b"EU\tB-ORG\nin\tO\n\nBerlin\tB-LOC\n";
    assert_eq!(read_as(words, "a.conll", &delimiter(Delimiter::Tab)).rows(), 2, "CoNLL, too");
}

#[test]
fn what_a_format_has_no_place_for_is_refused() {
    let sheet = |name: &str| Dialect { worksheet: Some(name.to_owned()), ..Dialect::default() };
    let json = b"{\"text\": \"a\", \"label\": 1}\n";
    assert!(refused(json, "a.jsonl", &header(true)).contains("names its columns in its own way"));
    assert!(refused(b"text,label\na,b\n", "a.csv", &sheet("One")).contains("Only Excel workbooks have sheets"));
    let book = workbooks::fixture("plain.xlsx");
    assert!(refused(&book, "a.xlsx", &delimiter(Delimiter::Tab)).contains("no delimiter to choose"));
    assert!(refused(&book, "a.xlsx", &encoding("UTF-8")).contains("no encoding to choose"));
}

#[test]
fn the_first_row_of_a_sheet_can_be_said_to_be_one_of_data() {
    let book = workbooks::fixture("plain.xlsx");
    let found = Table::parse(&book, "a.xlsx").expect("a table");
    assert_eq!(found.dialect().header, Some(true));
    let table = read_as(&book, "a.xlsx", &header(false));
    assert_eq!(table.rows(), found.rows() + 1);
    assert_eq!(table.cell(0, 0), found.columns()[0]);
    assert!(table.columns().iter().all(|name| name.starts_with("column ")) && table.format().contains("no header"));
    assert_eq!(table.dialect().worksheet, found.dialect().worksheet);
}

#[test]
fn what_was_found_says_how_to_read_the_same_again() {
    let texts: [(&[u8], &str); 5] = [
        (&fixture("japanese.csv"), "a.csv"),
        (b"a note\n\ntext\tlabel\nx\ty\n", "a.tsv"),
        (b"good,1\ngood,2\nbad,3\n", "a.csv"),
        (b"Opinions\n\ntext,label\na,label\nb,label\nc,y\n", "a.csv"),
        (&workbooks::fixture("reviews.xlsx"), "a.xlsx"),
    ];
    for (bytes, name) in texts {
        let found = Table::parse(bytes, name).expect("a table");
        let again = read_as(bytes, name, found.dialect());
        assert_eq!((again.format(), cells(&again)), (found.format(), cells(&found)), "{name}");
        assert_eq!((again.dialect(), &again.info().dialect), (found.dialect(), found.dialect()));
    }
}

#[test]
fn sheets_that_pass_through_are_read_as_it_is_said() {
    let known =
        Dialect { header: Some(false), encoding: Some("shift-jis".to_owned()), ..delimiter(Delimiter::Semicolon) };
    let bytes = fixture("japanese.csv");
    let mut survey = Survey::of("table.csv", &known).expect("an encoding");
    survey.add(&bytes);
    let mut sheet = Sheet::open(&survey, Task::Classification).expect("a table").expect("delimited");
    assert_eq!(sheet.info().columns, ["column 1", "column 2"]);
    assert_eq!(sheet.info().dialect, Dialect { encoding: Some("Shift_JIS".to_owned()), ..known });
    assert_eq!(sheet.info().preview[1][0], "荷物がとても早く届き、梱包も丁寧でした");
    assert_eq!(sheet.push(&bytes, true).expect("rows").len(), 7);
}
