//! What the epochs of a run say together: when to stop, when it overfits, how it ended. Pure functions.

use crate::eval::{Metrics, Report, words};
use crate::session::event::{EpochEvent, Reason};

/// Rise of the validation loss over its lowest value from which overfitting is spoken of: 2 %, above the noise of
/// an epoch.
const RISE: f64 = 1.02;

/// Whether the last `patience` epochs brought no improvement; 0 never runs out.
pub fn out_of_patience(epochs: &[EpochEvent], patience: usize) -> bool {
    let since_best = epochs.iter().rev().take_while(|epoch| !epoch.best).count();
    patience > 0 && since_best >= patience
}

/// A sentence when validation loss has risen while training loss fell: at the epoch where that begins.
pub fn overfitting(before: &[EpochEvent], now: &EpochEvent) -> Option<String> {
    let last = before.last()?;
    let loss = |epoch: &EpochEvent| epoch.validation.as_ref().map(|metrics| metrics.loss);
    let lowest = before
        .iter()
        .filter(|epoch| loss(epoch).is_some_and(f64::is_finite))
        .min_by(|a, b| loss(a).unwrap_or(f64::INFINITY).total_cmp(&loss(b).unwrap_or(f64::INFINITY)))?;
    let (low, current) = (loss(lowest)?, loss(now)?);
    // Falling over all of the time that is spoken of, not just in the last epoch.
    let falls = now.train_loss < last.train_loss && now.train_loss < lowest.train_loss;
    let begins = current > low * RISE && falls;
    let said = before.iter().any(|epoch| epoch.note.is_some());
    (begins && !said).then(|| {
        format!(
            "It starts to overfit: since epoch {} the validation loss has risen from {} to {} while the \
             training loss keeps falling. Fewer epochs, more data or more dropout would help.",
            lowest.epoch,
            words::figure(low, 3),
            words::figure(current, 3)
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
    fn overfitting_is_said_once_and_only_when_training_loss_still_falls() {
        let mut before = vec![epoch(1, 1.0, 0.9, true), epoch(2, 0.7, 0.8, true)];
        assert_eq!(overfitting(&before, &epoch(3, 0.5, 0.81, false)), None, "within the noise");
        assert_eq!(overfitting(&before, &epoch(3, 0.8, 0.95, false)), None, "training loss rises, too");
        let mut third = epoch(3, 0.5, 0.95, false);
        third.note = overfitting(&before, &third);
        assert!(third.note.as_ref().is_some_and(|note| note.contains("since epoch 2")), "{:?}", third.note);
        before.push(third);
        assert_eq!(overfitting(&before, &epoch(4, 0.3, 1.2, false)), None, "said before");
    }

    #[test]
    fn patience_counts_epochs_since_the_best() {
        let epochs = [epoch(1, 1.0, 1.0, true), epoch(2, 0.9, 1.1, false), epoch(3, 0.8, 1.2, false)];
        assert!(!out_of_patience(&epochs, 0));
        assert!(out_of_patience(&epochs, 2));
        assert!(!out_of_patience(&epochs, 3));
        assert!(!out_of_patience(&epochs[..1], 1));
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
