//! Token ids → padded batches, and which rows go into which batch so that little is padded.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Truth;
use crate::text::Encoding;

/// Batches that are sorted by length together: enough to pad little, few enough to keep the order random.
/// `group_by_length` in `transformers/trainer_pt_utils.py` uses the same 50.
const MEGABATCH: usize = 50;

/// Texts of one step, padded to one length, as the encoder takes them: B rows of T tokens, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Token ids, `[B, T]`.
    pub ids: Vec<i32>,
    /// 1 where a token is real, 0 where it is padding, `[B, T]`.
    pub mask: Vec<i32>,
    /// Token types, `[B, T]`; 0 where padded.
    pub types: Vec<i32>,
    /// What is right for each row, `[B]`; empty for texts to predict for.
    pub truths: Vec<Truth>,
    /// B: rows.
    pub batch: usize,
    /// How many texts belong to one example: 1, but 2 or 3 where texts are compared. The first texts of all examples come
    /// first, then all second ones; only the first have a truth.
    pub group: usize,
    /// T: tokens per row.
    pub tokens: usize,
    /// Tokens that are not padding, over all rows.
    pub real_tokens: usize,
}

impl Batch {
    /// Pads texts to the longest of them, rounded up to a multiple of `round_to` tokens but not beyond `longest`
    /// tokens, the model's limit. With `round_to` few different lengths occur, and a GPU prepares few shapes.
    ///
    /// # Panics
    ///
    /// There are truths, but not one per text; a text is longer than `longest`; or `round_to` is 0.
    pub fn pad(encodings: &[&Encoding], truths: &[Truth], pad_id: i32, round_to: usize, longest: usize) -> Self {
        assert!(truths.is_empty() || truths.len() == encodings.len(), "{} truths", truths.len());
        let lengths: Vec<usize> = encodings.iter().map(|encoding| encoding.ids.len()).collect();
        let needed = lengths.iter().copied().max().unwrap_or(0);
        assert!(needed <= longest, "a text of {needed} tokens where {longest} are allowed");
        let tokens = needed.next_multiple_of(round_to).min(longest);
        let size = encodings.len() * tokens;
        let mut batch = Self {
            ids: Vec::with_capacity(size),
            mask: Vec::with_capacity(size),
            types: Vec::with_capacity(size),
            truths: truths.to_vec(),
            batch: encodings.len(),
            group: 1,
            tokens,
            real_tokens: lengths.iter().sum(),
        };
        for (row, encoding) in encodings.iter().enumerate() {
            let end = (row + 1) * tokens;
            batch.ids.extend_from_slice(&encoding.ids);
            batch.ids.resize(end, pad_id);
            batch.types.extend_from_slice(&encoding.types);
            batch.types.resize(end, 0);
            batch.mask.resize(row * tokens + lengths[row], 1);
            batch.mask.resize(end, 0);
        }
        batch
    }

    /// Places of hidden tokens among all B · T.
    pub fn hidden_places(&self) -> Vec<i32> {
        let of_row = |(row, truth): (usize, &Truth)| match truth {
            Truth::Hidden(words) => words.iter().map(|(place, _)| (row * self.tokens + place) as i32).collect(),
            _ => Vec::new(),
        };
        self.truths.iter().enumerate().flat_map(of_row).collect()
    }
}

/// Which rows make up each batch of an epoch of training: every row once, in an order that `seed` and `epoch` settle.
///
/// Rows are shuffled, sorted by length within runs of 50 batches, cut into batches of `batch_size` (one may be
/// smaller), and the batches shuffled, so that neighbours in length share a batch and lengths come in random order.
///
/// # Panics
///
/// `batch_size` is 0.
pub fn plan(lengths: &[usize], batch_size: usize, seed: u64, epoch: u64) -> Vec<Vec<usize>> {
    assert!(batch_size > 0, "a batch needs at least one row");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Stream 0 draws the split; each epoch has a stream of its own.
    random.set_stream(epoch.wrapping_add(1));
    let mut rows: Vec<usize> = (0..lengths.len()).collect();
    rows.shuffle(&mut random);
    for run in rows.chunks_mut(batch_size.saturating_mul(MEGABATCH)) {
        run.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    }
    let mut batches: Vec<Vec<usize>> = rows.chunks(batch_size).map(<[usize]>::to_vec).collect();
    batches.shuffle(&mut random);
    batches
}

