//! What kind of table a text is: JSON, CoNLL, or delimited by which character, with quotes or without, with a header or not.

use std::collections::HashSet;

use super::dialect::{Delimiter, Dialect};
use super::preamble::Preamble;
use super::{json_columns, squad, words};

/// Records looked at to find delimiter and header.
pub(super) const SAMPLE_ROWS: usize = 200;

/// Bytes looked at to find delimiter and header.
pub(super) const SAMPLE_BYTES: usize = 1 << 18;

/// Delimiters that are looked for, rarest in running text first: that one wins where two fit equally well.
pub(super) const DELIMITERS: [Delimiter; 4] = [Delimiter::Tab, Delimiter::Pipe, Delimiter::Semicolon, Delimiter::Comma];

/// A header's cells are names: a first row with a longer cell is data.
const LONGEST_NAME: usize = 60;

/// How a delimited text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delimited {
    pub delimiter: Delimiter,
    /// Whether `"` at the start of a cell quotes it; if not, it is an ordinary character.
    pub quotes: bool,
    /// Whether any cell is quoted.
    pub any_quoted: bool,
    pub header: bool,
    /// What stands above the table.
    pub preamble: Preamble,
}

/// What kind of table a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Delimited(Delimited),
    /// One JSON object per line.
    JsonLines,
    /// One JSON list of objects.
    JsonList,
    /// One JSON object of lists, a column each.
    JsonColumns,
    /// SQuAD's JSON object.
    Squad,
    /// A word and its tag per line.
    Conll,
    /// A file in gzip or zstd, whatever is in it.
    Packed,
    /// An Excel workbook, or another zip archive.
    Workbook,
    /// An Apache Parquet file.
    Parquet,
}

impl Format {
    /// How a file of this format was read whose letters are in this encoding.
    pub fn dialect(&self, encoding: String) -> Dialect {
        match self {
            Self::Delimited(Delimited { delimiter, header, .. }) => Dialect {
                header: Some(*header),
                delimiter: Some(*delimiter),
                encoding: Some(encoding),
                ..Dialect::default()
            },
            _ => Dialect { encoding: Some(encoding), ..Dialect::default() },
        }
    }

    /// In words: `CSV, comma, quoted, header, UTF-8`.
    pub fn words(&self, encoding: &str) -> String {
        let delimited = match self {
            Self::Delimited(delimited) => delimited,
            Self::JsonLines => return format!("JSON Lines, {encoding}"),
            Self::JsonList => return format!("JSON list, {encoding}"),
            Self::JsonColumns => return format!("JSON columns, {encoding}"),
            Self::Squad => return format!("SQuAD JSON, {encoding}"),
            Self::Conll => return format!("CoNLL, {encoding}"),
            Self::Packed => return "Packed".to_owned(),
            Self::Workbook => return "Excel".to_owned(),
            Self::Parquet => return "Parquet".to_owned(),
        };
        let skipped = skipped(delimited.preamble.comments + delimited.preamble.titles);
        format!(
            "{}, {}, {}, {}, {skipped}{encoding}",
            if delimited.delimiter == Delimiter::Tab { "TSV" } else { "CSV" },
            delimited.delimiter.words(),
            if delimited.any_quoted { "quoted" } else { "not quoted" },
            if delimited.header { "header" } else { "no header" },
        )
    }
}

/// How many lines above a table are no part of it, before what else there is to say.
pub(super) fn skipped(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "1 line skipped, ".to_owned(),
        lines => format!("{lines} lines skipped, "),
    }
}

/// How a text that is no JSON is to be read, by what is known of it and by its first rows; `quotes`: whether `"` at the start
/// of a cell quotes it.
pub(super) fn delimited(text: &str, quotes: bool, known: &Dialect) -> Delimited {
    let preamble = Preamble::of(text, known);
    let table = &text[preamble.bytes..];
    let delimiter = known.delimiter.or(preamble.delimiter).unwrap_or_else(|| find_delimiter(table));
    // Titles are told by the names below them.
    let found = || preamble.titles > 0 || has_header(&sample(table, delimiter, quotes));
    let header = known.header.unwrap_or_else(found);
    Delimited { delimiter, quotes, any_quoted: false, header, preamble }
}

