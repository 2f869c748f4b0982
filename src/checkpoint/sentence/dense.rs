//! The dense layer over sentence vectors: its settings and its weights.

use serde_json::Value;

use super::fields::{fits, flag, json, shown, size};
use crate::checkpoint::file::WeightsFile;
use crate::error::{Error, Result};
use crate::model::Activation;

/// A dense layer over sentence vectors, `[B, H]` → `[B, K]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseLayer {
    /// `[K, H]`, row-major.
    pub weight: Vec<f32>,
    /// `[K]`; zeros where the folder has none.
    pub bias: Vec<f32>,
    /// After it; `None` for the identity.
    pub activation: Option<Activation>,
    /// Whether what it gives is scaled to length 1.
    pub normalises: bool,
}

impl DenseLayer {
    /// Reads `config.json` and `model.safetensors`, each given with its path, over vectors of this width, H.
    pub(super) fn read(config: (String, &[u8]), weights: (String, &[u8]), hidden: usize) -> Result<Self> {
        let (path, bytes) = config;
        let config = json(&path, bytes)?;
        let number = |field: &str| size(&path, field, config.get(field).unwrap_or(&Value::Null));
        let (inputs, outputs) = (number("in_features")?, number("out_features")?);
        fits(&path, "in_features", inputs, hidden)?;
        for field in ["module_input_name", "module_output_name"] {
            if config.get(field).and_then(Value::as_str).is_some_and(|name| name != "sentence_embedding") {
                return Err(Error::model(path, format!("{field} should be \u{201c}sentence_embedding\u{201d}.")));
            }
        }
        if flag(&path, &config, "use_residual", false)? {
            return Err(Error::model(path, "use_residual is not supported. Choose a model without it."));
        }
        let activation = activation(&path, &config)?;
        let has_bias = flag(&path, &config, "bias", true)?;
        let (path, bytes) = weights;
        let in_its_file = |error: Error| match error {
            Error::Model { message, .. } => Error::model(&path, message),
            other => other,
        };
        let file = WeightsFile::open(&[bytes], str::to_owned).map_err(in_its_file)?;
        let read = |name: &str, shape: &[usize]| match file.shape(name) {
            Some(found) if found == shape => Ok(file.values(name)?.unwrap_or_default()),
            Some(found) => {
                let why = format!("its config.json asks for shape {shape:?}, {path} holds {found:?}.");
                Err(Error::tensor(name, format!("{why} The files do not belong together.")))
            }
            None => Err(Error::tensor(name, format!("it is missing from {path}. Download the file again."))),
        };
        let weight = read("linear.weight", &[outputs, inputs])?;
        let bias = if has_bias { read("linear.bias", &[outputs])? } else { vec![0.0; outputs] };
        Ok(Self { weight, bias, activation, normalises: false })
    }
}

/// An activation as PyTorch's module of it is called; tanh where the file names none, as the library has it.
fn activation(path: &str, config: &Value) -> Result<Option<Activation>> {
    let named = match config.get("activation_function") {
        None => return Ok(Some(Activation::Tanh)),
        Some(named) => named.as_str().unwrap_or("?"),
    };
    match named.strip_prefix("torch.nn.").and_then(|name| name.rsplit('.').next()) {
        Some("Identity") => Ok(None),
        Some("Tanh") => Ok(Some(Activation::Tanh)),
        Some("ReLU") => Ok(Some(Activation::Relu)),
        Some("GELU") => Ok(Some(Activation::Gelu)),
        Some("SiLU") => Ok(Some(Activation::Silu)),
        _ => {
            let why = "is not supported; Identity, Tanh, ReLU, GELU and SiLU of torch.nn are.";
            Err(Error::model(path, format!("activation_function \u{201c}{}\u{201d} {why}", shown(named))))
        }
    }
}
