//! Which columns of a table a command reads: those that were named, else guessed ones, and what that came to in words.

use serde_json::json;
use tabtune::data::Mapping;
use tabtune::{Result, Session, Task};

use crate::arguments::Columns;
use crate::pieces;
use crate::printing::Teller;

/// Names of columns that are not read which a sentence holds.
const MOST_NAMES: usize = 8;

/// Opens the table and tells how it was read; the columns for the task that is asked for then, or for the likeliest one.
pub fn open(
    session: &mut Session,
    columns: &Columns,
    task: impl FnOnce(&Session) -> Result<Option<Task>>,
    told: &Teller,
) -> Result<Choice> {
    let info = session.take_table(pieces::table(&columns.data, &columns.dialect)?)?;
    let rows = if info.rows == 1 { "1 row".to_owned() } else { format!("{} rows", info.rows) };
    told.note(&format!("{}: {}, {rows}.", info.name, info.format));
    info.notes.iter().for_each(|note| told.note(note));
    let guess = match task(session)? {
        Some(task) => session.guess_mapping(task)?,
        None => info.mapping,
    };
    let names = info.columns.into_iter().map(|column| column.name).collect();
    Ok(Choice { mapping: chosen(columns, guess), rows: info.rows, names })
}

/// The columns that are read, and the names of all.
pub struct Choice {
    pub mapping: Mapping,
    /// Rows of the table.
    pub rows: usize,
    names: Vec<String>,
}

/// The columns that were named, else those that were guessed.
fn chosen(columns: &Columns, guess: Mapping) -> Mapping {
    let text = columns.text.clone().unwrap_or(guess.text);
    let label = columns.label.clone().unwrap_or(guess.label);
    // A column that was named is not the second text as well.
    let pair = columns.pair.clone().or(guess.pair.filter(|pair| *pair != text && *pair != label));
    Mapping {
        negative: columns.negative.clone().or(guess.negative),
        separator: columns.separator.clone().or(guess.separator),
        text,
        label,
        pair,
        ..guess
    }
}

impl Choice {
    /// What is read for what, and which columns are not: whoever had something else in mind sees it before hours of training.
    pub fn sentence(&self) -> String {
        let Mapping { task, text, pair, label, negative, separator, split, .. } = &self.mapping;
        let quoted = |name: &String| format!("\u{201c}{name}\u{201d}");
        let label = Some(label).filter(|label| !label.is_empty());
        let texts = [Some(text), pair.as_ref()].into_iter().flatten().map(quoted).collect::<Vec<_>>().join(" and ");
        let mut said = match label {
            Some(label) => format!("Task {}: {} from {texts}", json!(task).as_str().unwrap_or_default(), quoted(label)),
            None => format!("Task {}: {texts}", json!(task).as_str().unwrap_or_default()),
        };
        if let (Task::MultiLabel, Some(separator)) = (task, separator) {
            said += &format!(", cut at {}", quoted(separator));
        }
        if let (Task::Embedding, Some(negative)) = (task, negative) {
            said += &format!(", apart from {}", quoted(negative));
        }
        if let Some(split) = split {
            said += &format!(", split by {}", quoted(split));
        }
        let used = [Some(text), pair.as_ref(), label, negative.as_ref(), split.as_ref()];
        let unused: Vec<String> = self.names.iter().filter(|name| !used.contains(&Some(name))).map(quoted).collect();
        let more = match unused.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let unused = unused.into_iter().take(MOST_NAMES).collect::<Vec<_>>().join(", ");
        if unused.is_empty() { format!("{said}.") } else { format!("{said}. Not read: {unused}{more}.") }
    }
}
