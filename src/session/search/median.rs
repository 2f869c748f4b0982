//! The rule that stops losers: the median stopping rule of Google Vizier (Golovin et al. 2017, "Google Vizier: A Service
//! for Black-Box Optimization", section 3.2.2). Pure.
//!
//! A run is stopped after an epoch if its best score so far is strictly worse than the median of what the runs before it
//! scored on average up to that epoch. At least three of those must have come so far, and only runs of the same method are
//! compared, since their epochs are not alike. A run that was stopped itself counts for the epochs that it did.

/// Runs that must have come as far before any is stopped.
const ENOUGH: usize = 3;

/// Whether a run is to be stopped after as many epochs as it has scores; more is better in all of them, and a score that
/// is not defined is negative infinity.
pub fn is_loser(own: &[f64], others: &[&[f64]]) -> bool {
    let epochs = own.len();
    let mut means: Vec<f64> = others
        .iter()
        .filter(|scores| epochs > 0 && scores.len() >= epochs)
        .map(|scores| scores[..epochs].iter().sum::<f64>() / epochs as f64)
        .collect();
    let best = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    means.len() >= ENOUGH && best < median(&mut means)
}

/// The value in the middle; of an even number the mean of the two in the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[middle - 1] + values[middle]) / 2.0 } else { values[middle] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_so_far_is_compared_with_the_median_of_running_means() {
        // Means up to the second epoch: 0.5, 0.7, 0.6; the median is 0.6.
        let others: [&[f64]; 3] = [&[0.4, 0.6, 0.9], &[0.6, 0.8], &[0.5, 0.7, 0.1]];
        assert!(is_loser(&[0.2, 0.59], &others));
        assert!(is_loser(&[0.59, 0.2], &others), "the best so far, not the latest");
        assert!(!is_loser(&[0.2, 0.6], &others), "as good is not worse");
        assert!(!is_loser(&[0.61, 0.0], &others));
        // Up to the first epoch: 0.4, 0.6, 0.5.
        assert!(is_loser(&[0.49], &others) && !is_loser(&[0.5], &others));
        // Only two came to the third epoch.
        assert!(!is_loser(&[0.0, 0.0, 0.0], &others));
        assert!(!is_loser(&[], &others));
    }

    #[test]
    fn of_an_even_number_the_median_is_between_the_two_in_the_middle() {
        let others: [&[f64]; 4] = [&[0.1], &[0.9], &[0.4], &[0.6]];
        assert!(is_loser(&[0.49], &others) && !is_loser(&[0.5], &others));
    }

    #[test]
    fn scores_that_are_not_defined_are_the_worst() {
        let none = f64::NEG_INFINITY;
        let defined: [&[f64]; 3] = [&[0.1], &[0.2], &[none]];
        assert!(is_loser(&[none], &defined) && !is_loser(&[0.1], &defined));
        let undefined: [&[f64]; 4] = [&[none], &[none], &[none], &[0.5]];
        assert!(!is_loser(&[none], &undefined));
    }
}
