//! CoNLL files (a word and its tag per line, a blank line between sentences) → a row of lists per sentence.

use std::collections::HashSet;

use serde_json::Value;

use super::cells::Gathering;
use super::lines::MAX_CELL;
use super::places::Places;
use super::table::Rows;
use crate::error::{Error, Result};

/// Extensions of such files.
const EXTENSIONS: &[&str] =
    &["conll", "conll03", "conll2003", "conllu", "conllx", "bio", "bio2", "iob", "iob2", "bioes", "iobes"];

/// Columns of CoNLL-U: ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC.
const UNIVERSAL: usize = 10;

/// First word of the lines that separate documents in CoNLL-2003.
const DOCUMENT: &str = "-DOCSTART-";

/// Lines looked at to recognise such a file.
const SAMPLE: usize = 1000;

/// Whether a text is such a file, by its name, or because each line ends in a tag such as O or B-PER and blank lines
/// stand between.
pub(super) fn is_conll(text: &str, file_name: &str) -> bool {
    let extension = file_name.rsplit('.').next().unwrap_or_default();
    if EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)) || is_universal(text) {
        return true;
    }
    let (mut rows, mut breaks) = (0, 0);
    let mut blank = false;
    for line in lines(text).take(SAMPLE) {
        let cells = cells(line);
        match cells.as_slice() {
            [] => blank = true,
            [DOCUMENT, ..] => breaks += 1,
            [_, .., tag] if is_tag(tag) => {
                rows += 1;
                breaks += usize::from(std::mem::take(&mut blank) && rows > 1);
            }
            [first, ..] if first.starts_with('#') => {}
            _ => return false,
        }
    }
    rows > 1 && breaks > 0
}

/// Reads columns `tokens` and `tags`, each a JSON list of texts: the first and the last column of the file, or of CoNLL-U
/// the word's form and its part of speech.
///
/// Spaces or a tab stand between columns. Lines of documents (`-DOCSTART-`) are passed over, and so are comments: lines
/// that begin with `#` before the first word of a sentence, unless they have as many columns as other lines and end in a
/// tag that other lines have.
///
/// # Errors
///
/// A line with other columns than the first, or a sentence over 1 MiB; by its line.
pub(super) fn read(text: &str, gathering: Gathering) -> Result<Rows> {
    let (columns, tags) = survey(text);
    let universal = is_universal(text);
    let mut sentences = Sentences::new(gathering);
    for (number, line) in (1..).zip(lines(text)) {
        let row = cells(line);
        let Some((first, last)) = row.first().zip(row.last()) else {
            sentences.end()?;
            continue;
        };
        if *first == DOCUMENT {
            sentences.end()?;
            continue;
        }
        let comment = first.starts_with('#') && !(row.len() == columns && tags.contains(last));
        if comment && sentences.words.is_empty() {
            continue;
        }
        if row.len() != columns || columns < 2 || last.is_empty() {
            return Err(bad_line(number, row.len(), columns));
        }
        match row.as_slice() {
            // What a range of words looks like together, or a word that is only understood.
            [id, ..] if universal && !is_number(id) => {}
            [_, form, _, part, ..] if universal => sentences.add(number, form, part)?,
            _ => sentences.add(number, first, last)?,
        }
    }
    sentences.end()?;
    let mut notes = Vec::new();
    if universal {
        notes.push("This is CoNLL-U: each word's tag is its part of speech (UPOS).".to_owned());
    }
    if !sentences.empty.is_empty() {
        notes.push(
            sentences
                .empty
                .sentence("has a tag but no word and is left out", "have a tag but no word and are left out"),
        );
    }
    let columns = vec!["tokens".to_owned(), "tags".to_owned()];
    Ok(Rows { columns, gathering: sentences.gathering, notes })
}

/// Whether the first lines are those of CoNLL-U: words have ten columns with a number first, from 1 in each sentence.
fn is_universal(text: &str) -> bool {
    let (mut begins, mut sentences) = (true, 0);
    for line in lines(text).take(SAMPLE).filter(|line| !line.starts_with('#')) {
        let id = line.split(['\t', '-', '.']).next().unwrap_or_default();
        let word = line.split('\t').count() == UNIVERSAL && is_number(id);
        if line.trim().is_empty() {
            begins = true;
        } else if !word || (begins && !matches!(id, "0" | "1")) {
            return false;
        } else {
            sentences += usize::from(std::mem::take(&mut begins));
        }
    }
    sentences > 1
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// Columns of the first line with a word, and the tags of all that are no comments for sure.
fn survey(text: &str) -> (usize, HashSet<&str>) {
    let mut columns = 0;
    let mut tags = HashSet::new();
    for line in lines(text) {
        let row = cells(line);
        let Some((first, last)) = row.first().zip(row.last()) else { continue };
        if *first == DOCUMENT || first.starts_with('#') {
            continue;
        }
        if columns == 0 {
            columns = row.len();
        }
        if row.len() == columns {
            tags.insert(*last);
        }
    }
    (columns, tags)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// The columns of a line; none if it is blank. Where there is a tab, tabs separate, and spaces may belong to words.
fn cells(line: &str) -> Vec<&str> {
    if line.trim().is_empty() {
        Vec::new()
    } else if line.contains('\t') {
        line.trim_end_matches('\t').split('\t').map(|cell| cell.trim_matches(' ')).collect()
    } else {
        line.split(' ').filter(|cell| !cell.is_empty()).collect()
    }
}

/// O, or a tag with a prefix.
pub(super) fn is_tag(cell: &str) -> bool {
    let typed = |(prefix, kind): (&str, &str)| prefix.len() == 1 && "BIESULM".contains(prefix) && !kind.is_empty();
    cell == "O" || cell.split_once('-').is_some_and(typed)
}

fn bad_line(line: u64, found: usize, columns: usize) -> Error {
    let message = if found < 2 || columns < 2 {
        "This line has no tag. Each line must hold a word and, last, its tag, with a space or a tab between.".to_owned()
    } else {
        format!(
            "This line has {found} columns, but the first one has {columns}. Where words hold spaces, separate by tabs."
        )
    };
    Error::table_line(line, message)
}

/// Gathers lines into sentences.
struct Sentences {
    gathering: Gathering,
    start: u64,
    words: Vec<Value>,
    tags: Vec<Value>,
    bytes: usize,
    /// Lines with a tag but without a word.
    empty: Places,
}

impl Sentences {
    fn new(gathering: Gathering) -> Self {
        let (words, tags) = (Vec::new(), Vec::new());
        Self { gathering, start: 0, words, tags, bytes: 0, empty: Places::default() }
    }

    fn add(&mut self, line: u64, word: &str, tag: &str) -> Result<()> {
        if word.is_empty() {
            self.empty.add(line);
            return Ok(());
        }
        if self.words.is_empty() {
            self.start = line;
            self.bytes = 0;
        }
        self.bytes += word.len() + tag.len();
        if self.bytes > MAX_CELL {
            return Err(Error::table_line(
                self.start,
                "The sentence that starts here is longer than 1 MiB. Are the blank lines between sentences missing?",
            ));
        }
        self.words.push(word.into());
        self.tags.push(tag.into());
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.words.is_empty() {
            return Ok(());
        }
        let words = Value::Array(std::mem::take(&mut self.words)).to_string();
        let tags = Value::Array(std::mem::take(&mut self.tags)).to_string();
        self.gathering.push(self.start, [words.as_str(), tags.as_str()])
    }
}