/// Which rows make up each batch of an evaluation: every row once, longest first, so that the least is padded and
/// memory peaks at the start.
///
/// # Panics
///
/// `batch_size` is 0.
pub fn plan_sorted(lengths: &[usize], batch_size: usize) -> Vec<Vec<usize>> {
    assert!(batch_size > 0, "a batch needs at least one row");
    let mut rows: Vec<usize> = (0..lengths.len()).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    rows.chunks(batch_size).map(<[usize]>::to_vec).collect()
}

/// Share of the tokens of a plan's batches that is padding, from 0 to 1; `round_to` and `longest` as in [`Batch::pad`].
///
/// # Panics
///
/// A row of the plan has no length, or `round_to` is 0.
pub fn padding_share(lengths: &[usize], plan: &[Vec<usize>], round_to: usize, longest: usize) -> f64 {
    let (mut real, mut all) = (0, 0);
    for batch in plan {
        let needed = batch.iter().map(|&row| lengths[row]).max().unwrap_or(0);
        real += batch.iter().map(|&row| lengths[row]).sum::<usize>();
        all += batch.len() * needed.next_multiple_of(round_to).min(longest);
    }
    if all == 0 { 0.0 } else { 1.0 - real as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    fn encoding(length: usize) -> Encoding {
        let ids: Vec<i32> = (1..=length as i32).collect();
        Encoding { types: vec![1; length], offsets: vec![(0, 0); length], ids, ..Encoding::default() }
    }

    #[test]
    fn a_batch_is_padded_to_its_longest_text() {
        let (short, long) = (encoding(2), encoding(5));
        let batch = Batch::pad(&[&short, &long], &[Truth::Class(1), Truth::None], 9, 4, 128);
        assert_eq!(batch.ids, [1, 2, 9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 9, 9, 9]);
        assert_eq!(batch.mask, [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]);
        assert_eq!(batch.types, batch.mask);
        assert_eq!((batch.batch, batch.tokens, batch.real_tokens), (2, 8, 7));
        assert_eq!(batch.truths, [Truth::Class(1), Truth::None]);
        assert_eq!(Batch::pad(&[&short, &long], &[], 9, 1, 128).tokens, 5);
        assert_eq!(Batch::pad(&[&short, &long], &[], 9, 4, 6).tokens, 6, "not beyond the model's limit");
        assert_eq!(Batch::pad(&[], &[], 0, 8, 128).batch, 0);
    }

    #[test]
    fn plans_hold_every_row_once_and_are_settled_by_seed_and_epoch() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for rows in [0, 1, 2, 15, 16, 17, 799, 800, 801, 3000] {
            for batch_size in [1, 3, 16, 1024] {
                let lengths: Vec<usize> = (0..rows).map(|_| random.random_range(3..200)).collect();
                for batches in [plan(&lengths, batch_size, 5, 2), plan_sorted(&lengths, batch_size)] {
                    let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
                    seen.sort_unstable();
                    assert!(seen.into_iter().eq(0..rows));
                    assert_eq!(batches.len(), rows.div_ceil(batch_size));
                    assert!(batches.iter().filter(|batch| batch.len() != batch_size).count() <= 1);
                }
                assert_eq!(plan(&lengths, batch_size, 5, 2), plan(&lengths, batch_size, 5, 2));
                if rows > 100 {
                    assert_ne!(plan(&lengths, batch_size, 5, 2), plan(&lengths, batch_size, 6, 2));
                    assert_ne!(plan(&lengths, batch_size, 5, 2), plan(&lengths, batch_size, 5, 3));
                }
            }
        }
    }

    #[test]
    fn neighbours_in_length_share_a_batch() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let lengths: Vec<usize> = (0..2000).map(|_| random.random_range(3..128)).collect();
        let in_order: Vec<Vec<usize>> = (0..2000).collect::<Vec<_>>().chunks(16).map(<[usize]>::to_vec).collect();
        let share = |batches: &[Vec<usize>]| padding_share(&lengths, batches, 8, 128);
        assert!(share(&in_order) > 0.4 && share(&plan(&lengths, 16, 0, 0)) < 0.08);
        assert!(share(&plan_sorted(&lengths, 16)) < share(&plan(&lengths, 16, 0, 0)));
        let sorted = plan_sorted(&lengths, 16);
        assert!(sorted.iter().flatten().map(|&row| lengths[row]).is_sorted_by(|a, b| a >= b));
        assert_eq!(padding_share(&[], &[], 8, 128), 0.0);
    }
}
