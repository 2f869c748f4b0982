//! Every knob of a training run, with its default, range, unit and explanation; validated in one place.
//!
//! [`FIELDS`] is the single table that the page draws its form from, the terminal program its help, and
//! [`Recipe::check`] its limits.

mod change;
mod field;
mod fields;

pub use field::{Field, FieldKind};
pub use fields::{FIELDS, MAX_SEED};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How the learning rate moves after warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Straight down to zero at the last step (`get_linear_schedule_with_warmup` in transformers).
    #[default]
    Linear,
    /// Half a cosine down to zero (`get_cosine_schedule_with_warmup`).
    Cosine,
    /// Stays at the peak (`get_constant_schedule_with_warmup`).
    Constant,
}

/// How much each class counts in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// Every example counts the same.
    #[default]
    None,
    /// `n / (K · n_k)`, as scikit-learn's `class_weight="balanced"`: rare classes count more.
    Balanced,
}

/// What is watched on the validation rows to pick the best epoch and to stop early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The task's main score: accuracy for classes, F1 for several labels, entities and answers, rank correlation for
    /// numbers, perplexity for hidden words.
    #[default]
    #[serde(alias = "accuracy")]
    Main,
    /// Mean of the classes' F1, where the task has one; else the main score.
    MacroF1,
    /// Mean loss; lower is better.
    Loss,
}

/// What of a model is trained, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All of it, but for the layers that are frozen.
    #[default]
    Full,
    /// Thin adapters beside frozen weights, and the head (Hu et al. 2021).
    Lora,
    /// The head alone, on texts that are encoded once.
    Frozen,
    /// The head alone first, then all of the model from there (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained
    /// Features").
    Probe,
    /// The encoder on pairs of rows that have the same label or not, then the head (Tunstall et al. 2022, "Efficient
    /// Few-Shot Learning Without Prompts").
    Contrastive,
}

/// How the hidden states of a text become the vector that a head is fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextVector {
    /// As the model's own files say, else as is usual for its family.
    #[default]
    Auto,
    /// The mean over all tokens.
    Mean,
    /// The state of the first token, `[CLS]`.
    First,
}

/// Which dense layers get an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoraTargets {
    /// Those that give queries and values, as PEFT does where nothing else is said.
    #[default]
    Attention,
    /// All of the encoder.
    All,
}

/// The loss over the vectors of texts that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContrastiveLoss {
    /// Cosine where pairs have scores, else ranking.
    #[default]
    Auto,
    /// Each text is to find its own partner among those of the whole batch.
    Ranking,
    /// The cosine of two texts is to be their score.
    Cosine,
    /// Each text is to be nearer to its partner than to one that means something else.
    Triplet,
}

/// Every knob of a run. Field names are those of the JSON that the page and the terminal exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// What of the model is trained, and how.
    pub method: Method,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Examples per forward and backward pass.
    pub batch_size: usize,
    /// Peak learning rate of AdamW.
    pub learning_rate: f64,
    /// Share of all steps over which the learning rate rises from zero.
    pub warmup_ratio: f64,
    /// Shape of the learning rate after warm-up.
    pub schedule: Schedule,
    /// Decoupled weight decay; biases and LayerNorm weights get none.
    pub weight_decay: f64,
    /// Largest global norm of the gradient; 0 turns clipping off.
    pub max_grad_norm: f64,
    /// Share of activations dropped during training, in the encoder and before the head.
    pub dropout: f64,
    /// Share of the target probability spread evenly over all classes.
    pub label_smoothing: f64,
    /// Weights of the classes in the loss.
    pub class_weights: ClassWeights,
    /// Longest text in tokens, the two special tokens included; `None` means 128, of questions and
    /// contexts 384.
    pub max_length: Option<usize>,
    /// Batches whose gradients are added up before one step of the optimiser.
    pub accumulation: usize,
    /// Compute layers once more in the backward pass rather than keep what they computed.
    pub gradient_checkpointing: bool,
    /// Multiply in half precision while training, on GPUs that can.
    pub half_precision: bool,
    /// Seed of the new head's weights, the order of the rows and dropout.
    pub seed: u64,
    /// Epochs without improvement after which the run ends; 0 never ends it early.
    pub patience: usize,
    /// What decides which epoch is the best.
    pub metric: Metric,
    /// Go back to the best epoch's weights at the end.
    pub keep_best: bool,
    /// Lowest layers that are left as they are, the embeddings with them; 0 freezes nothing.
    pub frozen_layers: usize,
    /// Leave the embeddings as they are.
    pub frozen_embeddings: bool,
    /// What the learning rate is multiplied by per layer below the head.
    pub layer_decay: f64,
    /// Top layers that are drawn anew before training.
    pub reinit_layers: usize,
    /// Rank of the adapters, r.
    pub lora_rank: usize,
    /// Scale of the adapters, α: their change is multiplied by α / r.
    pub lora_alpha: f64,
    /// Share of what goes into an adapter that is dropped during training.
    pub lora_dropout: f64,
    /// Layers that get an adapter.
    pub lora_targets: LoraTargets,
    /// How a text becomes the vector that a head is fitted to.
    pub text_vector: TextVector,
    /// For each row so many pairs with rows of its label, and as many with rows of other labels.
    pub pairs_per_row: usize,
    /// How little weights of a head on encoded texts are held back: C of scikit-learn's logistic regression.
    pub inverse_regularization: f64,
    /// The loss over vectors of texts, of the task embedding.
    pub contrastive_loss: ContrastiveLoss,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            method: Method::Full,
            epochs: 3,
            batch_size: 16,
            learning_rate: 5e-5,
            warmup_ratio: 0.1,
            schedule: Schedule::Linear,
            weight_decay: 0.01,
            max_grad_norm: 1.0,
            dropout: 0.1,
            label_smoothing: 0.0,
            class_weights: ClassWeights::None,
            max_length: None,
            accumulation: 1,
            gradient_checkpointing: false,
            half_precision: false,
            seed: 0,
            patience: 0,
            metric: Metric::Main,
            keep_best: true,
            frozen_layers: 0,
            frozen_embeddings: false,
            layer_decay: 1.0,
            reinit_layers: 0,
            lora_rank: 8,
            lora_alpha: 16.0,
            lora_dropout: 0.0,
            lora_targets: LoraTargets::Attention,
            text_vector: TextVector::Auto,
            pairs_per_row: 10,
            inverse_regularization: 1.0,
            contrastive_loss: ContrastiveLoss::Auto,
        }
    }
}

