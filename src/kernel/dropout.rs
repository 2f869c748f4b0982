//! Dropout (Srivastava et al. 2014) from counter-based random numbers.
//!
//! A [`Mask`] is a rule, not an array: kernels draw it again in the backward pass rather than keep it, and every device
//! draws the same.

use std::cell::Cell;

use burn::tensor::Tensor;

use super::fused::masked;

/// Draws the masks of one forward pass. A mask is a pure function of the seed and of how many were drawn before it, so
/// that nothing outside can change it, and two sessions in one process cannot mix their draws.
#[derive(Debug, Clone)]
pub struct Dropout {
    share: f64,
    seed: u64,
    drawn: Cell<u64>,
}

impl Dropout {
    /// Leaves everything as it is, as outside training.
    pub fn off() -> Self {
        Self::new(0.0, 0)
    }

    /// Zeroes a share of all values, 0 to below 1, and scales up the rest.
    pub fn new(share: f64, seed: u64) -> Self {
        Self { share, seed, drawn: Cell::new(0) }
    }

    /// `x · mask / (1 − share)`
    pub fn apply<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        if self.share == 0.0 { x } else { self.mask().over(x) }
    }

    /// How many masks were drawn so far.
    pub fn drawn(&self) -> u64 {
        self.drawn.get()
    }

    /// Goes on as after so many masks, to draw some of them once more.
    pub fn go_to(&self, drawn: u64) {
        self.drawn.set(drawn);
    }

    /// The next mask.
    pub fn mask(&self) -> Mask {
        let draw = self.drawn.replace(self.drawn.get() + 1);
        Mask::new(self.share, mix64(self.seed ^ mix64(draw)))
    }
}

/// Which values of an array are dropped, decided for each by its place alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    low: u32,
    high: u32,
    /// A place is dropped if what it is mixed to lies below.
    threshold: u32,
    scale: f32,
}

impl Mask {
    /// Drops nothing.
    pub fn none() -> Self {
        Self::new(0.0, 0)
    }

    fn new(share: f64, key: u64) -> Self {
        Self {
            low: key as u32,
            high: (key >> 32) as u32,
            threshold: (share * 4_294_967_296.0) as u32,
            scale: (1.0 - share).recip() as f32,
        }
    }

    /// The rule as shaders take it: both halves of the key, the threshold, and the bits of the scale. Without a key where it
    /// would change nothing, so that the numbers are those of the step before and need not be handed over again.
    #[cfg(feature = "gpu")]
    pub(super) fn words(self) -> [u32; 4] {
        let Self { low, high, threshold, scale } = if self.drops() { self } else { Self::none() };
        [low, high, threshold, scale.to_bits()]
    }

    /// `x` without what is dropped, and the rest scaled up.
    pub fn over<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        if self.drops() { masked(x, self) } else { x }
    }

    /// Whether anything is dropped at all.
    pub fn drops(&self) -> bool {
        self.threshold > 0
    }

    /// Multiplies the values at `place`, `place` + 1, … of an array by 0 with probability `share`, else by
    /// `1 / (1 − share)`.
    #[inline(always)]
    pub fn apply(&self, place: usize, values: &mut [f32]) {
        if !self.drops() {
            return;
        }
        for (i, value) in values.iter_mut().enumerate() {
            // Two rounds, each with a half of the key; 32 bits wide, so that compilers put several into one vector.
            let mixed = mix32(mix32((place + i) as u32 ^ self.low).wrapping_add(self.high));
            *value *= if mixed < self.threshold { 0.0 } else { self.scale };
        }
    }
}

/// A bijection that spreads every bit over all others ("lowbias32", C. Wellons, hash-prospector, 2018).
#[inline(always)]
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
            let [first, second] = [1, 2].map(|key| {
                let mut mask = vec![1.0; SIZE];
                Mask::new(share, mix64(key)).apply(0, &mut mask);
                mask
            });
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
            let dropout = Dropout::new(0.3, seed);
            [dropout.apply(ones()), dropout.apply(ones())].map(|masked| masked.into_data())
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let [first, second] = run(7);
        assert_ne!(first, second);
        assert_eq!(Dropout::off().apply(ones()).into_data(), ones().into_data());
    }
}
