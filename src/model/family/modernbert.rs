//! ModernBERT (Warner et al. 2024): rotary positions, most layers looking only at a token's neighbourhood, gated
//! feed-forward, LayerNorm before each sublayer, and hardly a bias (`models/modernbert` in transformers).

use serde_json::Value;

use super::{Details, Family, HeadDense, HeadShape, Pooling, Positions};
use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader, mistake};

/// What only ModernBERT has.
#[derive(Debug, Clone, PartialEq)]
pub struct Modern {
    /// Per layer: whether it looks at the whole text.
    pub global: Vec<bool>,
    /// Tokens to each side that the other layers look at.
    pub reach: usize,
    /// Rotary positions of the layers that look at the whole text.
    pub global_rotary: Rotary,
    /// Rotary positions of the others.
    pub local_rotary: Rotary,
    /// Whether LayerNorm, attention and feed-forward layers have biases.
    pub biases: Biases,
}

/// The base of rotary positions' wavelengths, θ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rotary {
    /// θ
    pub theta: f64,
}

impl Rotary {
    /// The angle of a pair of a head's D values at a place.
    pub fn angle(self, place: usize, pair: usize, width: usize) -> f32 {
        // In f32, as the reference: at thousands of tokens the difference shows.
        place as f32 * (1.0 / (self.theta as f32).powf((2 * pair) as f32 / width as f32))
    }
}

/// Which layers have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // They are the names of the layers.
pub struct Biases {
    pub norm: bool,
    pub attention: bool,
    pub feed_forward: bool,
}

pub(super) fn read(family: &'static Family, read: &Reader) -> Result<EncoderConfig> {
    let hidden_size = read.size("hidden_size", 8_192)?;
    let num_hidden_layers = read.size("num_hidden_layers", 128)?;
    let biases = Biases {
        norm: read.flag("norm_bias", false)?,
        attention: read.flag("attention_bias", false)?,
        feed_forward: read.flag("mlp_bias", false)?,
    };
    let dense = HeadDense {
        activation: read.activation("classifier_activation", Activation::Gelu)?,
        bias: read.flag("classifier_bias", false)?,
        norm: Some(biases.norm),
    };
    let pooling = match read.word("classifier_pooling") {
        None | Some("cls") => Pooling::First,
        Some("mean") => Pooling::Mean,
        Some(_) => return Err(mistake("classifier_pooling must be \u{201c}cls\u{201d} or \u{201c}mean\u{201d}.")),
    };
    Ok(EncoderConfig {
        family,
        vocab_size: read.size("vocab_size", 1_048_576)?,
        hidden_size,
        embedding_size: hidden_size,
        num_hidden_layers,
        num_attention_heads: read.size("num_attention_heads", 256)?,
        intermediate_size: read.size("intermediate_size", 65_536)?,
        max_position_embeddings: read.size("max_position_embeddings", 65_536)?,
        type_vocab_size: 0,
        pad_token_id: read.id("pad_token_id", 50_283)?,
        positions: Positions::None,
        layer_norm_eps: read.number("norm_eps", 1e-5)?,
        initializer_range: read.number("initializer_range", 0.02)?,
        activation: read.activation("hidden_activation", Activation::Gelu)?,
        drops: [true, true],
        head: HeadShape { pooling, dense: Some(dense), drops_first: false },
        details: Details::Modern(Modern {
            global: global(read, num_hidden_layers)?,
            reach: read.size_or("local_attention", 65_536, 128)? / 2,
            global_rotary: rotary(read, "full_attention", "global_rope_theta", 160_000.0)?,
            local_rotary: rotary(read, "sliding_attention", "local_rope_theta", 10_000.0)?,
            biases,
        }),
        labels: read.labels()?,
        source: read.source.clone(),
    })
}

/// Which layers look at the whole text: listed in newer files, every n-th in older ones.
fn global(read: &Reader, layers: usize) -> Result<Vec<bool>> {
    let listed = read.words("layer_types");
    if listed.is_empty() {
        let every = read.size_or("global_attn_every_n_layers", 128, 3)?;
        return Ok((0..layers).map(|layer| layer % every == 0).collect());
    }
    let known = |kind: &String| match kind.as_str() {
        "full_attention" => Some(true),
        "sliding_attention" => Some(false),
        _ => None,
    };
    let kinds: Option<Vec<bool>> = listed.iter().map(known).collect();
    kinds
        .filter(|kinds| kinds.len() == layers)
        .ok_or_else(|| mistake("layer_types must name full_attention or sliding_attention for each of the layers."))
}

/// θ from `rope_parameters` of newer files, or from a field of older ones.
fn rotary(read: &Reader, kind: &str, old: &str, default: f64) -> Result<Rotary> {
    let parameters = read.source.get("rope_parameters").and_then(|all| all.get(kind));
    if let Some(word) = parameters.and_then(|rope| rope.get("rope_type")).and_then(Value::as_str)
        && word != "default"
    {
        return Err(mistake(format!(
            "rope_type must be \u{201c}default\u{201d}; it is \u{201c}{}\u{201d}.",
            read.shown(word)
        )));
    }
    let new = parameters.and_then(|rope| rope.get("rope_theta"));
    let theta = match new.or_else(|| read.source.get(old)) {
        None | Some(Value::Null) => default,
        Some(value) => value.as_f64().unwrap_or(f64::NAN),
    };
    if !(1.0..=1e12).contains(&theta) {
        return Err(mistake(format!("{old} must be a number from 1 to 1e12.")));
    }
    Ok(Rotary { theta })
}
