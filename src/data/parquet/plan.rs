//! Which columns of a file are read, and the way from a row to each of their values.
//!
//! A file keeps the values of nested columns flat, each with two levels: how much of the way to it is there, and how far up
//! the way it begins anew (Melnik et al. 2010, "Dremel").

use std::sync::Arc;

use ::parquet::basic::{ConvertedType, LogicalType, Repetition};
use ::parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type};

use super::classes::Classes;
use super::values::Kind;
use crate::data::examples::shorten;

/// pandas keeps the numbers of its rows as columns of such names.
const INDEX: &str = "__index_level_";

/// Columns that are named in a note.
const NAMED: usize = 5;

/// A step on the way from a row to a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Into what an object has under a name.
    Key(Arc<str>),
    /// Into what may be missing, which it is below this level of definition.
    Optional(u8),
    /// Into an item of a list, which has none below this level of definition, and whose items begin at this one of repetition.
    Item { defined: u8, repeated: u8 },
}

/// A column that is read.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Its place among all columns of values.
    pub place: usize,
    pub steps: Vec<Step>,
    pub kind: Kind,
    /// The highest levels of repetition and of definition.
    pub most: [u8; 2],
    /// The classes that its numbers stand for.
    pub classes: Option<Arc<[String]>>,
}

impl Leaf {
    /// Its name: `answers.text`.
    pub fn name(&self) -> String {
        let keys = self.steps.iter().filter_map(|step| match step {
            Step::Key(name) => Some(&**name),
            _ => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }
}

/// The columns that are read, and those that are not.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub leaves: Vec<Leaf>,
    /// Names of columns of which there is no text to be made, such as images.
    passed: Vec<String>,
    /// Columns of values so far.
    places: usize,
    steps: Vec<Step>,
}

impl Plan {
    pub fn new(schema: &SchemaDescriptor, classes: &Classes) -> Self {
        let mut plan = Self::default();
        for field in schema.root_schema().get_fields() {
            let before = plan.leaves.len();
            let readable = plan.enter(schema, field, classes.of(field.name()), [0, 0]);
            plan.steps.clear();
            let index = field.name().starts_with(INDEX);
            if !readable || index {
                plan.leaves.truncate(before);
            }
            if !readable && !index {
                plan.passed.push(field.name().to_owned());
            }
        }
        plan
    }

    /// What is to be said of the columns that are not read.
    pub fn note(&self) -> Option<String> {
        let mut names: Vec<String> =
            self.passed.iter().take(NAMED).map(|name| format!("“{}”", shorten(name))).collect();
        let last = names.pop()?;
        let more = self.passed.len() - names.len() - 1;
        Some(match (names.is_empty(), more) {
            (true, _) => format!("The column {last} holds bytes and no text, and is passed over."),
            (false, 0) => {
                format!("The columns {} and {last} hold bytes and no text, and are passed over.", names.join(", "))
            }
            (false, more) => format!(
                "The columns {}, {last} and {more} more hold bytes and no text, and are passed over.",
                names.join(", ")
            ),
        })
    }

    /// Goes into a column, from levels of definition and repetition, and returns whether all of it can be read.
    fn enter(&mut self, schema: &SchemaDescriptor, field: &Type, classes: Classes, levels: [u8; 2]) -> bool {
        self.steps.push(Step::Key(field.name().into()));
        let readable = self.at(schema, field, classes, levels);
        self.steps.pop();
        readable
    }

    /// The same without its name: items of lists have none.
    fn at(&mut self, schema: &SchemaDescriptor, field: &Type, classes: Classes, levels: [u8; 2]) -> bool {
        let ([mut defined, mut repeated], length) = (levels, self.steps.len());
        let info = field.get_basic_info();
        match info.repetition() {
            Repetition::REQUIRED => {}
            Repetition::OPTIONAL => {
                defined += 1;
                self.steps.push(Step::Optional(defined));
            }
            Repetition::REPEATED => {
                defined += 1;
                repeated += 1;
                self.steps.push(Step::Item { defined, repeated });
            }
        }
        let levels = [defined, repeated];
        let readable = if field.is_primitive() {
            self.leaf(&schema.column(self.places), classes, levels)
        } else if let Some(items) = items(field) {
            self.list(schema, items, classes.items(), levels)
        } else {
            // All of them, so that the places of those behind are right.
            let each = field.get_fields().iter();
            let all = each.map(|child| self.enter(schema, child, classes.of(child.name()), levels));
            all.fold(!field.get_fields().is_empty(), |all, readable| all && readable)
        };
        self.steps.truncate(length);
        readable
    }

    /// A list: a repeated group around the items, of one child, or in old files the repeated items themselves.
    fn list(&mut self, schema: &SchemaDescriptor, repeated: &Type, classes: Classes, levels: [u8; 2]) -> bool {
        let around = !repeated.is_primitive() && repeated.get_fields().len() == 1 && repeated.name() != "array";
        if !around {
            return self.at(schema, repeated, classes, levels);
        }
        let [defined, repetition] = levels.map(|level| level + 1);
        self.steps.push(Step::Item { defined, repeated: repetition });
        let readable = self.at(schema, &repeated.get_fields()[0], classes, [defined, repetition]);
        self.steps.pop();
        readable
    }

    fn leaf(&mut self, column: &ColumnDescriptor, classes: Classes, [defined, repeated]: [u8; 2]) -> bool {
        let place = self.places;
        self.places += 1;
        let Some(kind) = Kind::of(column) else { return false };
        let (steps, most, classes) = (self.steps.clone(), [repeated, defined], classes.names());
        self.leaves.push(Leaf { place, steps, kind, most, classes });
        true
    }
}

/// What repeats in a list; none of what is no list.
fn items(field: &Type) -> Option<&Type> {
    let info = field.get_basic_info();
    // A map is a list of keys and values.
    let told = matches!(info.logical_type_ref(), Some(LogicalType::List | LogicalType::Map))
        || matches!(info.converted_type(), ConvertedType::LIST | ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
    match field.get_fields() {
        [items] if told && items.get_basic_info().repetition() == Repetition::REPEATED => Some(items),
        _ => None,
    }
}
