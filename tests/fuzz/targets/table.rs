//! Any bytes as a table of any format or as the parts of a workbook, as a whole and in pieces, as it is found to be or said
//! to be, and its rows as the examples of the likeliest task and of the one that they name.

#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use tabtune::data::{Dataset, Delimiter, Dialect, ENCODINGS, Mapping, Reading, Survey, Table, TableInfo, TableReader};
use tabtune::{Result, Task};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Names decide about the format where contents do not.
const NAMES: [&str; 6] = ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.conll", "a"];
const TASKS: [Task; 7] = [
    Task::Classification,
    Task::MultiLabel,
    Task::Regression,
    Task::Tokens,
    Task::Answers,
    Task::Embedding,
    Task::Language,
];

/// Begins the parts of a workbook, and stands between them: a byte that is in no text.
const PART: u8 = 0xFF;
/// Those parts, in this order; what is missing is as here.
const PARTS: [(&str, &str); 5] = [
    ("xl/worksheets/sheet1.xml", ""),
    ("xl/sharedStrings.xml", ""),
    ("xl/styles.xml", ""),
    ("xl/workbook.xml", "<workbook><sheets><sheet name=\"One\" id=\"1\"/></sheets></workbook>"),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"2\" Type=\"/sharedStrings\" Target=\"sharedStrings.xml\"/>\
         <Relationship Id=\"3\" Type=\"/styles\" Target=\"styles.xml\"/></Relationships>",
    ),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let archive = if first == PART { workbook(bytes) } else { Vec::new() };
    let bytes = if first == PART { &archive } else { bytes };
    let name = NAMES[usize::from(first) % NAMES.len()];
    let dialect = dialect(bytes.len());
    let whole = Table::parse_as(bytes, name, usize::MAX, &dialect);
    let pieces = in_pieces(bytes, name, &dialect, 1 + usize::from(first) / 8);
    assert_eq!(whole.as_ref().map(Table::info), pieces.as_ref().map(Table::info));
    let Ok(table) = whole else { return };
    let info = table.info();
    // What was found says how to read the same again, but for the note that it was only found.
    let again = Table::parse_as(bytes, name, usize::MAX, table.dialect()).map(|table| table.info());
    let without_notes = |info: TableInfo| TableInfo { notes: Vec::new(), ..info };
    assert_eq!(again.map(without_notes), Ok(without_notes(info.clone())));
    let _ = Dataset::build(&table, &info.mapping);
    let task = TASKS[usize::from(first) / NAMES.len() % TASKS.len()];
    let _ = Dataset::build(&table, &Mapping::guess_for(&table, task));
});

/// Nothing said of most files, of others a part.
fn dialect(number: usize) -> Dialect {
    let among = |most: usize| Some(number / 4 % (most + 1)).filter(|place| *place < most);
    match number % 4 {
        1 => Dialect { header: Some(number / 4 % 2 == 0), ..Dialect::default() },
        2 => Dialect { delimiter: among(Delimiter::ALL.len()).map(|at| Delimiter::ALL[at].1), ..Dialect::default() },
        3 => Dialect { encoding: among(ENCODINGS.len()).map(|at| ENCODINGS[at].0.to_owned()), ..Dialect::default() },
        _ => Dialect::default(),
    }
}

/// An archive of parts, not packed: checksums would tell every change.
fn workbook(bytes: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut given = bytes.split(|&byte| byte == PART);
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, otherwise) in PARTS {
        archive.start_file(name, stored).expect("a file in memory");
        archive.write_all(given.next().unwrap_or(otherwise.as_bytes())).expect("a write in memory");
    }
    archive.finish().expect("an archive in memory").into_inner()
}

/// The same as a page or the terminal reads it.
fn in_pieces(bytes: &[u8], name: &str, dialect: &Dialect, size: usize) -> Result<Table> {
    let mut survey = Survey::of(name, dialect)?;
    bytes.chunks(size).for_each(|piece| survey.add(piece));
    let Some(mut reader) = TableReader::open(&survey)? else {
        return Table::parse_as(bytes, name, usize::MAX, dialect);
    };
    let mut at = 0;
    loop {
        let end = bytes.len().min(at + size);
        let last = end == bytes.len();
        at = match reader.push(&bytes[at..end], last)? {
            Reading::Again => 0,
            Reading::Goes if last => return reader.finish(),
            Reading::Goes => end,
        };
    }
}
