//! What the epochs of a run say together: when to stop, when it overfits, how it ended. Pure functions.

use crate::eval::{Metrics, Report, words};
use crate::recipe::Metric;
use crate::session::event::{EpochEvent, Reason};

/// Rise of the validation loss over its lowest value from which overfitting is spoken of, and for how many epochs it has to
/// be that high: one of few validation rows says little.
const RISE: f64 = 1.02;
const EPOCHS: usize = 2;

/// Training loss over that of the first epoch from which on a run is said not to learn.
const HIGHER: f64 = 1.1;

/// The score that epochs and runs are compared by.
pub fn watched(metric: Metric, metrics: &Metrics) -> &'static str {
    let held = |name| metrics.scores.iter().any(|(held, _)| *held == name);
    match metric {
        Metric::Loss => "loss",
        Metric::MacroF1 if held("macro_f1") => "macro_f1",
        Metric::Main | Metric::MacroF1 => metrics.scores.first().map_or("loss", |(main, _)| main),
    }
}

/// Whether the last `patience` epochs did not improve on the score that is watched; 0 never runs out.
pub fn out_of_patience(epochs: &[EpochEvent], patience: usize, metric: Metric) -> bool {
    let mut best: Option<&Metrics> = None;
    let mut since = 0;
    for metrics in epochs.iter().map(|epoch| epoch.validation.as_ref()) {
        let improves = match (best, metrics) {
            (Some(best), Some(now)) => now.compare(best, watched(metric, now)).is_gt(),
            _ => true,
        };
        (best, since) = if improves { (metrics, 0) } else { (best, since + 1) };
    }
    patience > 0 && since >= patience
}

/// A sentence while the run overfits: validation loss has been above its lowest value for some epochs while training loss
/// fell, and no epoch since did better by the score that is watched.
pub fn overfitting(before: &[EpochEvent], now: &EpochEvent) -> Option<String> {
    let loss =
        |epoch: &EpochEvent| epoch.validation.as_ref().map(|metrics| metrics.loss).filter(|loss| loss.is_finite());
    let compare = |a: &&EpochEvent, b: &&EpochEvent| {
        loss(a).unwrap_or(f64::INFINITY).total_cmp(&loss(b).unwrap_or(f64::INFINITY))
    };
    let lowest = before.iter().filter(|epoch| loss(epoch).is_some()).min_by(compare)?;
    let (low, current) = (loss(lowest)?, loss(now)?);
    let since: Vec<&EpochEvent> = before.iter().filter(|epoch| epoch.epoch > lowest.epoch).chain([now]).collect();
    let above = since.iter().rev().take_while(|epoch| loss(epoch).is_some_and(|loss| loss > low * RISE)).count();
    // Falling over all of the time that is spoken of, not just in the last epoch.
    let falls =
        before.last().is_some_and(|last| now.train_loss < last.train_loss) && now.train_loss < lowest.train_loss;
    let [told, told_low] = [current, low].map(|loss| words::figure(loss, 3));
    (above >= EPOCHS && falls && since.iter().all(|epoch| !epoch.best) && told != told_low).then(|| {
        format!(
            "It overfits: since epoch {} the validation loss has risen from {told_low} to {told} while the training loss keeps \
             falling. Fewer epochs, more data or more dropout would help.",
            lowest.epoch
        )
    })
}

/// A sentence while the training loss is higher than in the first epoch: what is learnt is being lost.
pub fn rising(before: &[EpochEvent], now: &EpochEvent) -> Option<String> {
    let first = before.first()?.train_loss;
    let [told, told_first] = [now.train_loss, first].map(|loss| words::figure(loss, 3));
    (now.train_loss > first * HIGHER && told != told_first).then(|| {
        format!(
            "It does not learn: the training loss is {told} and was {told_first} in the first epoch. A lower learning rate would help."
        )
    })
}

/// How a run of so many epochs ended.
pub fn why(reason: Reason, epochs: usize) -> String {
    match reason {
        Reason::Completed => format!("Finished after {}.", counted(epochs)),
        Reason::EarlyStopping => {
            format!("Ended early after {}, since the watched metric no longer improved.", counted(epochs))
        }
        Reason::Stopped => "Stopped.".to_owned(),
    }
}

/// Which weights are kept, by their epoch or 0 for those that were reached, and how good they are.
pub fn kept(epoch: usize, report: Option<&Report>, keep_best: bool) -> String {
    let which = match epoch {
        0 => " The weights reached so far are kept.".to_owned(),
        _ if report.is_none() || !keep_best => format!(" The weights of epoch {epoch} are kept."),
        _ => format!(" The weights of epoch {epoch} are kept: it did best on the validation rows."),
    };
    let reached = report.map_or_else(String::new, |report| reached(&report.metrics));
    format!("{which}{reached}")
}

/// How the fit of a head on encoded texts ended.
pub fn fitted(reason: Reason, iterations: usize, report: Option<&Report>) -> String {
    let why = match reason {
        Reason::Stopped => "Stopped.".to_owned(),
        Reason::Completed | Reason::EarlyStopping => {
            format!("The head was fitted in {iterations} iterations; the encoder is as it was.")
        }
    };
    format!("{why}{}", report.map_or_else(String::new, |report| reached(&report.metrics)))
}

