//! How a search ended, in one sentence or two, and the figures of several seeds. Pure.

use serde_json::{Map, Value};

use super::plan::SearchPlan;
use super::trial::{SearchReport, TrialDone, TrialState};
use crate::eval::words::{self, Form};
use crate::recipe::Field;

/// The table of runs with what it says as a whole.
pub fn report(plan: SearchPlan, mut runs: Vec<TrialDone>, best: usize) -> SearchReport {
    for (place, run) in runs.iter_mut().enumerate() {
        run.best = place == best;
    }
    let (mut mean, mut standard_deviation) = (None, None);
    if matches!(plan, SearchPlan::Seeds { .. }) {
        (mean, standard_deviation) = spread(&runs.iter().filter_map(|run| run.score).collect::<Vec<_>>());
    }
    SearchReport { plan, runs, mean, standard_deviation }
}

/// Mean and standard deviation of a sample, where there are enough values for them.
fn spread(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    ((!values.is_empty()).then_some(mean), (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()))
}

/// Whether the user stopped it before all of its `total` runs were made.
pub fn cut_short(report: &SearchReport, total: usize) -> bool {
    report.runs.len() < total || report.runs.iter().any(|run| run.state == TrialState::Stopped)
}

/// What came out: the best run, for seeds the mean and the spread, and how many ended before their time. `total` runs were
/// to be made; `kept` says what the best run kept and reached.
pub fn sentence(report: &SearchReport, total: usize, kept: &str) -> String {
    let made = report.runs.len();
    let of = if cut_short(report, total) { format!("Stopped in run {made} of {total}. ") } else { String::new() };
    let Some(best) = report.runs.iter().find(|run| run.best) else { return format!("{of}{kept}") };
    let which = match &report.plan {
        SearchPlan::Seeds { .. } => format!("{} The best, {}, is kept.", across(report), changed(&best.changes)),
        _ => format!("The best of {} is run {}, with {}.", runs(made), best.trial, changed(&best.changes)),
    };
    let count = |state| report.runs.iter().filter(|run| run.state == state).count();
    let behind = match count(TrialState::StoppedEarly) {
        0 => String::new(),
        behind => format!(" {} behind and stopped early.", one_or_more(behind, "fell")),
    };
    let failed = match count(TrialState::Failed) {
        0 => String::new(),
        failed => format!(" {} not be made.", one_or_more(failed, "could")),
    };
    format!("{of}{which} {kept}{behind}{failed}")
}

fn runs(count: usize) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}

fn one_or_more(count: usize, verb: &str) -> String {
    format!("{} {verb}", runs(count))
}

/// The mean over the seeds and how far they differ.
fn across(report: &SearchReport) -> String {
    let scored = report.runs.iter().filter(|run| run.score.is_some()).count();
    let metric = report.runs.iter().find_map(|run| run.metric).and_then(words::describe);
    match (metric, report.mean, report.standard_deviation) {
        (Some(metric), Some(mean), Some(deviation)) => {
            let deviation = match metric.form {
                Form::Percent => format!("{:.1} points", deviation * 100.0),
                Form::Number => format!("{deviation:.3}"),
            };
            let mean = metric.show(mean);
            format!(
                "Over {scored} seeds, {} is {mean} on average, with a standard deviation of {deviation}.",
                metric.words
            )
        }
        _ => format!("{} with different seeds.", runs(report.runs.len())),
    }
}

/// What a run changed, as words: "learning rate 1e-4 and dropout 0.1".
pub fn changed(changes: &Map<String, Value>) -> String {
    let said: Vec<String> = changes.iter().map(|(name, value)| format!("{} {}", label(name), show(value))).collect();
    match said.split_last() {
        None => "the recipe as it is".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// A field's words inside a sentence; one that begins with a letter by itself or a name stays as it is.
fn label(name: &str) -> String {
    let label = Field::named(name).map_or(name, |field| field.label);
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), &label[first.len_utf8()..])
        }
        _ => label.to_owned(),
    }
}

/// A value as one types it: small numbers in powers of ten.
fn show(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Null => "as the data needs".to_owned(),
        Value::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
        other => match other.as_f64() {
            Some(number) if number != 0.0 && number.abs() < 1e-3 => format!("{number:e}"),
            Some(number) if !other.is_u64() => number.to_string(),
            _ => other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(trial: usize, state: TrialState, score: Option<f64>) -> TrialDone {
        let changes = Map::from_iter([("seed".to_owned(), json!(trial + 6))]);
        let (metric, mistake) = (Some("accuracy"), None);
        TrialDone { trial, changes, state, metric, score, best_epoch: 1, seconds: 1.0, best: true, mistake }
    }

    #[test]
    fn seeds_end_with_mean_and_standard_deviation() {
        let runs = [0.9, 0.8, 0.7].iter().enumerate();
        let runs = runs.map(|(place, score)| run(place + 1, TrialState::Completed, Some(*score))).collect();
        let report = report(SearchPlan::Seeds { runs: 3 }, runs, 0);
        assert!((report.mean.expect("a mean") - 0.8).abs() < 1e-12);
        assert!((report.standard_deviation.expect("a deviation") - 0.1).abs() < 1e-12);
        assert_eq!(report.runs.iter().map(|run| run.best).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(
            sentence(&report, 3, "Finished."),
            "Over 3 seeds, accuracy is 80.0 % on average, with a standard deviation of 10.0 points. The best, seed 7, is kept. \
             Finished."
        );
        assert_eq!(spread(&[0.5]), (Some(0.5), None));
        assert_eq!(spread(&[]), (None, None));
    }

    #[test]
    fn a_search_names_the_best_run_and_counts_the_others() {
        use TrialState::{Completed, Failed, StoppedEarly};
        let mut runs = vec![run(1, Completed, Some(0.5)), run(2, StoppedEarly, Some(0.1)), run(3, Failed, None)];
        runs[0].changes =
            json!({"learning_rate": 1e-4, "dropout": 0.1, "schedule": "cosine"}).as_object().expect("one").clone();
        let plan = SearchPlan::Grid { fields: Vec::new(), stop_losers: true };
        let report = report(plan, runs, 0);
        assert_eq!(
            sentence(&report, 4, "Done."),
            "Stopped in run 3 of 4. The best of 3 runs is run 1, with learning rate 1e-4, dropout 0.1 and schedule cosine. \
             Done. 1 run fell behind and stopped early. 1 run could not be made."
        );
    }

    #[test]
    fn values_read_as_they_are_typed() {
        let said = |value| changed(json!({"inverse_regularization": value}).as_object().expect("an object"));
        assert_eq!(said(json!(10.0)), "C, inverse regularisation 10");
        assert_eq!(said(json!(0.0)), "C, inverse regularisation 0");
        let changes = json!({"keep_best": false, "max_length": null, "lora_rank": 8});
        let said = changed(changes.as_object().expect("an object"));
        assert_eq!(said, "keep the best epoch off, maximum length as the data needs and adapter rank 8");
        assert_eq!(changed(&Map::new()), "the recipe as it is");
    }
}
