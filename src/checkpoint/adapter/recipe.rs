//! What a user says of LoRA → which parts of a model get an adapter.

use std::collections::BTreeSet;

use super::{Module, dense_layers, is_meant, module};
use crate::checkpoint::names;
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, LoraPlan, Model, Table};
use crate::task::Task;

/// Largest rank; from some hundreds on, adapters are no smaller than what they adapt.
const MAX_RANK: usize = 512;

/// How a model is adapted. The defaults are PEFT's.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraRecipe {
    /// r, 1 to 512; 8.
    pub rank: usize,
    /// α, above 0 and at most 10,000; 8. A change is multiplied by α / r.
    pub alpha: f64,
    /// Dense layers by the ends of their names on the hub, such as `query` or `attention.output.dense`. None at all
    /// means [`LoraRecipe::default_targets`], and `all-linear` alone all of them but the task's head.
    pub targets: Vec<String>,
}

impl Default for LoraRecipe {
    fn default() -> Self {
        Self { rank: 8, alpha: 8.0, targets: Vec::new() }
    }
}

impl LoraRecipe {
    /// The layers that give queries and values: those that PEFT adapts where none are named
    /// (`TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING`), and their like in families that PEFT has no default for.
    pub fn default_targets(config: &EncoderConfig) -> &'static [&'static str] {
        match config.family.table {
            Table::Bert | Table::Roberta | Table::Electra | Table::Albert => &["query", "value"],
            Table::Deberta => &["query_proj", "value_proj"],
            Table::DistilBert => &["q_lin", "v_lin"],
            Table::Mpnet => &["attn.q", "attn.v"],
            Table::ModernBert => &["Wqkv"],
        }
    }

    /// What of a model is adapted, and what is trained whole: the task's head, of which layers that belong to the
    /// pretrained encoder (BERT's pooling layer) only where they are drawn anew. `drawn` are the hub names of all
    /// parameters that are. The head over hidden words stays frozen, since it reads the frozen table of words.
    ///
    /// # Errors
    ///
    /// A rank or α outside its range; a target that means no dense layer, with those that there are.
    pub fn plan(&self, model: &Model, config: &EncoderConfig, task: Task, drawn: &[String]) -> Result<LoraPlan> {
        self.check()?;
        if task == Task::Language && !drawn.is_empty() {
            let why = "LoRA needs a model with a trained head over hidden words, and this one has none. Train all of \
                       it, or choose another model.";
            return Err(Error::recipe("lora_targets", why));
        }
        let whole = if task == Task::Language { Vec::new() } else { head(config, task, drawn) };
        let present: BTreeSet<String> = model.dense_sizes().into_iter().map(|(path, _)| path).collect();
        let free = |layer: &Module| present.contains(&layer.path) && !whole.contains(&layer.path);
        let candidates: Vec<Module> = dense_layers(config, task).filter(free).collect();
        let adapted = self.adapted(config, &candidates)?;
        Ok(LoraPlan { rank: self.rank, alpha: self.alpha, adapted, whole })
    }

    fn check(&self) -> Result<()> {
        if !(1..=MAX_RANK).contains(&self.rank) {
            return Err(Error::recipe("lora_rank", format!("The rank of LoRA must be from 1 to {MAX_RANK}.")));
        }
        if !(self.alpha > 0.0 && self.alpha <= 10_000.0) {
            return Err(Error::recipe("lora_alpha", "The alpha of LoRA must be above 0 and at most 10000."));
        }
        Ok(())
    }

    /// Paths of the layers that the targets mean.
    fn adapted(&self, config: &EncoderConfig, candidates: &[Module]) -> Result<Vec<String>> {
        let targets: Vec<&str> = match &self.targets[..] {
            [] => Self::default_targets(config).to_vec(),
            [all] if all == "all-linear" => candidates.iter().map(|layer| layer.hub.as_str()).collect(),
            named => named.iter().map(String::as_str).collect(),
        };
        let mut adapted = BTreeSet::new();
        for target in targets {
            let meant = candidates.iter().filter(|layer| is_meant(&layer.hub, target));
            let mut meant = meant.map(|layer| layer.path.clone()).peekable();
            if target.is_empty() || meant.peek().is_none() {
                return Err(nothing_meant(target, candidates));
            }
            adapted.extend(meant);
        }
        Ok(adapted.into_iter().collect())
    }
}

/// The head's modules that are trained whole.
fn head(config: &EncoderConfig, task: Task, drawn: &[String]) -> Vec<String> {
    let of_encoder = format!("{}.", config.family.prefix);
    let trained = |name: &&names::Name| !name.hub.starts_with(&of_encoder) || drawn.contains(&name.hub);
    let table = names::head_names(config, task);
    let modules: BTreeSet<&str> = table.iter().filter(trained).map(|name| module(&name.path)).collect();
    modules.into_iter().map(str::to_owned).collect()
}

fn nothing_meant(target: &str, candidates: &[Module]) -> Error {
    let ends: BTreeSet<&str> =
        candidates.iter().map(|layer| layer.hub.rsplit('.').next().unwrap_or(&layer.hub)).collect();
    let ends = ends.into_iter().collect::<Vec<_>>().join(", ");
    let shown: String = target.chars().take(100).collect();
    Error::recipe(
        "lora_targets",
        format!(
            "No layer of this model is called \u{201c}{shown}\u{201d}. LoRA can adapt all-linear, or any of: {ends}."
        ),
    )
}