/// How a run over pairs, and the fit of a head after it, ended.
pub fn contrasted(reason: Reason, steps: usize, report: Option<&Report>) -> String {
    let why = match reason {
        Reason::Stopped => format!("Stopped after {steps} steps on pairs."),
        Reason::Completed | Reason::EarlyStopping => {
            format!("The encoder learnt from pairs in {steps} steps, and a head was fitted to its vectors.")
        }
    };
    format!("{why}{}", report.map_or_else(String::new, |report| reached(&report.metrics)))
}

/// The two scores that say most, as a sentence of its own: " Accuracy 95.0 %, macro-F1 0.948."
fn reached(metrics: &Metrics) -> String {
    let said = |(name, value): &(&str, f64)| {
        let score = words::describe(name).filter(|_| !value.is_nan())?;
        Some(format!("{} {}", score.words, score.show(*value)))
    };
    let scores = metrics.scores.iter().take(2).filter_map(said).collect::<Vec<_>>().join(", ");
    let mut letters = scores.chars();
    letters.next().map_or_else(String::new, |first| format!(" {}{}.", first.to_uppercase(), letters.as_str()))
}

fn counted(epochs: usize) -> String {
    if epochs == 1 { "1 epoch".to_owned() } else { format!("{epochs} epochs") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: usize, train_loss: f64, loss: f64, best: bool) -> EpochEvent {
        let validation = Some(Metrics { loss, scores: vec![("accuracy", 0.5), ("macro_f1", 0.5)] });
        EpochEvent { epoch, step: epoch, train_loss, validation, best, seconds: 0.0, note: None }
    }

    #[test]
    fn overfitting_is_said_as_long_as_it_lasts_and_only_when_training_loss_still_falls() {
        let two = vec![epoch(1, 1.0, 0.9, true), epoch(2, 0.7, 0.8, true)];
        let three = |loss| [two.clone(), vec![epoch(3, 0.5, loss, false)]].concat();
        assert_eq!(overfitting(&two, &epoch(3, 0.5, 0.95, false)), None, "one epoch says little");
        let said = overfitting(&three(0.95), &epoch(4, 0.3, 1.2, false)).unwrap_or_default();
        assert!(said.contains("since epoch 2") && said.contains("from 0.800 to 1.200"), "{said}");
        assert_eq!(overfitting(&three(0.81), &epoch(4, 0.3, 0.81, false)), None, "within the noise");
        assert_eq!(overfitting(&three(0.95), &epoch(4, 0.8, 1.2, false)), None, "training loss rises, too");
        assert_eq!(overfitting(&three(0.95), &epoch(4, 0.3, 1.2, true)), None, "it is the best one");
        assert_eq!(overfitting(&three(0.95), &epoch(4, 0.3, 0.7, true)), None, "it fell below");
        let tiny = [epoch(1, 1.0, 0.00701, true), epoch(2, 0.7, 0.00731, false)];
        assert_eq!(overfitting(&tiny, &epoch(3, 0.5, 0.00744, false)), None, "the figures look the same");
        let back = [three(0.95), vec![epoch(4, 0.3, 0.7, false), epoch(5, 0.2, 0.9, false)]].concat();
        assert!(overfitting(&back, &epoch(6, 0.1, 0.9, false)).is_some_and(|said| said.contains("since epoch 4")));
    }

    #[test]
    fn a_run_whose_training_loss_rises_is_said_not_to_learn() {
        let first = [epoch(1, 1.0, 0.9, true)];
        let said = rising(&first, &epoch(2, 4.0, 3.0, false)).unwrap_or_default();
        assert!(said.contains("is 4.000 and was 1.000") && said.contains("lower learning rate"), "{said}");
        assert_eq!(rising(&first, &epoch(2, 1.05, 0.9, false)), None, "within the noise");
        assert_eq!(rising(&[], &epoch(1, 9.0, 9.0, true)), None, "nothing to compare with");
    }

    #[test]
    fn patience_counts_epochs_since_the_watched_score_improved() {
        // Among equal scores a lower loss is kept, but is not waited for.
        let epochs = [epoch(1, 1.0, 1.0, true), epoch(2, 0.9, 0.9, true), epoch(3, 0.8, 0.8, true)];
        let out = |epochs: &[EpochEvent], patience| out_of_patience(epochs, patience, Metric::Main);
        assert!(!out(&epochs, 0) && out(&epochs, 2) && !out(&epochs, 3) && !out(&epochs[..1], 1));
        assert!(!out_of_patience(&epochs, 1, Metric::Loss), "the loss still falls");
    }

    #[test]
    fn the_end_names_the_two_scores_that_say_most() {
        let said = |scores: &[(&'static str, f64)]| reached(&Metrics { loss: 0.1, scores: scores.to_vec() });
        assert_eq!(said(&[("accuracy", 0.9504), ("macro_f1", 0.94849)]), " Accuracy 95.0 %, macro-F1 0.948.");
        assert_eq!(said(&[("spearman", f64::NAN), ("pearson", 0.5), ("mse", 1.0)]), " Pearson correlation 0.500.");
        assert_eq!(said(&[("perplexity", 12.25)]), " Perplexity 12.250.");
        assert_eq!(said(&[]), "");
    }
}
