//! Logits → probabilities, cross-entropy and perplexity, in 64 bits so that sums over many rows stay exact.

use super::counts::mean;

/// Probabilities of the classes: `exp(x_k) / Σ exp(x_j)`, computed from `x − max x` so that nothing overflows.
///
/// NaN throughout where a logit is NaN or +∞.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let log_sum = log_sum_exp(logits);
    logits.iter().map(|&logit| (f64::from(logit) - log_sum).exp()).collect()
}

/// Cross-entropy of one row in nats: `log Σ exp(x_j) − x_target`.
///
/// # Panics
///
/// `target` is not below the number of logits.
pub fn cross_entropy(logits: &[f32], target: usize) -> f64 {
    log_sum_exp(logits) - f64::from(logits[target])
}

/// Probability of a label that stands on its own: `1 / (1 + exp(−x))`; NaN for NaN.
pub fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// Binary cross-entropy of one row in nats, the mean over its labels, as `torch.nn.BCEWithLogitsLoss` defines it;
/// `truth` names the labels that hold. 0 without labels.
///
/// # Panics
///
/// A label of `truth` is not below the number of logits.
pub fn binary_cross_entropy(logits: &[f32], truth: &[usize]) -> f64 {
    let mut holds = vec![false; logits.len()];
    for &label in truth {
        holds[label] = true;
    }
    mean(logits.iter().zip(holds).map(|(&logit, holds)| {
        let logit = f64::from(logit);
        // log(1 + exp(x)) − x·y, with the exponential of a negative number only.
        logit.max(0.0) - if holds { logit } else { 0.0 } + (-logit.abs()).exp().ln_1p()
    }))
}

/// How many words a masked language model hesitates between on average: `exp` of the mean cross-entropy in nats.
pub fn perplexity(mean_loss: f64) -> f64 {
    mean_loss.exp()
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let largest = f64::from(largest);
    largest + logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum::<f64>().ln()
}
