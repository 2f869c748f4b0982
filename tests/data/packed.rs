//! Tables in gzip, in zstd and in zip archives: as Python packs and reads them (tests/fixtures/packed), damaged, and hostile.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tabtune::Task;
use tabtune::data::{Dialect, Sheet, Survey, Table, TableReader};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{damaged, mistake};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/packed/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(name: &str) -> Table {
    Table::parse(&fixture(name), name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("a write in memory");
    packed.finish().expect("a file in memory")
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a file");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A file in zip archives that no password of ours opens.
fn locked(mut archive: Vec<u8>) -> Vec<u8> {
    // The flag stands in both headers of the file: at 6 bytes of the local one, at 8 of the one in the list of contents.
    for (signature, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let start = archive.windows(4).position(|four| four == signature).expect("a header");
        archive[start + at] |= 1;
    }
    archive
}

#[test]
fn packed_tables_have_the_rows_that_python_reads() {
    let expected: Value = serde_json::from_slice(&fixture("packed.json")).expect("JSON");
    for (name, expected) in expected.as_object().expect("files") {
        let (table, expected) = (table(name), expected.as_array().expect("rows"));
        assert_eq!((table.name(), table.rows()), (name.as_str(), expected.len()));
        for (row, expected) in expected.iter().enumerate() {
            for (column, title) in table.columns().iter().enumerate() {
                assert_eq!(table.cell(row, column), expected[title], "{name}, row {row}, {title}");
            }
        }
    }
    assert_eq!(expected.as_object().map(serde_json::Map::len), Some(6));
}

#[test]
fn the_format_says_what_a_table_was_packed_in() {
    for (name, format) in [
        ("reviews.csv.gz", "CSV, comma, quoted, header, UTF-8, in gzip"),
        ("reviews.jsonl.zst", "JSON Lines, UTF-8, in zstd"),
        ("list.json.gz", "JSON list, UTF-8, in gzip"),
        ("one.zip", "CSV, comma, quoted, header, UTF-8, file 2 of a zip archive"),
        ("book.zip", "Excel, sheet 1, header, file 1 of a zip archive"),
    ] {
        let table = table(name);
        assert_eq!((table.format(), table.info().worksheets.len() <= 1), (format, true), "{name}");
        // What was found says how to read the same again.
        let again = Table::parse_as(&fixture(name), name, usize::MAX, table.dialect());
        assert_eq!(again.map(|again| again.info()), Ok(table.info()), "{name}");
    }
}

#[test]
fn of_several_tables_the_one_to_train_on_is_read_or_the_one_that_is_named() {
    let bytes = fixture("several.zip");
    let found = table("several.zip").info();
    assert_eq!(found.worksheets, ["sample_submission.csv", "data/train.csv", "data/test.csv"]);
    assert_eq!(found.dialect.worksheet.as_deref(), Some("data/train.csv"));
    assert_eq!(found.notes[0], "Of the archive’s 3 tables “data/train.csv” is read.");
    let named = |name: &str| {
        let dialect = Dialect { worksheet: Some(name.to_owned()), ..Dialect::default() };
        Table::parse_as(&bytes, "several.zip", usize::MAX, &dialect).map(|table| table.rows())
    };
    assert_eq!(named("data/test.csv"), Ok(2));
    let refused = named("data/dev.csv").expect_err("there is none").to_string();
    assert!(refused.contains("no table “data/dev.csv”; choose one of “sample_submission.csv”, "), "{refused}");
}

#[test]
fn whoever_reads_in_pieces_is_told_to_read_such_a_file_whole() {
    for name in ["reviews.csv.gz", "reviews.jsonl.zst", "one.zip"] {
        let bytes = fixture(name);
        let mut survey = Survey::new(name);
        survey.add(&bytes);
        assert_eq!(survey.is_whole(), Ok(true), "{name}");
        assert!(matches!(TableReader::open(&survey), Ok(None)), "{name}");
        let sheet = Sheet::whole(&bytes, name, Task::Classification, &Dialect::default());
        assert_eq!(
            sheet.map(|sheet| sheet.header().to_vec()),
            Ok(vec!["text".to_owned(), "label".to_owned()]),
            "{name}"
        );
    }
}

#[test]
fn what_is_said_of_a_file_is_said_of_what_is_packed_in_it() {
    let letters = "name;kind\nmäßig;x\nüber;y\n".chars().map(|letter| letter as u8).collect::<Vec<_>>();
    let dialect = Dialect { encoding: Some("windows-1252".to_owned()), header: Some(false), ..Dialect::default() };
    for bytes in [gzip(&letters), archive(&[("a.csv", &letters)])] {
        let table = Table::parse_as(&bytes, "a", usize::MAX, &dialect).expect("a table");
        assert_eq!((table.rows(), table.cell(1, 0)), (3, "mäßig"));
    }
}

#[test]
fn quotes_that_turn_out_to_be_letters_are_read_again() {
    let text = "text\tlabel\n\"half\tx\nwhole\ty\n";
    let table = Table::parse(&gzip(text.as_bytes()), "a.tsv.gz").expect("a table");
    assert_eq!((table.rows(), table.cell(0, 0)), (2, "\"half"));
}

#[test]
fn archives_without_a_table_are_refused_with_the_remedy() {
    let twice = gzip(&gzip(b"text,label\na,b\n"));
    for (bytes, name, remedy) in [
        (archive(&[("a.pdf", b"%PDF-")]), "a.zip", "holds no table"),
        (archive(&[("config.json", b"{}"), ("model.safetensors", b"")]), "a.zip", "holds a model and no table"),
        (archive(&[("a.csv", &gzip(b"text,label\na,b\n"))]), "a.zip", "packed twice"),
        (twice, "a.csv.gz", "packed twice"),
        (gzip(b"text,label\n"), "folder.tar.gz", "packed folder"),
        (gzip(b"text,label\n"), "folder.tgz", "packed folder"),
        (gzip(b""), "a.csv.gz", "is empty"),
        (locked(archive(&[("a.csv", b"text,label\na,b\n")])), "a.zip", "locked with a password"),
    ] {
        let (_, message) = mistake(&bytes, name);
        assert!(message.contains(remedy), "{name}: {message}");
    }
    // A mistake in the table is told by its line in what was packed.
    let (line, message) = mistake(&gzip(b"text,label\n\"a,b\nc,d\n"), "a.csv.gz");
    assert!(line == Some(2) && message.contains("never closed"), "{line:?} {message}");
}

#[test]
fn files_that_were_cut_off_are_told_and_damaged_ones_do_no_harm() {
    for name in ["reviews.csv.gz", "reviews.jsonl.zst"] {
        let bytes = fixture(name);
        let (_, message) = mistake(&bytes[..bytes.len() - 9], name);
        assert!(message.contains("cannot be unpacked") && message.contains("cut off"), "{message}");
    }
    let packed = ["reviews.csv.gz", "reviews.jsonl.zst", "one.zip", "several.zip"].map(fixture);
    let mut round = 0;
    damaged(4000, |noise, _| {
        let mut bytes = packed[round % packed.len()].clone();
        // Bytes of a damaged text tell where and what.
        for pair in noise.chunks_exact(16).take(1 + round % 3) {
            let at = (usize::from(pair[0]) * 31 + usize::from(pair[7]) + round) % bytes.len();
            bytes[at] = pair[3] ^ pair[11].wrapping_mul(7);
        }
        round += 1;
        let _ = Table::parse(&bytes, "a");
    });
    assert_eq!(round, 4000);
}

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_takes_no_more_than_there_is_room_for() {
    // A list of JSON is read whole: 300 MB in 300 kB.
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(b"[{\"text\": \"a\"},").expect("a write in memory");
    for _ in 0..300 {
        packed.write_all(&vec![b' '; 1 << 20]).expect("a write in memory");
    }
    let (_, message) = mistake(&packed.finish().expect("a file in memory"), "a.json.gz");
    assert!(message.contains("more than 256 MiB"), "{message}");
}
