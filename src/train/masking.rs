//! Which tokens are hidden for masked-language training (Devlin et al. 2018), drawn anew each time a text is seen.

use rand::seq::index::sample;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::{Batch, Truth};
use crate::kernel::mix64;

/// Share of the tokens that are hidden, as in `DataCollatorForLanguageModeling` of transformers.
const SHARE: f64 = 0.15;
/// Of those, how many become the mask token; of the rest, half become any token and half stay as they are.
const MASKED: f64 = 0.8;

/// How tokens are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masking {
    /// Id of the mask token.
    pub mask: i32,
    /// Ids that may stand in for a hidden token are below this.
    pub vocabulary: i32,
    /// Ids that are never hidden.
    pub special: Vec<i32>,
}

impl Masking {
    /// Hides tokens of every row of a batch. The same seed hides the same.
    pub fn hide(&self, batch: &mut Batch, seed: u64) {
        let tokens = batch.tokens;
        batch.truths = (0..batch.batch)
            .map(|row| {
                let mut random = ChaCha8Rng::seed_from_u64(mix64(seed ^ mix64(row as u64)));
                Truth::Hidden(self.hide_row(
                    &mut batch.ids[row * tokens..(row + 1) * tokens],
                    &batch.mask[row * tokens..],
                    &mut random,
                ))
            })
            .collect();
    }

    /// Whether a text has a token that can be hidden: one of a script that the vocabulary does not know has none.
    pub fn can_hide(&self, ids: &[i32]) -> bool {
        ids.iter().any(|id| !self.special.contains(id))
    }

    /// Hides some tokens of a text, but at least one if there is one that is not special; returns their places and what
    /// they were.
    pub fn hide_row(&self, ids: &mut [i32], real: &[i32], random: &mut impl Rng) -> Vec<(usize, i32)> {
        let can = |&place: &usize| real[place] == 1 && !self.special.contains(&ids[place]);
        let candidates: Vec<usize> = (0..ids.len()).filter(can).collect();
        let mut places: Vec<usize> = candidates.iter().copied().filter(|_| random.random_bool(SHARE)).collect();
        if places.is_empty() && !candidates.is_empty() {
            places = sample(random, candidates.len(), 1).iter().map(|at| candidates[at]).collect();
        }
        places
            .into_iter()
            .map(|place| {
                let was = ids[place];
                if random.random_bool(MASKED) {
                    ids[place] = self.mask;
                } else if random.random_bool(0.5) {
                    ids[place] = random.random_range(0..self.vocabulary);
                }
                (place, was)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_told_and_special_tokens_stay() {
        let masking = Masking { mask: 4, vocabulary: 1000, special: vec![0, 1, 2, 3, 4] };
        let rows = 400;
        let text: Vec<i32> = (0..64)
            .map(|at| {
                if at == 0 {
                    2
                } else if at == 63 {
                    0
                } else {
                    10 + at
                }
            })
            .collect();
        let mut batch = Batch {
            ids: text.repeat(rows),
            mask: text.iter().map(|&id| i32::from(id != 0)).collect::<Vec<_>>().repeat(rows),
            batch: rows,
            tokens: 64,
            ..Batch::pad(&[], &[], 0, 1, 1)
        };
        let mut again = batch.clone();
        masking.hide(&mut batch, 7);
        masking.hide(&mut again, 7);
        assert_eq!(batch, again, "the same seed hides the same");
        let (mut hidden, mut masked, mut kept) = (0, 0, 0);
        for (row, truth) in batch.truths.iter().enumerate() {
            let Truth::Hidden(words) = truth else { panic!("hidden words") };
            assert!(!words.is_empty());
            for (place, was) in words {
                assert_eq!(*was, text[*place]);
                assert!(*place != 0 && *place != 63);
                let now = batch.ids[row * 64 + place];
                hidden += 1;
                masked += usize::from(now == 4);
                kept += usize::from(now == *was);
            }
        }
        let share = |part: usize, all: usize| part as f64 / all as f64;
        assert!((share(hidden, rows * 62) - 0.15).abs() < 0.01, "{hidden}");
        assert!((share(masked, hidden) - 0.8).abs() < 0.03, "{masked} of {hidden}");
        assert!((share(kept, hidden) - 0.1).abs() < 0.03, "{kept} of {hidden}");
    }

    #[test]
    fn a_short_text_has_one_hidden_token_and_an_empty_one_none() {
        let masking = Masking { mask: 4, vocabulary: 9, special: vec![1, 2] };
        let mut random = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..20 {
            assert_eq!(masking.hide_row(&mut [1, 7, 2], &[1, 1, 1], &mut random), [(1, 7)]);
            assert!(masking.hide_row(&mut [1, 2, 0], &[1, 1, 0], &mut random).is_empty());
        }
    }
}
