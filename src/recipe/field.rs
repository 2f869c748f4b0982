//! One field of a recipe as a form or a help text shows it.

use serde::Serialize;

use super::Method;
use crate::task::Task;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FieldKind {
    /// A whole number from `min` to `max`; `optional` fields may be left empty.
    Integer {
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
        /// Whether the field may be empty.
        optional: bool,
    },
    /// A number from `min` to `max`.
    Number {
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// One of a list of words.
    Choice {
        /// Values, each with the words that a form shows for it.
        choices: &'static [(&'static str, &'static str)],
    },
    /// Yes or no.
    Switch,
}

/// One knob as a form or a help text shows it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Field {
    /// Name in [`crate::Recipe`].
    pub name: &'static str,
    /// Words beside the field.
    pub label: &'static str,
    /// One line on what it does and when to change it.
    pub help: &'static str,
    /// Unit of the value; empty where there is none.
    pub unit: &'static str,
    /// Whether a form shows it at once (`false`) or among the finer settings (`true`).
    pub advanced: bool,
    /// Methods that it is for; empty for all.
    #[serde(rename = "for_method", skip_serializing_if = "<[_]>::is_empty")]
    pub methods: &'static [Method],
    /// Tasks that it is for; empty for all.
    #[serde(rename = "for_task", skip_serializing_if = "<[_]>::is_empty")]
    pub tasks: &'static [Task],
    /// What it holds.
    #[serde(flatten)]
    pub kind: FieldKind,
}