/// JSON by its first characters, or by the file's name where those could be either; `None` for delimited text.
pub(super) fn detect_json(text: &str, file_name: &str) -> Option<Format> {
    let named = has_extension(file_name, &["json", "jsonl", "ndjson"]);
    let text = text.trim_start();
    let then = |after: &str| text.get(1..).is_some_and(|rest| rest.trim_start().starts_with(after));
    if text.starts_with('[') && (then("{") || (named && !then("["))) {
        Some(Format::JsonList)
    } else if text.starts_with('{') && squad::is_squad(text) {
        Some(Format::Squad)
    } else if has_extension(file_name, &["json"]) && json_columns::is_columns(text) {
        Some(Format::JsonColumns)
    } else if named || (text.starts_with('{') && then("\"")) {
        Some(Format::JsonLines)
    } else {
        None
    }
}

fn has_extension(file_name: &str, known: &[&str]) -> bool {
    let extension = file_name.rsplit('.').next().unwrap_or_default();
    known.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The delimiter by which most rows have as many cells as the first one, which must have at least two.
pub(super) fn find_delimiter(text: &str) -> Delimiter {
    let mut best = (Delimiter::None, 0.0);
    for delimiter in DELIMITERS {
        let rows = sample(text, delimiter, true);
        let columns = rows.first().map_or(0, Vec::len);
        if columns < 2 {
            continue;
        }
        // One is added so that a delimiter that splits the header alone still beats none.
        let alike = (1 + rows.iter().filter(|row| row.len() == columns).count()) as f64 / (1 + rows.len()) as f64;
        if alike > best.1 {
            best = (delimiter, alike);
        }
    }
    best.0
}

/// First records of the text, at most 200 of them from its first 256 KiB.
pub(super) fn sample(text: &str, delimiter: Delimiter, quotes: bool) -> Vec<Vec<String>> {
    let cut = text.floor_char_boundary(SAMPLE_BYTES);
    let mut reader = reader(&text[..cut], delimiter, quotes);
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .take(SAMPLE_ROWS)
        .map_while(std::result::Result::ok)
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect();
    if cut < text.len() && rows.len() > 1 && rows.len() < SAMPLE_ROWS {
        rows.pop();
    }
    rows
}

/// The csv crate's reader, set up as every reading here needs it.
pub(super) fn reader(text: &str, delimiter: Delimiter, quotes: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter.byte())
        .quoting(quotes)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// Whether the first row names the columns; in doubt it does.
pub(super) fn has_header(rows: &[Vec<String>]) -> bool {
    let Some((first, rest)) = rows.split_first() else { return true };
    let number = |cell: &str| cell.trim().parse::<f64>().is_ok();
    let counted = first.iter().enumerate().all(|(index, cell)| cell.trim() == index.to_string());
    let named = |names: &[&str]| first.iter().any(|cell| words::rank(cell, names).is_some());
    if (counted && !rest.is_empty()) || (named(words::TEXT) && named(words::LABEL)) {
        return true;
    }
    let column = |index: usize| rest.iter().filter_map(move |row| row.get(index)).map(String::as_str);
    // A cell that recurs in a column whose values repeat is a class, not a name.
    let recurs = first.iter().enumerate().any(|(index, cell)| {
        let values: HashSet<&str> = column(index).collect();
        !cell.trim().is_empty() && values.len() < rest.len() && values.contains(cell.as_str())
    });
    if recurs {
        return false;
    }
    if first.iter().any(|cell| words::is_known_name(cell)) {
        return true;
    }
    if first.iter().any(|cell| number(cell)) {
        return false;
    }
    let over_numbers = (0..first.len()).any(|index| column(index).next().is_some() && column(index).all(number));
    over_numbers
        || !first.iter().any(|cell| {
            cell.chars().count() > LONGEST_NAME
                || cell.trim_end().ends_with(['.', '!', '?', '…', '。'])
                || cell.contains('\n')
        })
}
