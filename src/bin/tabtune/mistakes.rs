//! `tabtune eval --mistakes`: the rows that a model is wrong about, those first that it is surest of.

use serde_json::json;
use tabtune::data::Mapping;
use tabtune::eval::words;
use tabtune::{Miss, Prediction, Result, Right, RightMark, Session, Task};

use crate::output::{self, print_line};
use crate::printing::{Teller, line};

/// Rows that are looked at between two words about how far it is.
const ROWS: usize = 256;
/// Characters that are printed of what the data says, and of what the model says with its text.
const LONGEST: usize = 120;

/// Looks for them in the open table and prints at most so many.
///
/// # Errors
///
/// A table, a task or a device that does not allow it.
pub async fn print(session: &Session, mapping: &Mapping, most: usize, told: &Teller) -> Result<()> {
    let mut search = session.misses_of(session.table()?, mapping, most)?;
    let total = search.total();
    let mut left = total;
    // Whoever has seen enough does not wait for them.
    while left > 0 && output::is_read() {
        left = session.search_misses(&mut search, ROWS).await?;
        told.live(&format!("looking for mistakes, {} of {total}", total - left));
    }
    told.live("");
    let misses = search.finish();
    if told.json {
        misses.found.iter().for_each(|miss| print_line!("{}", json!(miss)));
        return Ok(());
    }
    match (misses.wrong, session.predicts()?) {
        (0, _) => print_line!("It is right about all {total} rows."),
        (_, Task::Regression) => print_line!("It is farthest off with:"),
        (wrong, _) => print_line!("It is wrong about {wrong} of {total} rows, and surest of:"),
    }
    misses.found.iter().for_each(|miss| print_line!("  {}", sentence(miss)));
    Ok(())
}

/// A row on one line: where it stands, what the data says, and what the model says.
fn sentence(miss: &Miss) -> String {
    let (right, said) = (shown(&right(&miss.right, &miss.said)), shown(&line(&miss.said)));
    format!("line {}  right is {right}  said {said}", miss.line)
}

/// The start of a text of the table, on one line and without what would steer a terminal.
fn shown(text: &str) -> String {
    let mut letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let start: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() { start + "…" } else { start }
}

fn right(right: &Right, said: &Prediction) -> String {
    let or_none = |parts: Vec<String>| if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    match (right, said) {
        (Right::Label(label), _) => label.clone(),
        (Right::Labels(labels), _) => or_none(labels.clone()),
        (Right::Score(score), _) => words::figure(*score, 4),
        (Right::Entities(marks), Prediction::Tokens { text, .. }) => {
            let words = |mark: &RightMark| -> String {
                text.chars().take(mark.end as usize).skip(mark.start as usize).collect()
            };
            or_none(marks.iter().map(|mark| format!("{} ({})", words(mark), mark.label)).collect())
        }
        (Right::Entities(_), _) => String::new(),
        (Right::Answers(answers), _) => or_none(answers.clone()),
    }
}
