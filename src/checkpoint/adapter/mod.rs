//! Adapters as PEFT has them: which layers get one, and `adapter_config.json` and `adapter_model.safetensors` both ways.

mod config;
mod load;
mod recipe;
mod save;

pub use config::{AdapterConfig, config};
pub use load::load;
pub use recipe::LoraRecipe;
pub use save::{parameters, save};

use crate::checkpoint::names::{self, Layout};
use crate::model::EncoderConfig;
use crate::task::Task;

/// What PEFT puts before the name of a tensor of the base model.
const PREFIX: &str = "base_model.model.";

/// A module's name in the base model and its path in ours.
struct Module {
    hub: String,
    path: String,
}

/// The dense layers that a model of this family with a head for this task can have.
fn dense_layers(config: &EncoderConfig, task: Task) -> impl Iterator<Item = Module> {
    let table = names::table(config, task).into_iter();
    table.filter(|name| name.layout == Layout::Transposed).map(move |name| Module {
        hub: in_base(module(&name.hub), config, task).to_owned(),
        path: module(&name.path).to_owned(),
    })
}

/// The module of a parameter: its name without the last part.
fn module(parameter: &str) -> &str {
    parameter.rsplit_once('.').map_or(parameter, |(module, _)| module)
}

/// A tensor's name in the class that the adapter goes over: that of an encoder alone has no prefix.
fn in_base<'a>(hub: &'a str, config: &EncoderConfig, task: Task) -> &'a str {
    let below = hub.strip_prefix(config.family.prefix).and_then(|rest| rest.strip_prefix('.'));
    below.filter(|_| task == Task::Embedding).unwrap_or(hub)
}

/// Whether a module is what a target means: itself by its whole name, or the end of its name.
fn is_meant(hub: &str, target: &str) -> bool {
    hub.strip_suffix(target).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
