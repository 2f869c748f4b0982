//! A column that is read row by row: its values go to their places in the rows, as their levels say.

use std::rc::Rc;

use ::parquet::basic::Encoding;
use ::parquet::errors::Result;
use ::parquet::file::metadata::ColumnChunkMetaData;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::pages::{Data, Opened, Pages, refused, short};
use super::plan::{Leaf, Step};
use super::stored::{Shape, Stored, Values};
use super::values;
use crate::data::lines::MAX_CELL;

/// Most bytes of a row, which lists may make of little in the file.
pub(super) const MAX_ROW: usize = 1 << 26;

/// Bytes that a value takes beside its text.
const VALUE: usize = 32;

/// A column of some rows.
pub(super) struct Column<'a> {
    leaf: &'a Leaf,
    pages: Pages,
    shape: Shape,
    dictionary: Option<Rc<Stored>>,
    page: Data,
    values: Values,
    /// Which value of the page comes next, with those that are missing, and which of those that are there.
    next: usize,
    value: usize,
}

impl<'a> Column<'a> {
    /// A column as it stands in a file.
    ///
    /// # Errors
    ///
    /// A column that lies outside of it.
    pub fn open(file: &[u8], column: &ColumnChunkMetaData, leaf: &'a Leaf) -> Result<Self> {
        let descr = column.column_descr();
        let length = usize::try_from(descr.type_length()).unwrap_or(0);
        let shape = Shape { kind: descr.physical_type(), length };
        let pages = Pages::open(file, column, leaf.most)?;
        let page = Data { levels: Default::default(), count: 0, encoding: Encoding::PLAIN, values: Bytes::new() };
        let values = Values::Plain(Stored::Int(Vec::new()));
        Ok(Self { leaf, pages, shape, dictionary: None, page, values, next: 0, value: 0 })
    }

    /// Puts what the next row has of this column into it; whether there is one. `room`: bytes that the row may still take.
    ///
    /// # Errors
    ///
    /// Values that cannot be read, or are more than there is room for.
    pub fn add_to(&mut self, row: &mut Value, room: &mut usize) -> Result<bool> {
        match self.repetition()? {
            None => return Ok(false),
            Some(0) => {}
            Some(_) => return Err(refused("a row begins in the middle of a list")),
        }
        // Which item comes next of each list on the way.
        let [repetition, definition] = self.leaf.most;
        let mut items = vec![0; usize::from(repetition) + 1];
        loop {
            let defined = self.page.levels[1].get(self.next).copied().unwrap_or(definition);
            let there = defined == definition;
            let value = if there { self.value()? } else { Value::Null };
            let text = value.as_str().map_or(0, str::len);
            *room = room.checked_sub(VALUE + text).ok_or_else(|| refused("a row takes more than 64 MB"))?;
            if text > MAX_CELL {
                return Err(refused("a text is longer than 1 MiB; split it"));
            }
            put(row, &self.leaf.steps, defined, &items, value)?;
            self.value += usize::from(there);
            self.next += 1;
            // A list may go on in the next page.
            let level = if repetition > 0 { self.repetition()?.unwrap_or(0) } else { 0 };
            if level == 0 {
                return Ok(true);
            }
            items[usize::from(level)] += 1;
            items[usize::from(level) + 1..].fill(0);
        }
    }

    /// The level from which the next value repeats what is before it: 0 for that of another row; none after the last one.
    fn repetition(&mut self) -> Result<Option<u8>> {
        while self.next == self.page.count {
            match self.pages.next()? {
                None => return Ok(None),
                Some(Opened::Dictionary { count, values }) => {
                    let stored = self.shape.plain(&values, count).ok_or_else(short)?;
                    self.dictionary = Some(Rc::new(stored));
                }
                Some(Opened::Data(page)) => {
                    let [_, defined] = &page.levels;
                    let missing = defined.iter().filter(|level| **level < self.leaf.most[1]).count();
                    self.values = Values::of(&page, page.count - missing, self.shape, self.dictionary.as_ref())?;
                    self.page = page;
                    (self.next, self.value) = (0, 0);
                }
            }
        }
        Ok(Some(self.page.levels[0].get(self.next).copied().unwrap_or(0)))
    }

    /// The next value that is there.
    fn value(&self) -> Result<Value> {
        let value = values::value(&self.values, self.value, self.leaf.kind).ok_or_else(short)?;
        let value = value.map_err(|wrong| refused(&format!("a value {wrong}")))?;
        Ok(match &self.leaf.classes {
            Some(classes) => name(value, classes),
            None => value,
        })
    }
}

/// The name of a class; a number below 0 is a missing one, as `datasets` has it, and one of no class stays.
fn name(value: Value, classes: &[String]) -> Value {
    match value.as_i64().map(usize::try_from) {
        Some(Ok(place)) => classes.get(place).map_or(value, |name| name.as_str().into()),
        Some(Err(_)) => Value::Null,
        None => value,
    }
}

/// Goes the way to a value as far as it is there, and puts the value at its end.
fn put(row: &mut Value, steps: &[Step], defined: u8, items: &[usize], value: Value) -> Result<()> {
    let mut at = row;
    for (place, step) in steps.iter().enumerate() {
        // The columns of an object that is missing are; but among the items of a list it has its place.
        let is_missing =
            matches!(steps[place..], [Step::Key(_), Step::Optional(level), Step::Key(_), ..] if defined < level);
        if is_missing && !steps[..place].iter().any(|step| matches!(step, Step::Item { .. })) {
            return Ok(());
        }
        let next = match step {
            Step::Optional(level) => (defined >= *level).then_some(at),
            Step::Key(name) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                at.as_object_mut().map(|object| object.entry(&**name).or_insert(Value::Null))
            }
            Step::Item { defined: level, repeated } => {
                if at.is_null() {
                    *at = Value::Array(Vec::new());
                }
                let place = items.get(*repeated as usize).copied().unwrap_or(0);
                match at.as_array_mut().filter(|_| defined >= *level) {
                    None => None,
                    Some(list) => {
                        // Columns of one list of objects each come to an item, one after the other.
                        if place == list.len() {
                            list.push(Value::Null);
                        }
                        let item = list.get_mut(place);
                        Some(item.ok_or_else(|| refused("the items of a list do not follow one another"))?)
                    }
                }
            }
        };
        match next {
            Some(next) => at = next,
            None => return Ok(()),
        }
    }
    *at = value;
    Ok(())
}
