//! What the program prints: events of a run, predictions, figures; JSON, or words.

use std::cell::Cell;
use std::io::IsTerminal;

use serde_json::{Value, json};
use tabtune::eval::{Metrics, words};
use tabtune::{Event, Marked, Mask, Prediction, TrialState};

use crate::arguments::Common;
use crate::output::{self, print_line, tell};
use crate::runs::changed;

/// A prediction as a line.
pub fn line(prediction: &Prediction) -> String {
    let marked = |parts: &[Marked], text: &str| {
        let part = |part: &Marked| {
            let length = part.end.saturating_sub(part.start) as usize;
            let words: String = text.chars().skip(part.start as usize).take(length).collect();
            format!("{words} ({} {:.3})", part.label, part.score)
        };
        parts.iter().map(part).collect::<Vec<_>>().join(", ")
    };
    match prediction {
        Prediction::Label { text, label, scores, .. } => {
            let score = scores.get(label).and_then(Value::as_f64).unwrap_or(0.0);
            format!("{label}  {score:.3}  {text}")
        }
        Prediction::Labels { text, labels, .. } => format!("{}  {text}", labels.join(", ")),
        Prediction::Score { text, score, .. } => format!("{}  {text}", words::figure(f64::from(*score), 4)),
        Prediction::Tokens { text, entities, .. } => format!("{}  {text}", marked(entities, text)),
        Prediction::Answer { question, answer, score, .. } => format!("{answer}  {score:.3}  {question}"),
        Prediction::Words { text, masks } => {
            let best = |mask: &Mask| mask.words.first().map_or_else(String::new, |word| word.word.clone());
            format!("{}  {text}", masks.iter().map(best).collect::<Vec<_>>().join(", "))
        }
        Prediction::Vector { text, vector } => format!("{} values  {text}", vector.len()),
    }
}

/// The scores on one line.
pub fn figures(metrics: &Metrics) -> String {
    let figure = |(name, value): &(&'static str, f64)| {
        format!("{} {}", words::describe(name).map_or(*name, |score| score.words), words::figure(*value, 4))
    };
    metrics.scores.iter().map(figure).collect::<Vec<_>>().join("  ")
}

/// Prints what happens: JSON on standard output, or words, with a line that moves where a terminal shows it.
pub struct Teller {
    pub json: bool,
    pub live: bool,
    /// Whether the run under way was said to overfit, which each epoch would say again.
    overfits: Cell<bool>,
}

impl Teller {
    /// One that tells as the options say.
    pub fn new(common: &Common) -> Self {
        Self { json: common.json, live: std::io::stderr().is_terminal(), overfits: Cell::new(false) }
    }

    pub fn note(&self, note: &str) {
        tell!("{note}");
    }

    pub fn event(&self, event: &Event) {
        if self.json {
            if !matches!(event, Event::Evaluate { .. } | Event::Encode { .. }) {
                print_line!("{}", json!(event));
            }
            return;
        }
        match event {
            Event::Step(step) => self.live(&format!(
                "step {} of {}  loss {}  {:.1} examples/s",
                step.step,
                step.total_steps,
                words::figure(step.loss, 4),
                step.examples as f64 / step.seconds.max(1e-9)
            )),
            Event::Encode { done, total } => self.live(&format!("encoding {done} of {total}")),
            Event::Evaluate { done, total } => self.live(&format!("validating {done} of {total}")),
            Event::Epoch(epoch) => {
                self.live("");
                let validation = epoch.validation.as_ref().map_or_else(String::new, |metrics| {
                    format!("  validation loss {}  {}", words::figure(metrics.loss, 4), figures(metrics))
                });
                let best = if epoch.best { "  best so far" } else { "" };
                let train = words::figure(epoch.train_loss, 4);
                print_line!("epoch {}  training loss {train}{validation}{best}", epoch.epoch);
                let said = self.overfits.replace(epoch.note.is_some());
                if let Some(note) = epoch.note.as_ref().filter(|_| !said) {
                    print_line!("{note}");
                }
            }
            Event::TrialStarted(run) => {
                self.live("");
                print_line!("run {} of {}: {}", run.trial, run.total, changed(&run.changes));
                // What is worth knowing is much the same for all runs.
                let notes = run.run.iter().flat_map(|run| &run.notes);
                notes.filter(|_| run.trial == 1).for_each(|note| self.note(note));
            }
            Event::TrialDone(run) => {
                self.live("");
                if let Some(mistake) = &run.mistake {
                    print_line!("{mistake}");
                } else if run.state == TrialState::StoppedEarly {
                    print_line!("stopped, since it falls behind the other runs");
                }
            }
            Event::Done(done) => {
                self.live("");
                print_line!("{} {:.1} s.", done.sentence, done.seconds);
            }
        }
    }

    /// Writes over the line that moves.
    pub fn live(&self, line: &str) {
        if self.live {
            output::say(format_args!("\r\x1b[2K{line}"));
        }
    }
}
