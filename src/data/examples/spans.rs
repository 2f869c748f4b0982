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

/// The same also where some of them are none, which are for [`read`] to refuse.
pub(super) fn meant(value: &Value) -> Option<&[Value]> {
    let value = WRAPPERS.iter().find_map(|key| value.get(key)).unwrap_or(value);
    let items = value.as_array()?;
    (items.is_empty() || items.iter().any(|item| item.is_array() || item.is_object())).then_some(items)
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
    let letters = Letters::of(text.text);
    let mut spans = spans.iter().map(|span| parse(span, cell, &letters)).collect::<Result<Vec<Span>>>()?;
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

/// A text with the place of each letter, and of its end, in bytes and in the units of UTF-16.
struct Letters<'a> {
    text: &'a str,
    places: Vec<(usize, i64)>,
}

impl<'a> Letters<'a> {
    fn of(text: &'a str) -> Self {
        let mut units = 0;
        let mut places: Vec<(usize, i64)> = Vec::with_capacity(text.len() + 1);
        for (at, letter) in text.char_indices() {
            places.push((at, units));
            units += letter.len_utf16() as i64;
        }
        places.push((text.len(), units));
        Self { text, places }
    }

    /// How many there are.
    fn count(&self) -> usize {
        self.places.len() - 1
    }

    /// The text between two letters.
    fn between(&self, start: i64, end: i64) -> Option<&'a str> {
        let byte = |at: i64| self.places.get(usize::try_from(at).ok()?).map(|(byte, _)| *byte);
        self.text.get(byte(start)?..byte(end)?)
    }

    /// The letter that begins at a unit of UTF-16.
    fn at_unit(&self, unit: i64) -> Option<i64> {
        self.places.binary_search_by_key(&unit, |(_, unit)| *unit).ok().map(|letter| letter as i64)
    }

    /// Where a span lies that carries its own text: tools in JavaScript count the units of UTF-16.
    fn place(&self, start: i64, end: i64, own: &str) -> Option<(i64, i64)> {
        // Label Studio writes a line break in a span as \n.
        let visible = |text: &str| text.replace("\\n", "").split_whitespace().collect::<String>();
        let holds =
            |(start, end): &(i64, i64)| self.between(*start, *end).is_some_and(|text| visible(text) == visible(own));
        let units = || self.at_unit(start).zip(self.at_unit(end)).filter(holds);
        Some((start, end)).filter(holds).or_else(units)
    }
}

fn parse(value: &Value, cell: &Cell, letters: &Letters) -> Result<Span> {
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
    let own = value.get("text").and_then(Value::as_str);
    let placed = own.map_or(Some((start, end)), |own| letters.place(start, end, own));
    let length = letters.count();
    let in_text = |at: i64| u32::try_from(at).ok().filter(|at| *at as usize <= length);
    match placed.map(|(start, end)| (in_text(start), in_text(end))) {
        Some((Some(start), Some(end))) if start < end => Ok(Span { start, end, label }),
        Some((Some(_), Some(_))) => {
            Err(cell.mistake(format!("The span “{label}” from {start} to {end} is empty; its end must be after its start.")))
        }
        Some(_) => Err(outside(cell, &label, start, end, length)),
        None => Err(letters.between(start, end).map_or_else(
            || outside(cell, &label, start, end, length),
            |text| {
                cell.mistake(format!(
                    "The span “{label}” from {start} to {end} holds “{}”, but its own text is “{}”. Offsets count characters from 0.",
                    shorten(text),
                    shorten(own.unwrap_or_default())
                ))
            },
        )),
    }
}

fn outside(cell: &Cell, label: &str, start: i64, end: i64, length: usize) -> crate::Error {
    cell.mistake(format!(
        "The span “{label}” from {start} to {end} is outside the text, which has {length} characters. Offsets count characters from 0, not bytes."
    ))
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
