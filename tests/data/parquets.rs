//! Parquet files: as others write and read them (tests/fixtures/parquets), and damaged or hostile ones.

use serde_json::Value;
use tabtune::Task;
use tabtune::data::{Dataset, Dialect, Mapping, Survey, Table, TableReader};

use crate::mistake;

/// Ways of writing that are not read.
const REFUSED: [(&str, &str); 1] = [(
    "brotli",
    "The Parquet file cannot be read: in the column “text” from row 1 on, it is compressed with BROTLI; write it with snappy, gzip or zstd.",
)];

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/parquets/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(name: &str) -> Table {
    Table::parse(&fixture(&format!("{name}.parquet")), name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn files_have_the_rows_that_pyarrow_reads() {
    let expected: Value = serde_json::from_slice(&fixture("parquets.json")).expect("JSON");
    for (name, expected) in expected.as_object().expect("files") {
        let (table, expected) = (table(name), expected.as_array().expect("rows"));
        assert_eq!((table.format(), table.rows()), ("Parquet", expected.len()), "{name}");
        for (row, expected) in expected.iter().enumerate() {
            let expected = expected.as_object().expect("a row");
            for (column, title) in table.columns().iter().enumerate() {
                let told = expected.get(title).map_or("", |cell| cell.as_str().expect("text"));
                assert_eq!(table.cell(row, column), told, "{name}, row {row}, {title}");
            }
            let unknown = expected.keys().find(|title| !table.columns().contains(title));
            assert_eq!(unknown, None, "{name}, row {row}");
        }
    }
}

#[test]
fn classes_have_names_and_words_have_tags() {
    let table = table("classes");
    let dataset =
        |task| Dataset::build(&table, &Mapping::guess_for(&table, task)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(table.info().mapping.task, Task::Tokens);
    assert_eq!(dataset(Task::Tokens).labels, ["O", "B-PER"]);
    assert_eq!(table.columns()[..4], ["text", "label", "tokens", "ner_tags"]);
    let mapping = Mapping {
        text: "text".to_owned(),
        label: "label".to_owned(),
        ..Mapping::guess_for(&table, Task::Classification)
    };
    assert_eq!(
        Dataset::build(&table, &mapping).map(|dataset| dataset.labels),
        Ok(vec!["neg".to_owned(), "pos".to_owned()])
    );
}

#[test]
fn bytes_are_passed_over_and_that_is_said() {
    let notes = table("kinds").notes().join(" ");
    assert!(notes.contains("The columns “bytes” and “image” hold bytes and no text, and are passed over."), "{notes}");
    assert!(!notes.contains("__index_level"), "{notes}");
}

#[test]
fn what_is_not_read_is_told_with_the_remedy() {
    for (name, told) in REFUSED {
        let (_, message) = mistake(&fixture(&format!("{name}.parquet")), name);
        assert!(message.contains(told), "{name}: {message}");
    }
    let plain = fixture("plain.parquet");
    let mut encrypted = plain.clone();
    encrypted.splice(plain.len() - 4.., *b"PARE");
    for (bytes, told) in [
        (&plain[..plain.len() - 1], "does not end as one. It was probably cut off"),
        (&plain[..plain.len() / 2], "does not end as one"),
        (b"PAR1", "does not end as one"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "Download the file itself, with git lfs pull",
        ),
        (&encrypted, "is encrypted. Save it without encryption."),
    ] {
        let (_, message) = mistake(bytes, "table.parquet");
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn a_file_says_itself_how_it_is_read() {
    let said = [
        Dialect { header: Some(true), ..Dialect::default() },
        Dialect { worksheet: Some("One".to_owned()), ..Dialect::default() },
        Dialect { encoding: Some("UTF-8".to_owned()), ..Dialect::default() },
    ];
    for dialect in said {
        let told =
            Table::parse_as(&fixture("plain.parquet"), "a.parquet", usize::MAX, &dialect).expect_err("a mistake");
        assert!(told.to_string().contains("A Parquet file says itself how it is to be read."), "{told}");
    }
    assert_eq!(*table("plain").dialect(), Dialect::default());
}

#[test]
fn files_are_read_whole() {
    let mut survey = Survey::new("a");
    survey.add(&fixture("plain.parquet"));
    assert_eq!(survey.is_whole(), Ok(true));
    assert!(TableReader::open(&survey).expect("a file").is_none());
}

/// A file with this footer.
fn with_footer(footer: &[u8]) -> Vec<u8> {
    let length = u32::try_from(footer.len()).expect("a length").to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat()
}

/// A column of the schema: its name, and so many children, in Thrift's compact protocol.
fn column(children: u8) -> Vec<u8> {
    // How often it occurs: once; name; number of children, doubled as whole numbers are.
    vec![0x35, 0, 0x18, 1, b'a', 0x15, 2 * children, 0]
}

#[test]
fn hostile_footers_take_neither_memory_nor_stack() {
    let schema = |columns: Vec<Vec<u8>>| {
        let count = columns.len();
        let count = [(count & 127) as u8 | 128, (count >> 7 & 127) as u8 | 128, (count >> 14) as u8];
        with_footer(&[&[0x15, 4, 0x19, 0xFC][..], &count, &columns.concat()].concat())
    };
    let deep = schema(vec![column(1); 100_000]);
    let (_, message) = mistake(&deep, "a.parquet");
    assert!(message.contains("nested deeper than 32 levels"), "{message}");
    // More children than there are columns; as many columns as there are not; a structure in a structure without end.
    let endless = with_footer(&[0x1C; 100_000]);
    let many = with_footer(&[0x15, 4, 0x19, 0xFC, 255, 255, 255, 255, 7]);
    for hostile in [schema(vec![column(63); 3]), many, endless, with_footer(&[]), with_footer(&[0])] {
        let (_, message) = mistake(&hostile, "a.parquet");
        assert!(message.contains("its footer says what cannot be"), "{message}");
    }
}

#[test]
fn damaged_files_are_refused_or_read_and_nothing_else_happens() {
    let mut state = 7_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let names = [
        "plain",
        "snappy",
        "gzip",
        "zstd",
        "lengths",
        "split",
        "kinds",
        "nested",
        "classes",
        "polars",
        "duckdb",
        "int96",
        "differences",
    ];
    let files = names.map(|name| fixture(&format!("{name}.parquet")));
    let (mut read, mut refused) = (0, 0);
    for round in 0..6000 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            bytes[at] = next(256) as u8;
        }
        match Table::parse(&bytes, "a.parquet") {
            Ok(table) => read += usize::from(table.rows() > 0),
            Err(_) => refused += 1,
        }
    }
    assert!(read > 500 && refused > 500, "{read} read, {refused} refused");
}
