//! A text and the spans marked in it, as annotation tools export them → its words with B- and I- tags.

use serde_json::Value;

use super::cell::{Cell, scalar};
use super::cutting::cut_words;
use super::labels::Labels;
use super::{Remarks, shorten};
use crate::data::target::Word;
use crate::error::Result;

/// Keys of a span's first character, of the character after its last one, and of its label.
const START: &[&str] = &["start", "start_offset", "start_char"];
const END: &[&str] = &["end", "end_offset", "end_char"];
const LABEL: &[&str] = &["label", "labels", "type", "entity", "entity_type", "tag"];

/// A list of spans may stand in an object under one of these, as spaCy writes it.
const WRAPPERS: &[&str] = &["entities", "spans"];

/// A marked span: characters, and a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    start: u32,
    end: u32,
    label: String,
}

/// The list of spans in a value, if it is one: of `[start, end, label]`, or of objects with these.
pub(in crate::data) fn list(value: &Value) -> Option<&[Value]> {
    let value = WRAPPERS.iter().find_map(|key| value.get(key)).unwrap_or(value);
    let items = value.as_array()?;
    items.iter().all(|item| item.is_array() || item.is_object()).then_some(items)
}

/// Whether an object does nothing but hold spans, under the key of a tool.
pub(in crate::data) fn wraps(object: &serde_json::Map<String, Value>) -> bool {
    object.keys().any(|key| WRAPPERS.contains(&key.as_str()) && object[key].is_array())
}

/// The words of a text, each tagged B- or I- and the label of its span, or O.
///
/// A span that starts or ends within a word is widened to the word, and its row remarked.
///
/// # Errors
///
/// A span that is none, is empty, lies outside the text, holds no word, or shares a word with another one; a label that
/// the model does not know.
pub(super) fn read(
    text: &Cell,
    cell: &Cell,
    spans: &[Value],
    labels: &mut Labels,
    remarks: &mut Remarks,
) -> Result<Vec<Word>> {
    let length = text.text.chars().count() as u32;
    let mut spans = spans.iter().map(|span| parse(span, cell, length)).collect::<Result<Vec<Span>>>()?;
    spans.sort();
    spans.dedup();
    if let Some(pair) = spans.windows(2).find(|pair| pair[1].start < pair[0].end) {
        return Err(overlap(cell, pair));
    }
    // The place of O is taken first, so that a text of tagged words alone knows it, too.
    labels.offer("O");
    let cut = cut_words(text.text);
    let mut words = Vec::with_capacity(cut.len());
    let mut widened = false;
    let mut next = 0;
    for span in &spans {
        while let Some(&(start, end)) = cut.get(next).filter(|(_, end)| *end <= span.start) {
            words.push(Word { start, end, tag: labels.place("O", cell)? });
            next += 1;
        }
        if next > 0 && cut[next - 1].1 > span.start {
            return Err(no_word(cell, span, "shares a word with another span"));
        }
        let first = next;
        while let Some(&(start, end)) = cut.get(next).filter(|(start, _)| *start < span.end) {
            let prefix = if next == first { "B" } else { "I" };
            words.push(Word { start, end, tag: labels.place(&format!("{prefix}-{}", span.label), cell)? });
            widened |= start < span.start || end > span.end;
            next += 1;
        }
        if next == first {
            return Err(no_word(cell, span, "holds only white space"));
        }
        labels.offer(&format!("I-{}", span.label));
    }
    for &(start, end) in &cut[next..] {
        words.push(Word { start, end, tag: labels.place("O", cell)? });
    }
    if widened {
        remarks.widened.add(cell.line);
    }
    Ok(words)
}

fn parse(value: &Value, cell: &Cell, length: u32) -> Result<Span> {
    let part = |place: usize, keys: &[&str]| match value {
        Value::Array(items) => items.get(place),
        other => keys.iter().find_map(|key| other.get(key)),
    };
    let label = part(2, LABEL).and_then(|label| match label.as_array().map(Vec::as_slice) {
        Some([only]) => scalar(only),
        Some(_) => None,
        None => scalar(label),
    });
    let number = |place, keys| part(place, keys).and_then(Value::as_i64);
    let (Some(start), Some(end), Some(label)) = (number(0, START), number(1, END), label) else {
        return Err(cell.mistake(format!(
            "“{}” is not a span. Write [start, end, \"label\"], or an object with start, end and label.",
            shorten(&value.to_string())
        )));
    };
    let label = label.trim().to_owned();
    if label.is_empty() {
        return Err(cell.mistake(format!("The span from {start} to {end} has no label.")));
    }
    let in_text = |at: i64| u32::try_from(at).ok().filter(|at| *at <= length);
    match (in_text(start), in_text(end)) {
        (Some(start), Some(end)) if start < end => Ok(Span { start, end, label }),
        (Some(_), Some(_)) => {
            Err(cell.mistake(format!("The span “{label}” from {start} to {end} is empty; its end must be after its start.")))
        }
        _ => Err(cell.mistake(format!(
            "The span “{label}” from {start} to {end} is outside the text, which has {length} characters. Offsets count characters from 0, not bytes."
        ))),
    }
}

fn overlap(cell: &Cell, pair: &[Span]) -> crate::Error {
    cell.mistake(format!(
        "The spans “{}” from {} to {} and “{}” from {} to {} overlap; a word can have only one tag. Remove one of them.",
        shorten(&pair[0].label),
        pair[0].start,
        pair[0].end,
        shorten(&pair[1].label),
        pair[1].start,
        pair[1].end
    ))
}

fn no_word(cell: &Cell, span: &Span, why: &str) -> crate::Error {
    cell.mistake(format!(
        "The span “{}” from {} to {} {why}. Correct or remove it.",
        shorten(&span.label),
        span.start,
        span.end
    ))
}
