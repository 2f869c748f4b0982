//! Which columns of a table a command reads: those that were named, else guessed ones, and what that came to in words.

use serde_json::json;
use tabtune::data::Mapping;
use tabtune::{Error, Result, Session, Task};

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
    let names: Vec<String> = info.columns.into_iter().map(|column| column.name).collect();
    let given = [&columns.text, &columns.pair, &columns.label, &columns.negative];
    given.into_iter().flatten().try_for_each(|name| refuse_unlike(&names, name))?;
    let mapping = chosen(columns, guess, &names);
    for option in idle(columns, mapping.task) {
        told.note(&format!("--{option} has no part in this task, and changes nothing."));
    }
    Ok(Choice { mapping, names })
}

/// Options that were given and that a task does not read.
fn idle(columns: &Columns, task: Task) -> impl Iterator<Item = &'static str> {
    let alone = matches!(task, Task::Tokens | Task::Language);
    let idle = [
        ("pair", columns.pair.is_some() && alone),
        ("label", columns.label.is_some() && task == Task::Language),
        ("negative", columns.negative.is_some() && task != Task::Embedding),
        ("separator", columns.separator.is_some() && task != Task::MultiLabel),
    ];
    idle.into_iter().filter(|(_, idle)| *idle).map(|(option, _)| option)
}

/// Refuses a name that is no column's but like one. Of others the table itself says which it has.
///
/// # Errors
///
/// The name that may be meant.
pub fn refuse_unlike(names: &[String], given: &str) -> Result<()> {
    let plain = |name: &str| name.trim().to_lowercase();
    let near =
        |name: &&String| distance(&plain(name), &plain(given)) <= plain(given).chars().count().div_ceil(4).min(2);
    match names.iter().find(near).filter(|_| names.iter().all(|name| name != given)) {
        Some(meant) => Err(Error::table_column(
            given,
            format!("The table has no column of this name. Did you mean \u{201c}{meant}\u{201d}?"),
        )),
        None => Ok(()),
    }
}

/// Letters that are to be changed, left out or put in to make one word of another (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], line + 1);
        for (place, &another) in other.iter().enumerate() {
            let changed = before + usize::from(letter != another);
            before = row[place + 1];
            row[place + 1] = changed.min(before + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

/// The columns that are read, and the names of all.
pub struct Choice {
    pub mapping: Mapping,
    names: Vec<String>,
}

/// The columns that were named, else those that were guessed. A column that was named for one thing is not guessed for another
/// as well: then it is one of the others.
fn chosen(columns: &Columns, guess: Mapping, names: &[String]) -> Mapping {
    let named = [&columns.text, &columns.pair, &columns.label, &columns.negative].into_iter().flatten();
    let taken: Vec<&str> = named.chain(&guess.split).map(String::as_str).collect();
    let free = |taken: &[&str], ranked: &[&str]| {
        let all = ranked.iter().copied().chain(names.iter().map(String::as_str));
        all.into_iter().find(|name| !name.is_empty() && !taken.contains(name)).map(str::to_owned)
    };
    let (first, second, marked) = (guess.text.as_str(), guess.pair.as_deref().unwrap_or(""), guess.label.as_str());
    let text = columns.text.clone().or_else(|| match columns.label {
        // What is guessed to be the label stays that, unless another column was named for it.
        None => free(&[&taken[..], &[marked]].concat(), &[first, second]),
        Some(_) => free(&taken, &[first, second, marked]),
    });
    let text = text.unwrap_or_else(|| first.to_owned());
    let label = columns.label.clone().or_else(|| {
        // Empty where the task needs none.
        let needed = !marked.is_empty();
        needed.then(|| free(&[&taken[..], &[text.as_str()]].concat(), &[marked, first, second])).flatten()
    });
    let label = label.unwrap_or_else(|| marked.to_owned());
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
