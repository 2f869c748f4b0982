//! Right, predicted and true counts of a class, and the three scores that follow from them.

/// How often a class was right, predicted and true.
///
/// Scores mirror `sklearn.metrics` with `zero_division=0`: a quotient without denominator is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Times it was predicted and true.
    pub right: u64,
    /// Times it was predicted.
    pub predicted: u64,
    /// Times it was true.
    pub support: u64,
}

impl Counts {
    /// Share of right ones among those predicted.
    pub fn precision(&self) -> f64 {
        quotient(self.right, self.predicted)
    }

    /// Share of the true ones that were recognised.
    pub fn recall(&self) -> f64 {
        quotient(self.right, self.support)
    }

    /// Harmonic mean of precision and recall: `2·right / (support + predicted)`.
    pub fn f1(&self) -> f64 {
        quotient(2 * self.right, self.support + self.predicted)
    }

    /// Counts one answer about the class.
    pub(super) fn note(&mut self, truth: bool, prediction: bool) {
        self.right += u64::from(truth && prediction);
        self.predicted += u64::from(prediction);
        self.support += u64::from(truth);
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.right += more.right;
        self.predicted += more.predicted;
        self.support += more.support;
    }
}

impl<'a> std::iter::Sum<&'a Counts> for Counts {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += *one;
            sum
        })
    }
}

/// `part / whole`; 0 without a whole.
pub(super) fn quotient(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Plain mean; 0 of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}
