//! The model's parameters on their way into a file, in 32, 16 or 8 bits.

use std::collections::HashMap;

use half::f16;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Parameter, on_the_device};
use crate::device;
use crate::error::{Error, Result};
use crate::model::Model;

/// Largest file that protobuf's readers take, in bytes.
const MAX_FILE: u64 = i32::MAX as u64;
/// What graph and names take beside the weights, in bytes, and more than that.
const AROUND: u64 = 16 << 20;

/// How a file holds the weights. Whatever it holds, sums are taken in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// As they are.
    F32,
    /// Matrices in 16 bits, made 32 bits wide again when the file is opened: half the size, and it runs wherever the first
    /// does, since no operator sees them narrow.
    F16,
    /// The table of words and all dense layers but the last in 8 bits, multiplied as whole numbers.
    Int8,
}

impl Precision {
    /// Every precision by the word that names it.
    pub const ALL: &[(&'static str, Self)] = &[("f32", Self::F32), ("f16", Self::F16), ("int8", Self::Int8)];

    /// The file's name, as transformers.js looks for it.
    pub fn file(self) -> &'static str {
        match self {
            Self::F32 => "onnx/model.onnx",
            Self::F16 => "onnx/model_fp16.onnx",
            Self::Int8 => "onnx/model_quantized.onnx",
        }
    }

    /// What transformers.js calls it (`dtype`).
    pub fn dtype(self) -> &'static str {
        match self {
            Self::F32 => "fp32",
            Self::F16 => "fp16",
            Self::Int8 => "q8",
        }
    }

    /// The precision of a parameter in a file of this one.
    pub(super) fn of(self, path: &str, sides: usize) -> Self {
        match self {
            Self::F16 if sides == 2 => Self::F16,
            Self::Int8 if path == WORDS || is_dense(path) => Self::Int8,
            _ => Self::F32,
        }
    }

    /// Bytes of a parameter in this precision.
    fn bytes(self, shape: &[usize]) -> u64 {
        let values: u64 = shape.iter().map(|&side| side as u64).product();
        match self {
            Self::F32 => 4 * values,
            Self::F16 => 2 * values,
            Self::Int8 => values + 4 * shape.iter().map(|&side| side as u64).max().unwrap_or(0),
        }
    }
}

/// The table of words.
pub(super) const WORDS: &str = "encoder.embeddings.word.weight";

/// Whether a parameter is the weight of a dense layer that may be narrow: the last one, which is small and decides, is not,
/// nor are tables that are looked up and hold little.
fn is_dense(path: &str) -> bool {
    let table = ["embeddings.position", "embeddings.token_type", "encoder.relative", "encoder.distances"];
    path.ends_with(".weight") && path != "head.output.weight" && !table.iter().any(|name| path.contains(name))
}

/// A parameter in host memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weight {
    /// Sides, in the model's layout: a dense layer has `[I, O]`.
    pub shape: Vec<usize>,
    /// Row after row.
    pub values: Vec<f32>,
}

/// The model's parameters by path, `encoder.layers.0.query.weight` for one.
#[derive(Debug, Default)]
pub(super) struct Weights(HashMap<String, Weight>);

impl Weights {
    /// Reads all of them.
    ///
    /// # Errors
    ///
    /// More than a file of this precision can hold, or a device that fails while it is read.
    ///
    /// # Panics
    ///
    /// If the model has adapters: [`Model::merged`] folds them in.
    pub async fn read(model: &Model, precision: Precision, beside: u64) -> Result<Self> {
        let parameters = on_the_device(model);
        let shapes = parameters.iter().map(|Parameter { path, shape, .. }| (path.as_str(), shape.as_slice()));
        fits(shapes, precision, beside)?;
        let mut weights = HashMap::with_capacity(parameters.len());
        for Parameter { path, shape, flat } in parameters {
            assert!(!path.contains(".lora."), "an adapter that is not folded in: {path}");
            let values = device::read(flat).await?;
            weights.insert(path, Weight { shape, values });
        }
        Ok(Self(weights))
    }

    /// Whether there is a parameter of this path that was not taken yet.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Takes a parameter out, so that it is not in memory twice.
    pub fn take(&mut self, path: &str) -> Weight {
        self.0.remove(path).unwrap_or_else(|| panic!("the model has a parameter {path}"))
    }
}

/// Refuses what no file can hold, before memory is taken for it.
fn fits<'a>(shapes: impl Iterator<Item = (&'a str, &'a [usize])>, precision: Precision, beside: u64) -> Result<()> {
    let weights: u64 = shapes.map(|(path, shape)| precision.of(path, shape.len()).bytes(shape)).sum();
    let all = weights.saturating_add(beside).saturating_add(AROUND);
    if all <= MAX_FILE {
        return Ok(());
    }
    let remedy = match precision {
        Precision::F32 => "Choose 16-bit or 8-bit weights, or a smaller model.",
        Precision::F16 => "Choose 8-bit weights, or a smaller model.",
        Precision::Int8 => "Choose a smaller model.",
    };
    Err(Error::model(
        precision.file(),
        format!("it would take {:.1} GB, and an ONNX file holds at most 2 GB. {remedy}", all as f64 / 1e9),
    ))
}

