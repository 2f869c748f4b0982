//! The data room as its users meet it: files and the mistakes in them, guesses, and the examples of every task.

mod dataset;
mod dialects;
mod formats;
mod guesses;
mod mistakes;
mod packed;
mod parquets;
mod pieces;
mod slips;
mod table;
mod targets;
mod targets_mistakes;
mod workbooks;

use tabtune::Error;
use tabtune::data::Table;

fn parse(text: &str) -> Table {
    Table::parse(text.as_bytes(), "table.csv").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn cells(table: &Table) -> Vec<Vec<&str>> {
    (0..table.rows()).map(|row| (0..table.columns().len()).map(|column| table.cell(row, column)).collect()).collect()
}

/// The mistake's line and sentence.
fn mistake(bytes: &[u8], name: &str) -> (Option<u64>, String) {
    match Table::parse(bytes, name) {
        Err(Error::Table { line, message, .. }) => {
            assert!(message.ends_with(['.', '?']) && message.len() < 300, "one or two short sentences: {message}");
            (line, message)
        }
        Err(other) => panic!("not a mistake in a table: {other}"),
        Ok(table) => panic!("read as {}: {:?}", table.format(), cells(&table)),
    }
}

/// A text in UTF-16, with or without a byte-order mark.
fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// Files of every format, damaged in so many ways.
fn damaged(rounds: usize, mut each: impl FnMut(&[u8], &str)) {
    let text = "sep=,\n\"text\",label,split\r\n\"a \"\"b\"\"\n\",Käse,train\nc,x,dev\n\td;e,y,train\n";
    let json = "[{\"text\": \"a\\n\", \"label\": 1.5e3},\n {\"text\": [null, {}], \"label\": \"ß\"}]";
    let lines = "{\"text\": \"a\", \"label\": true}\n{\"label\": -1, \"more\": \"\\u00e4\"}\n";
    let conll = "-DOCSTART- O\n\nEU B-ORG\n# O\n\n# comment\nin O\nBerlin\tB-LOC\n";
    let squad = "{\"data\": [{\"paragraphs\": [{\"qas\": [{\"id\": 1, \"question\": \"q\", \"answers\": [{\"text\": \"ö\", \"answer_start\": 1}]}], \"context\": \"Köln\"}]}]}";
    let spans = "{\"text\": \"in Köln\", \"label\": [[3, 7, \"LOC\"]]}\n{\"text\": \"x y\", \"label\": [{\"start\": 0, \"end\": 1, \"label\": \"A\"}]}\n";
    let texts = [text, &text.replace(',', "\t"), json, lines, conll, squad, spans];
    let mut files: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).into();
    files.extend([utf16(text, false, true), utf16(text, true, false)]);
    let mut state = 3_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    for round in 0..rounds {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=next(3) {
            let (at, other) = (next(bytes.len()), next(bytes.len()));
            match next(4) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes.swap(at, other),
                2 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, b"\",\n\r\t;{}[]\0:\xFF"[next(13)]),
            }
        }
        each(&bytes, ["a.csv", "a.json", "a"][next(3)]);
    }
}
