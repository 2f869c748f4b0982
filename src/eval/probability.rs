//! Logits → probabilities and cross-entropy, in 64 bits so that sums over many rows stay exact.

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

fn log_sum_exp(logits: &[f32]) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let largest = f64::from(largest);
    largest + logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum::<f64>().ln()
}
