//! The table of a search's runs, the best one first.

use std::cmp::Ordering;

use serde_json::{Map, Value};
use tabtune::eval::words;
use tabtune::{Event, TrialDone, TrialState};

use crate::output::print_line;

/// Puts a run that is over into the table; one that was made again takes the place of itself.
pub fn note(runs: &mut Vec<TrialDone>, event: &Event) {
    let Event::TrialDone(run) = event else { return };
    match runs.iter_mut().find(|before| before.trial == run.trial) {
        Some(before) => before.clone_from(run),
        None => runs.push(TrialDone::clone(run)),
    }
}

/// Prints the table, if there was a search.
pub fn print(mut runs: Vec<TrialDone>) {
    // Each says whether it was the best when it was over: the last that was is the best of all.
    let best = runs.iter().rposition(|run| run.best);
    runs.iter_mut().enumerate().for_each(|(place, run)| run.best = Some(place) == best);
    let Some(metric) = runs.iter().find_map(|run| run.metric) else { return };
    let fields = fields(&runs);
    let title = words::describe(metric).map_or(metric, |score| score.words);
    let heads = ["run".to_owned()].into_iter().chain(fields.iter().map(|&name| name.to_owned()));
    let heads = heads.chain([title, "epoch", "seconds", ""].map(str::to_owned)).collect::<Vec<_>>();
    let mut table = vec![heads];
    table.extend(sorted(&runs, metric).into_iter().map(|run| cells(run, &fields)));
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
    for row in &table {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        print_line!("{}", cells.join("  ").trim_end());
    }
}

/// The best first, those without a score last; among equals the earlier one first.
fn sorted<'a>(runs: &'a [TrialDone], metric: &str) -> Vec<&'a TrialDone> {
    let mut sorted: Vec<&TrialDone> = runs.iter().collect();
    let sign = if words::higher_is_better(metric) { -1.0 } else { 1.0 };
    sorted.sort_by(|a, b| match (a.score, b.score) {
        (Some(a), Some(b)) => (sign * a).total_cmp(&(sign * b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    sorted
}

/// The fields that some run changed, in their order.
fn fields(runs: &[TrialDone]) -> Vec<&str> {
    let mut fields: Vec<&str> = Vec::new();
    for name in runs.iter().flat_map(|run| run.changes.keys()) {
        if !fields.contains(&name.as_str()) {
            fields.push(name);
        }
    }
    fields
}

fn cells(run: &TrialDone, fields: &[&str]) -> Vec<String> {
    let value = |name: &&str| run.changes.get(*name).map_or_else(|| "-".to_owned(), written);
    let state = match run.state {
        TrialState::StoppedEarly => "stopped early",
        TrialState::Stopped => "stopped",
        TrialState::Failed => run.mistake.as_deref().unwrap_or("failed"),
        TrialState::Completed if run.best => "best",
        TrialState::Completed => "",
    };
    let score = run.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.4}"));
    let rest = [score, run.best_epoch.to_string(), format!("{:.1}", run.seconds), state.to_owned()];
    [run.trial.to_string()].into_iter().chain(fields.iter().map(value)).chain(rest).collect()
}

/// What a run changes, on a line.
pub fn changed(changes: &Map<String, Value>) -> String {
    changes.iter().map(|(name, value)| format!("{name} {}", written(value))).collect::<Vec<_>>().join(", ")
}

/// A value as one types it.
fn written(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        other => match other.as_f64() {
            Some(number) if number != 0.0 && number.abs() < 1e-3 => format!("{number:e}"),
            Some(number) if !other.is_u64() => number.to_string(),
            _ => other.to_string(),
        },
    }
}
