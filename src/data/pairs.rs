//! Rows with labels → pairs of rows that are alike or not, for an encoder to learn from few labels (Tunstall et al. 2022,
//! "Efficient Few-Shot Learning Without Prompts").

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Truth;

/// The stream of the seed that pairs are drawn from: far from those of the split and of the epochs.
const STREAM: u64 = 1 << 40;

/// Two rows, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// One row.
    pub first: usize,
    /// Another row.
    pub second: usize,
    /// Whether they have the same label, or of several labels one in common.
    pub alike: bool,
}

/// For each row `each` rows that are like it and `each` that are not, in random order; a row that has none of a sort goes
/// without. The same seed gives the same pairs.
pub fn draw_pairs(truths: &[Truth], each: usize, seed: u64) -> Vec<Pair> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    let mut pairs = Vec::with_capacity(2 * each * truths.len());
    for rows in same(truths) {
        let (like, unlike): (Vec<usize>, Vec<usize>) =
            (0..truths.len()).partition(|&row| alike(&truths[rows[0]], &truths[row]));
        for first in rows {
            // Whether a row is like itself depends on its labels: one without any is like none.
            let own = like.binary_search(&first).ok();
            for _ in 0..each {
                let others = like.len() - usize::from(own.is_some());
                if others > 0 {
                    let drawn = random.random_range(0..others);
                    let second = like[drawn + usize::from(own.is_some_and(|own| drawn >= own))];
                    pairs.push(Pair { first, second, alike: true });
                }
                let second = unlike.get(random.random_range(0..unlike.len().max(1))).copied();
                let second = second.filter(|&second| second != first);
                pairs.extend(second.map(|second| Pair { first, second, alike: false }));
            }
        }
    }
    pairs.shuffle(&mut random);
    pairs
}

/// The rows of each distinct truth, in the order in which these come up.
fn same(truths: &[Truth]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut by_labels = std::collections::HashMap::new();
    for (row, truth) in truths.iter().enumerate() {
        let group = *by_labels.entry(labels(truth)).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(row);
    }
    groups
}

/// The labels of a row; none where it has no label.
fn labels(truth: &Truth) -> Vec<usize> {
    match truth {
        Truth::Class(class) => vec![*class],
        Truth::Labels(labels) => (0..labels.len()).filter(|&label| labels[label] > 0.5).collect(),
        _ => Vec::new(),
    }
}

fn alike(a: &Truth, b: &Truth) -> bool {
    match (a, b) {
        (Truth::Class(a), Truth::Class(b)) => a == b,
        (Truth::Labels(a), Truth::Labels(b)) => a.iter().zip(b).any(|(&a, &b)| a > 0.5 && b > 0.5),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(classes: &[usize]) -> Vec<Truth> {
        classes.iter().map(|&class| Truth::Class(class)).collect()
    }

    #[test]
    fn every_row_meets_as_many_of_its_own_as_of_others() {
        let truths = classes(&[0, 1, 0, 2, 1, 0, 2]);
        let pairs = draw_pairs(&truths, 5, 7);
        assert_eq!(pairs.len(), 7 * 2 * 5);
        for row in 0..7 {
            let own = |alike| pairs.iter().filter(|pair| pair.first == row && pair.alike == alike).count();
            assert_eq!((own(true), own(false)), (5, 5), "row {row}");
        }
        for pair in &pairs {
            assert_ne!(pair.first, pair.second);
            assert_eq!(truths[pair.first] == truths[pair.second], pair.alike, "{pair:?}");
        }
        let met: std::collections::HashSet<usize> =
            pairs.iter().filter(|pair| pair.first == 0 && pair.alike).map(|pair| pair.second).collect();
        assert!(met.len() == 2, "both others of its class come up: {met:?}");
    }

    #[test]
    fn the_seed_settles_them() {
        let truths = classes(&[0, 1, 0, 1, 0, 1]);
        assert_eq!(draw_pairs(&truths, 3, 1), draw_pairs(&truths, 3, 1));
        assert_ne!(draw_pairs(&truths, 3, 1), draw_pairs(&truths, 3, 2));
    }

    #[test]
    fn rows_without_a_partner_go_without() {
        let pairs = draw_pairs(&classes(&[0, 1, 1]), 2, 0);
        assert_eq!(pairs.iter().filter(|pair| pair.first == 0 && pair.alike).count(), 0);
        assert!(draw_pairs(&classes(&[0, 0]), 2, 0).iter().all(|pair| pair.alike));
        assert!(draw_pairs(&classes(&[0]), 2, 0).is_empty());
        assert!(draw_pairs(&[], 2, 0).is_empty());
    }

    #[test]
    fn of_several_labels_one_in_common_is_enough() {
        let truths =
            [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0; 3]].map(|labels| Truth::Labels(labels.to_vec()));
        for Pair { first, second, alike } in draw_pairs(&truths, 8, 3) {
            let right = matches!((first, second), (0, 1) | (1, 0) | (1, 2) | (2, 1));
            assert_eq!(alike, right, "{first} and {second}");
            assert_ne!(first, second);
        }
    }
}
