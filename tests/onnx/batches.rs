//! Batches of several sizes and lengths, padded and not.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tabtune::data::Batch;
use tabtune::model::EncoderConfig;

/// Lengths of the rows of each batch; 0 stands for the longest text that the encoder takes.
const LENGTHS: &[&[usize]] = &[&[5], &[3, 9, 1], &[0, 2], &[7, 7], &[12, 0, 20, 4, 1]];

/// The batches for an encoder: random words, and on the right of shorter rows padding.
pub fn batches(config: &EncoderConfig) -> Vec<Batch> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    LENGTHS.iter().map(|lengths| batch(config, lengths, &mut rng)).collect()
}

fn batch(config: &EncoderConfig, lengths: &[usize], rng: &mut ChaCha8Rng) -> Batch {
    let lengths: Vec<usize> =
        lengths.iter().map(|&length| if length == 0 { config.longest() } else { length }).collect();
    let tokens = lengths.iter().copied().max().unwrap_or(0);
    let (mut ids, mut mask, mut types) = (Vec::new(), Vec::new(), Vec::new());
    for length in &lengths {
        let second = rng.random_range(0..=*length);
        for place in 0..tokens {
            let real = place < *length;
            let word = rng.random_range(0..config.vocab_size);
            ids.push(if real { word } else { config.pad_token_id } as i32);
            mask.push(i32::from(real));
            types.push(i32::from(real && place >= second && config.type_vocab_size > 1));
        }
    }
    let real_tokens = lengths.iter().sum();
    Batch { ids, mask, types, truths: Vec::new(), batch: lengths.len(), group: 1, tokens, real_tokens }
}
