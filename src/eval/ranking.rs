//! Texts as vectors: how often the right one of many candidates is the most similar.

use super::counts::{mean, quotient};

/// Cosine of two vectors, from −1 to 1, in 64 bits; 0 where one of them is zero throughout
/// (`sklearn.metrics.pairwise.cosine_similarity`), NaN where a value is.
///
/// # Panics
///
/// The lengths differ.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "values of both vectors");
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let lengths = dot(a, a).sqrt() * dot(b, b).sqrt();
    if lengths == 0.0 { 0.0 } else { (dot(a, b) / lengths).clamp(-1.0, 1.0) }
}

/// Where the right candidates came in, query by query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retrieval {
    ranks: Vec<usize>,
}

impl Retrieval {
    /// Adds one query: its similarity to each of the candidates, and which of these is the right one.
    ///
    /// Ties are taken pessimistically: of equally similar candidates the right one comes last, so that a model that
    /// finds all texts alike is not praised. NaN is as bad as it can be.
    ///
    /// # Panics
    ///
    /// `right` is not below the number of candidates.
    pub fn add(&mut self, similarities: &[f64], right: usize) {
        let own = similarities[right];
        // Asked this way around, NaN on either side counts as ahead.
        let behind = similarities.iter().filter(|&&other| other < own).count();
        self.ranks.push(similarities.len() - behind);
    }

    /// Counts queries by a matrix of similarities, rows queries, columns candidates: the right candidate of row i is
    /// column i.
    ///
    /// # Panics
    ///
    /// A row is shorter than the number of rows.
    pub fn of_matrix(similarities: &[Vec<f64>]) -> Self {
        let mut retrieval = Self::default();
        for (right, row) in similarities.iter().enumerate() {
            retrieval.add(row, right);
        }
        retrieval
    }

    /// Rank of the right candidate for each query, from 1.
    pub fn ranks(&self) -> &[usize] {
        &self.ranks
    }

    /// Share of queries whose right candidate is among the first k; 0 without queries.
    pub fn accuracy_at(&self, k: usize) -> f64 {
        quotient(self.ranks.iter().filter(|&&rank| rank <= k).count() as u64, self.ranks.len() as u64)
    }

    /// Mean of `1 / rank`; 0 without queries.
    pub fn mean_reciprocal_rank(&self) -> f64 {
        mean(self.ranks.iter().map(|&rank| 1.0 / rank as f64))
    }
}