impl Recipe {
    /// Checks every field against its range.
    ///
    /// # Errors
    ///
    /// The first field outside its range, with what is allowed.
    pub fn check(&self) -> Result<()> {
        self.mistakes().into_iter().next().map_or(Ok(()), Err)
    }

    /// Every field that is outside its range, each with what is allowed.
    pub fn mistakes(&self) -> Vec<Error> {
        let value = |name: &str| match name {
            "epochs" => Some(self.epochs as f64),
            "batch_size" => Some(self.batch_size as f64),
            "learning_rate" => Some(self.learning_rate),
            "max_length" => self.max_length.map(|length| length as f64),
            "warmup_ratio" => Some(self.warmup_ratio),
            "weight_decay" => Some(self.weight_decay),
            "max_grad_norm" => Some(self.max_grad_norm),
            "dropout" => Some(self.dropout),
            "label_smoothing" => Some(self.label_smoothing),
            "accumulation" => Some(self.accumulation as f64),
            "patience" => Some(self.patience as f64),
            "seed" => Some(self.seed as f64),
            "frozen_layers" => Some(self.frozen_layers as f64),
            "layer_decay" => Some(self.layer_decay),
            "reinit_layers" => Some(self.reinit_layers as f64),
            "lora_rank" => Some(self.lora_rank as f64),
            "lora_alpha" => Some(self.lora_alpha),
            "lora_dropout" => Some(self.lora_dropout),
            "pairs_per_row" => Some(self.pairs_per_row as f64),
            "inverse_regularization" => Some(self.inverse_regularization),
            _ => None,
        };
        let mut mistakes: Vec<Error> = FIELDS
            .iter()
            .filter_map(|field| {
                let (min, max) = match field.kind {
                    FieldKind::Integer { min, max, .. } | FieldKind::Number { min, max } => (min, max),
                    FieldKind::Choice { .. } | FieldKind::Switch => return None,
                };
                let value = value(field.name)?;
                (!(min..=max).contains(&value)).then(|| out_of_range(field, min, max, value))
            })
            .collect();
        if self.learning_rate == 0.0 {
            mistakes.push(Error::recipe("learning_rate", "Learning rate must be above 0; 5e-5 is a good start."));
        }
        mistakes
    }
}

fn out_of_range(field: &Field, min: f64, max: f64, value: f64) -> Error {
    let unit = if field.unit.is_empty() { String::new() } else { format!(" {}", field.unit) };
    Error::recipe(field.name, format!("{} must be from {min} to {max}{unit}; it is {value}.", field.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_range_and_every_field_is_described() {
        assert_eq!(Recipe::default().mistakes(), []);
        let json = serde_json::to_value(Recipe::default()).expect("a recipe serialises");
        let mut named: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let mut held: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
        named.sort_unstable();
        held.sort_unstable();
        assert_eq!(named, held);
    }

    #[test]
    fn every_bad_value_names_its_field_and_what_is_allowed() {
        let bad = Recipe { epochs: 0, dropout: 1.5, learning_rate: f64::NAN, max_length: Some(1), ..Recipe::default() };
        let fields: Vec<String> = bad
            .mistakes()
            .into_iter()
            .map(|mistake| match mistake {
                Error::Recipe { field, message } => {
                    assert!(message.contains("must be from"), "{message}");
                    field
                }
                other => panic!("not a mistake of the recipe: {other}"),
            })
            .collect();
        assert_eq!(fields, ["epochs", "learning_rate", "max_length", "dropout"]);
    }
}