/// As 16-bit numbers; `None` if one of them is too large for that.
pub(super) fn halves(values: &[f32]) -> Option<Vec<u8>> {
    let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
    halves.iter().all(|half| half.is_finite()).then(|| halves.iter().flat_map(|half| half.to_le_bytes()).collect())
}

/// Numbers in 8 bits: `scale · (byte − 128)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bytes {
    /// Laid out as the numbers were.
    pub bytes: Vec<u8>,
    /// One for each row or column.
    pub scales: Vec<f32>,
}

/// The byte that stands for 0. Bytes without a sign are multiplied exactly by every processor; those with one are added
/// in 16 bits by some, which is too few.
pub(super) const ZERO: u8 = 128;
/// The farthest that a byte lies from it, to either side.
const FARTHEST: f32 = 127.0;

impl Bytes {
    /// A matrix whose rows each have a scale of their own.
    pub fn by_row(values: &[f32], columns: usize) -> Self {
        let rows = values.chunks(columns.max(1));
        let scales: Vec<f32> = rows.clone().map(|row| scale(row.iter())).collect();
        let bytes = rows.zip(&scales).flat_map(|(row, &scale)| row.iter().map(move |&value| byte(value, scale)));
        Self { bytes: bytes.collect(), scales }
    }

    /// A matrix whose columns each have a scale of their own.
    pub fn by_column(values: &[f32], columns: usize) -> Self {
        let column = |at: usize| values.iter().skip(at).step_by(columns.max(1));
        let scales: Vec<f32> = (0..columns).map(|at| scale(column(at))).collect();
        let bytes = values.chunks(columns.max(1)).flat_map(|row| row.iter().zip(&scales));
        Self { bytes: bytes.map(|(&value, &scale)| byte(value, scale)).collect(), scales }
    }
}

/// The scale at which the farthest value from 0 is the farthest byte.
fn scale<'a>(values: impl Iterator<Item = &'a f32>) -> f32 {
    let farthest = values.fold(0.0, |far: f32, value| far.max(value.abs()));
    if farthest > 0.0 { farthest / FARTHEST } else { 1.0 }
}

fn byte(value: f32, scale: f32) -> u8 {
    ((value / scale).round() + f32::from(ZERO)).clamp(1.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_lie_within_half_a_scale() {
        let values: Vec<f32> =
            (0..60).map(|at| ((at * 37 % 60) as f32 - 30.0) * 0.013 * (1.0 + (at % 5) as f32)).collect();
        let by_row = Bytes::by_row(&values, 5);
        let by_column = Bytes::by_column(&values, 5);
        assert_eq!((by_row.scales.len(), by_column.scales.len()), (12, 5));
        for (at, &value) in values.iter().enumerate() {
            for (bytes, scale) in [(&by_row, by_row.scales[at / 5]), (&by_column, by_column.scales[at % 5])] {
                let back = scale * (f32::from(bytes.bytes[at]) - 128.0);
                assert!((back - value).abs() <= scale * 0.5001, "{back} for {value}");
            }
        }
    }

    #[test]
    fn zeros_and_empty_matrices_have_scales() {
        assert_eq!(Bytes::by_column(&[0.0; 6], 3), Bytes { bytes: vec![128; 6], scales: vec![1.0; 3] });
        assert_eq!(Bytes::by_row(&[], 0), Bytes { bytes: vec![], scales: vec![] });
    }

    #[test]
    fn what_is_too_large_for_16_bits_is_found() {
        assert_eq!(halves(&[1.0, -2.0]), Some(vec![0, 0x3c, 0, 0xc0]));
        assert_eq!(halves(&[1.0, 70_000.0]), None);
    }

    #[test]
    fn what_no_file_holds_is_refused_in_words() {
        let table = [1_048_576, 1_024];
        let shapes = || [(WORDS, &table[..])].into_iter();
        let said = fits(shapes(), Precision::F32, 0).expect_err("4 GB").to_string();
        assert_eq!(
            said,
            "onnx/model.onnx: it would take 4.3 GB, and an ONNX file holds at most 2 GB. Choose 16-bit or 8-bit weights, or a \
             smaller model."
        );
        assert!(fits(shapes(), Precision::F16, 0).expect_err("2.2 GB").to_string().contains("Choose 8-bit"));
        assert_eq!(fits(shapes(), Precision::Int8, 0), Ok(()));
        assert!(fits(shapes(), Precision::Int8, u64::MAX).is_err());
    }
}
