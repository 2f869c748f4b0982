//! A recipe's way of fine-tuning → a model of which only that gets gradients.

use crate::checkpoint::adapter::LoraRecipe;
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, Frozen, LoraPlan, Model};
use crate::recipe::{LoraTargets, Method, Recipe};
use crate::task::Task;

/// Whether a task's outputs are those of whole texts.
pub fn over_texts(task: Task) -> bool {
    matches!(task, Task::Classification | Task::MultiLabel | Task::Regression)
}

/// Refuses a method that a task does not have.
///
/// # Errors
///
/// Which methods there are instead.
pub fn check(method: Method, task: Task) -> Result<()> {
    match method {
        Method::Frozen | Method::Probe | Method::Contrastive if !over_texts(task) => Err(Error::recipe(
            "method",
            "Heads are fitted to encoded texts for labels and numbers of whole texts only. Choose Full or LoRA for \
             this task.",
        )),
        Method::Contrastive if task == Task::Regression => Err(Error::recipe(
            "method",
            "Contrastive makes pairs of rows that have the same label, so it is for labels only. Choose Full or Probe for \
             numbers.",
        )),
        _ => Ok(()),
    }
}

/// A model as a recipe wants it trained.
#[derive(Debug)]
pub struct Tuned {
    /// The model.
    pub model: Model,
    /// What of it is an adapter.
    pub plan: Option<LoraPlan>,
}

impl Tuned {
    /// Freezes, adapts or draws anew; `drawn` are the hub names of parameters that are new already.
    ///
    /// # Errors
    ///
    /// A method that the task does not have, or a model that adapters cannot be put on.
    pub fn new(model: Model, drawn: &[String], config: &EncoderConfig, task: Task, recipe: &Recipe) -> Result<Self> {
        check(recipe.method, task)?;
        match recipe.method {
            Method::Full | Method::Probe | Method::Contrastive => {
                let mut model = model;
                // Only in full training: vectors of an encoder that was drawn anew would be kept for the next head.
                if recipe.method == Method::Full && recipe.reinit_layers > 0 {
                    model = model.reinitialised(config, recipe.reinit_layers, recipe.seed);
                }
                let embeddings = recipe.frozen_embeddings || recipe.frozen_layers > 0;
                if embeddings {
                    model = model.freeze(config, Frozen { embeddings, layers: recipe.frozen_layers });
                }
                Ok(Self { model, plan: None })
            }
            Method::Lora => {
                let targets = match recipe.lora_targets {
                    LoraTargets::Attention => Vec::new(),
                    LoraTargets::All => vec!["all-linear".to_owned()],
                };
                let lora = LoraRecipe { rank: recipe.lora_rank, alpha: recipe.lora_alpha, targets };
                let plan = lora.plan(&model, config, task, drawn)?;
                Ok(Self { model: model.with_lora(&plan, recipe.seed), plan: Some(plan) })
            }
            Method::Frozen => Ok(Self { model: model.freeze(config, Frozen::ENCODER), plan: None }),
        }
    }
}
