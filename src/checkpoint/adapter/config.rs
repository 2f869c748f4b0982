//! `adapter_config.json` as PEFT's `LoraConfig` reads and writes it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{dense_layers, is_meant, module};
use crate::checkpoint::names;
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, LoraPlan};
use crate::task::Task;

/// The file's name, for errors.
const FILE: &str = "adapter_config.json";
/// Largest file that is read, in bytes; the longest lists of layers take some kilobytes.
const MAX_BYTES: usize = 1 << 20;
/// Largest rank that is read.
const MAX_RANK: u64 = 65_536;
/// Variants of LoRA that compute something else, each with the values that leave it off beside null, false and empty.
const VARIANTS: [(&str, &[&str]); 15] = [
    ("use_dora", &[]),
    ("use_rslora", &[]),
    ("use_qalora", &[]),
    ("use_bdlora", &[]),
    ("fan_in_fan_out", &[]),
    ("lora_bias", &[]),
    ("bias", &["none"]),
    ("rank_pattern", &[]),
    ("alpha_pattern", &[]),
    ("layer_replication", &[]),
    ("target_parameters", &[]),
    ("trainable_token_indices", &[]),
    ("alora_invocation_tokens", &[]),
    ("arrow_config", &[]),
    ("kasa_config", &[]),
];
/// Ways to draw A and B that leave the base model's weights as they are; all that are not listed change them.
const INITIAL: [&str; 3] = ["gaussian", "eva", "orthogonal"];

/// What an adapter's file says that its tensors do not.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterConfig {
    /// The base model's name on the hub or its folder, if it is given.
    pub base: Option<String>,
    /// r
    pub rank: usize,
    /// α
    pub alpha: f64,
}

impl AdapterConfig {
    /// Reads an `adapter_config.json`.
    ///
    /// # Errors
    ///
    /// A file that is no JSON object, that describes something else than LoRA or a variant of it that computes
    /// otherwise (by name), or whose rank or α is not to be used.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(mistake("it is larger than 1 MiB, so it is not an adapter's configuration."));
        }
        let source: Value = serde_json::from_slice(bytes)
            .map_err(|error| mistake(format!("it is not valid JSON ({error}). Download it again.")))?;
        if source.get("peft_type").and_then(Value::as_str) != Some("LORA") {
            return Err(mistake("its peft_type is not LORA. Only LoRA adapters are supported."));
        }
        let is_off = |value: &Value, off: &[&str]| match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(word) => off.contains(&word.as_str()),
            Value::Array(list) => list.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        };
        for (field, off) in VARIANTS {
            if source.get(field).is_some_and(|value| !is_off(value, off)) {
                return Err(mistake(format!("{field} is set, a variant of LoRA that is not supported.")));
            }
        }
        if source.get("init_lora_weights").and_then(Value::as_str).is_some_and(|way| !INITIAL.contains(&way)) {
            let why = "init_lora_weights names a way that changes the base model's weights, which is not supported.";
            return Err(mistake(why));
        }
        let rank = source.get("r").and_then(Value::as_u64).filter(|rank| (1..=MAX_RANK).contains(rank));
        let alpha = source.get("lora_alpha").and_then(Value::as_f64).filter(|alpha| alpha.abs() <= 1e9);
        let base = source.get("base_model_name_or_path").and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            base,
            rank: rank.ok_or_else(|| mistake(format!("r must be a number from 1 to {MAX_RANK}.")))? as usize,
            alpha: alpha.ok_or_else(|| mistake("lora_alpha must be a number."))?,
        })
    }
}

/// The configuration of an adapter over the base model of this name (on the hub, or a folder), with which PEFT's
/// `AutoPeftModelFor…` of the task builds it; tasks that PEFT has no name for are loaded by `AutoPeftModel`.
pub fn config(plan: &LoraPlan, config: &EncoderConfig, task: Task, base: &str) -> Value {
    let task_type = match task {
        Task::Classification | Task::MultiLabel | Task::Regression => Some("SEQ_CLS"),
        Task::Tokens => Some("TOKEN_CLS"),
        Task::Answers => Some("QUESTION_ANS"),
        Task::Embedding | Task::Language => None,
    };
    let file = config.family.model_type.replace('-', "_");
    let class = json!({
        "base_model_class": config.class(task),
        "parent_library": format!("transformers.models.{file}.modeling_{file}"),
    });
    let whole = Some(whole(plan, config, task)).filter(|modules| !modules.is_empty());
    let alpha = if plan.alpha.fract() == 0.0 { json!(plan.alpha as i64) } else { json!(plan.alpha) };
    json!({
        "alpha_pattern": {},
        "auto_mapping": if task_type.is_none() { class } else { Value::Null },
        "base_model_name_or_path": base,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "layers_pattern": null,
        "layers_to_transform": null,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "modules_to_save": whole,
        "peft_type": "LORA",
        "r": plan.rank,
        "rank_pattern": {},
        "revision": null,
        "target_modules": targets(plan, config, task),
        "task_type": task_type,
        "use_dora": false,
        "use_rslora": false,
    })
}

/// The adapted layers by the last parts of their names; by whole names where these would mean other layers, too.
fn targets(plan: &LoraPlan, config: &EncoderConfig, task: Task) -> BTreeSet<String> {
    let is_adapted = |path: &String| plan.adapted.contains(path);
    let adapted: BTreeSet<String> =
        dense_layers(config, task).filter(|layer| is_adapted(&layer.path)).map(|layer| layer.hub).collect();
    let ends: BTreeSet<String> = adapted.iter().filter_map(|hub| hub.rsplit('.').next()).map(str::to_owned).collect();
    let mut others: Vec<String> = dense_layers(config, task)
        .filter(|layer| !is_adapted(&layer.path) && !plan.whole.contains(&layer.path))
        .map(|layer| layer.hub)
        .collect();
    if task == Task::Embedding {
        // The class for an encoder alone has the pooling layer that ours leaves out.
        others.extend(dense_layers(config, Task::Classification).map(|layer| layer.hub));
        others.retain(|hub| !is_meant_by_any(hub, &adapted));
    }
    if others.iter().any(|hub| is_meant_by_any(hub, &ends)) { adapted } else { ends }
}

fn is_meant_by_any(hub: &str, targets: &BTreeSet<String>) -> bool {
    targets.iter().any(|target| is_meant(hub, target))
}

/// The modules that are trained whole, by the names that PEFT finds them under: the outermost below the model or the
/// encoder; with those that PEFT adds for the task itself.
fn whole(plan: &LoraPlan, config: &EncoderConfig, task: Task) -> BTreeSet<String> {
    let added: &[&str] = match task {
        Task::Classification | Task::MultiLabel | Task::Regression | Task::Tokens => &["classifier", "score"],
        Task::Answers => &["qa_outputs"],
        Task::Embedding | Task::Language => &[],
    };
    let prefix = format!("{}.", config.family.prefix);
    let table = names::head_names(config, task);
    let saved = table.iter().filter(|name| plan.whole.iter().any(|path| path == module(&name.path)));
    let outermost = |hub: &str| hub.strip_prefix(&prefix).unwrap_or(hub).split('.').next().unwrap_or(hub).to_owned();
    saved.map(|name| outermost(&name.hub)).chain(added.iter().map(|name| (*name).to_owned())).collect()
}

fn mistake(message: impl Into<String>) -> Error {
    Error::model(FILE, message)
}
