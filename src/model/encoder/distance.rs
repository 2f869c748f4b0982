//! Distances between tokens, in buckets that widen with the distance.

use burn::nn::Embedding;
use burn::tensor::{Int, Tensor, TensorData};

/// Distance from which MPNet has one bucket for all.
pub(crate) const MPNET_LONGEST: f64 = 128.0;

/// MPNet's learned bias per distance, with that of padding: table `[R, A]`, padding `[B, T]` → `[B, A, T, T]`
/// (`MPNetEncoder.compute_position_bias`).
pub fn bias(table: &Embedding, tokens: usize, padding: &Tensor<2>) -> Tensor<4> {
    let [buckets, heads] = table.weight.lazy_shape().dims();
    let places: Vec<i32> = pairs(tokens).map(|(query, key)| t5_bucket(key - query, buckets as i64) as i32).collect();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [tokens * tokens]), &padding.device());
    let bias: Tensor<4> =
        table.weight.val().select(0, places).reshape([1, tokens, tokens, heads]).permute([0, 3, 1, 2]);
    bias + padding.clone().unsqueeze_dim::<3>(1).unsqueeze_dim::<4>(1)
}

/// DeBERTa's rows of the table of distances for each pair of tokens, `[1, T, T]`, from 0 to 2·span − 1, for contents
/// that look at positions and, transposed, for positions that look at contents.
pub fn rows(tokens: usize, buckets: usize, longest: usize, sign: i64) -> Vec<i32> {
    pairs(tokens).map(|(query, key)| row(query - key, buckets, longest, sign) as i32).collect()
}

/// DeBERTa's row for one distance, that of a query from a key.
pub(crate) fn row(distance: i64, buckets: usize, longest: usize, sign: i64) -> i64 {
    let span = if buckets > 0 { buckets } else { longest } as i64;
    let bucket = match buckets {
        0 => distance,
        _ => log_bucket(distance, buckets as i64, longest as i64),
    };
    (sign * bucket + span).clamp(0, 2 * span - 1)
}

/// All pairs of a query's and a key's place.
fn pairs(tokens: usize) -> impl Iterator<Item = (i64, i64)> {
    let tokens = tokens as i64;
    (0..tokens).flat_map(move |query| (0..tokens).map(move |key| (query, key)))
}

/// T5's buckets (Raffel et al. 2019), half of them for each direction, half of those for single distances.
pub(crate) fn t5_bucket(distance: i64, buckets: i64) -> i64 {
    let half = buckets / 2;
    let offset = if distance > 0 { half } else { 0 };
    let (distance, exact) = (distance.abs(), half / 2);
    if distance < exact {
        return offset + distance;
    }
    let share = (distance as f32 / exact as f32).ln() / ((MPNET_LONGEST / exact as f64).ln() as f32);
    offset + (exact + (share * (half - exact) as f32) as i64).min(half - 1)
}

/// `make_log_bucket_position`: single distances up to half of the buckets, wider ones beyond.
fn log_bucket(distance: i64, buckets: i64, longest: i64) -> i64 {
    let middle = buckets / 2;
    if distance.abs() <= middle {
        return distance;
    }
    let (far, middle_f) = (distance.abs() as f32, middle as f32);
    let share = (far / middle_f).ln() / ((longest - 1) as f32 / middle_f).ln();
    distance.signum() * ((share * (middle - 1) as f32).ceil() as i64 + middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_distances_have_buckets_of_their_own() {
        assert_eq!([0, -1, -7, 1, 7].map(|distance| t5_bucket(distance, 32)), [0, 1, 7, 17, 23]);
        assert_eq!([-8, -500, 8, 500].map(|distance| t5_bucket(distance, 32)), [8, 15, 24, 31]);
        assert_eq!([0, 1, -128, 128].map(|distance| log_bucket(distance, 256, 512)), [0, 1, -128, 128]);
        assert_eq!([511, -511].map(|distance| log_bucket(distance, 256, 512)), [255, -255]);
    }

    #[test]
    fn from_the_longest_distance_on_all_are_alike() {
        let longest = MPNET_LONGEST as i64;
        for far in longest..3 * longest {
            assert_eq!([t5_bucket(far, 32), t5_bucket(-far, 32)], [t5_bucket(longest, 32), t5_bucket(-longest, 32)]);
        }
        for (buckets, longest) in [(256, 512), (8, 40), (8, 8), (2, 3), (0, 40)] {
            let end = longest as i64;
            for (far, sign) in (end..3 * end).flat_map(|far| [(far, 1), (far, -1)]) {
                let rows = |far: i64| [far, -far].map(|far| row(far, buckets, longest, sign));
                assert_eq!(rows(far), rows(end), "{far} of {longest} in {buckets} buckets");
            }
        }
    }

    #[test]
    fn rows_lie_within_the_table() {
        for (tokens, buckets, longest) in [(40, 8, 16), (9, 0, 4)] {
            let span = if buckets > 0 { buckets } else { longest } as i32;
            for sign in [1, -1] {
                let rows = rows(tokens, buckets, longest, sign);
                assert_eq!(rows.len(), tokens * tokens);
                assert!(rows.iter().all(|row| (0..2 * span).contains(row)));
                assert_eq!(rows[0], span, "a token's distance from itself");
            }
        }
    }
}
