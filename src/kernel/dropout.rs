//! Dropout (Srivastava et al. 2014): on the CPU from counter-based random numbers, on a GPU from burn's own.

use std::cell::Cell;

use burn::tensor::{Distribution, Tensor, TensorData};

/// Draws the masks of one forward pass. On the CPU a mask is a pure function of the seed and of how many were drawn
/// before it, so that nothing outside can change it, and two sessions in one process cannot mix their draws.
#[derive(Debug, Clone)]
pub struct Dropout {
    share: f64,
    seed: u64,
    drawn: Cell<u64>,
    on_cpu: bool,
}

impl Dropout {
    /// Leaves everything as it is, as outside training.
    pub fn off() -> Self {
        Self::new(0.0, 0, true)
    }

    /// Zeroes a share of all values, 0 to below 1, and scales up the rest. On a GPU the device's generator draws,
    /// which has to be seeded beforehand.
    pub fn new(share: f64, seed: u64, on_cpu: bool) -> Self {
        Self { share, seed, drawn: Cell::new(0), on_cpu }
    }

    /// `x · mask / (1 − share)`
    pub fn apply<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        if self.share == 0.0 {
            return x;
        }
        let keep = 1.0 - self.share;
        if !self.on_cpu {
            let mask = x.random_like(Distribution::Bernoulli(keep));
            return x * mask * keep.recip();
        }
        let draw = self.drawn.replace(self.drawn.get() + 1);
        let mask = mask(x.shape().num_elements(), self.share, mix64(self.seed ^ mix64(draw)));
        let mask = Tensor::from_data(TensorData::new(mask, x.shape()), &x.device());
        x * mask
    }
}

/// `0` with probability `share`, else `1 / (1 − share)`.
fn mask(size: usize, share: f64, key: u64) -> Vec<f32> {
    let (low, high) = (key as u32, (key >> 32) as u32);
    let threshold = (share * 4_294_967_296.0) as u32;
    let scale = (1.0 - share).recip() as f32;
    // Two rounds, each with a half of the key; 32 bits wide, so that compilers put several into one vector.
    let value = |place: u32| if mix32(mix32(place ^ low).wrapping_add(high)) < threshold { 0.0 } else { scale };
    (0..size).map(|place| value(place as u32)).collect()
}

/// A bijection that spreads every bit over all others ("lowbias32", C. Wellons, hash-prospector, 2018).
fn mix32(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014) after one step of its counter.
pub fn mix64(x: u64) -> u64 {
    let mut mixed = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn the_share_is_kept_and_draws_are_unrelated() {
        const SIZE: usize = 1 << 20;
        for share in [0.1, 0.5, 0.9] {
            let (first, second) = (mask(SIZE, share, mix64(1)), mask(SIZE, share, mix64(2)));
            let dropped = |mask: &[f32]| mask.iter().filter(|&&value| value == 0.0).count() as f64;
            let spread = (SIZE as f64 * share * (1.0 - share)).sqrt();
            assert!((dropped(&first) - SIZE as f64 * share).abs() < 4.0 * spread, "{share}");
            // Two independent masks drop the same place with probability share²; so do neighbours within one.
            let both =
                |pairs: &mut dyn Iterator<Item = (&f32, &f32)>| pairs.filter(|(a, b)| **a + **b == 0.0).count() as f64;
            let expected = SIZE as f64 * share * share;
            let spread = (expected * (1.0 - share * share)).sqrt();
            assert!((both(&mut first.iter().zip(&second)) - expected).abs() < 5.0 * spread, "{share}");
            assert!((both(&mut first.iter().zip(&first[1..])) - expected).abs() < 5.0 * spread, "{share}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_masks_in_the_same_order() {
        let ones = || Tensor::<2>::ones([8, 16], &Device::flex());
        let run = |seed| {
            let dropout = Dropout::new(0.3, seed, true);
            [dropout.apply(ones()), dropout.apply(ones())].map(|masked| masked.into_data())
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let [first, second] = run(7);
        assert_ne!(first, second);
        assert_eq!(Dropout::off().apply(ones()).into_data(), ones().into_data());
    }
}
