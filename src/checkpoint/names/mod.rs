//! The one table per family that pairs a tensor's name on the hub with its place in the model.
//!
//! Read forwards to load and backwards to save, so that the two can never disagree. Imports nothing from burn.

mod bert;
mod deberta;
mod distilbert;
mod heads;
mod modernbert;
mod spelling;

pub use spelling::{canonical, is_buffer};

use crate::model::{EncoderConfig, Positions, Table};
use crate::task::Task;

/// How a tensor is laid out in the file, compared with the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The same.
    Same,
    /// The file holds a dense layer's weight as `[outputs, inputs]` (PyTorch), the model as `[inputs, outputs]`.
    Transposed,
}

/// One parameter: its name in a file and its path in the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Name in the file, as `save_pretrained` of the family's class with this head writes it.
    pub hub: String,
    /// Path in the module tree, as burn's visitors report it.
    pub path: String,
    /// Layout in the file.
    pub layout: Layout,
    /// Whether a checkpoint may lack it, so that it is newly initialised: all of the head.
    pub optional: bool,
}

/// What a module holds, and so what its parameters are called on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Table,
    Dense,
    Norm,
    /// A lone vector; the hub's name is that of the tensor itself.
    Vector,
}

/// A module's name on the hub, its path in the model, and what it holds.
type Row = (&'static str, &'static str, Kind);

impl Kind {
    /// Parameter in the file, parameter in the module, layout.
    fn parameters(self) -> &'static [(&'static str, &'static str, Layout)] {
        match self {
            Self::Table => &[(".weight", ".weight", Layout::Same)],
            Self::Dense => &[(".weight", ".weight", Layout::Transposed), (".bias", ".bias", Layout::Same)],
            Self::Norm => &[(".weight", ".gamma", Layout::Same), (".bias", ".beta", Layout::Same)],
            Self::Vector => &[("", "", Layout::Same)],
        }
    }
}

/// Rows of an encoder: what stands once, and what stands in each layer, below `layers` on the hub.
struct Encoder {
    frame: &'static [Row],
    layers: &'static str,
    layer: &'static [Row],
}

/// Every parameter that an encoder of this family with a head for this task can have. A model may have fewer: biases that
/// its configuration turns off, layers that ALBERT shares.
pub fn table(config: &EncoderConfig, task: Task) -> Vec<Name> {
    let mut all = encoder_names(config);
    all.extend(head_names(config, task));
    all
}

/// The layer that gives the outputs of a task, by its name on the hub; none where a head has no such layer.
pub fn output(config: &EncoderConfig, task: Task) -> Option<&'static str> {
    heads::rows(config.family.table, task).iter().find(|(_, path, _)| *path == "output").map(|(hub, ..)| *hub)
}

/// Every parameter that a head for this task can have on this family's encoder.
pub fn head_names(config: &EncoderConfig, task: Task) -> Vec<Name> {
    let rows = heads::rows(config.family.table, task);
    rows.iter().flat_map(|(hub, path, kind)| names(hub, &format!("head.{path}"), *kind, true)).collect()
}

/// The pooler that files of this family's bare encoder carry, by the names that they have beside a head.
pub fn pooler_names(config: &EncoderConfig) -> Vec<String> {
    let prefix = config.family.prefix;
    let pooler = heads::pooler(config.family.table);
    pooler.iter().flat_map(|name| ["weight", "bias"].map(|part| format!("{prefix}.{name}.{part}"))).collect()
}

/// A tensor's name in the file of an encoder alone, as the family's `…Model` class writes it.
pub fn bare<'a>(hub: &'a str, config: &EncoderConfig) -> &'a str {
    hub.strip_prefix(config.family.prefix).and_then(|name| name.strip_prefix('.')).unwrap_or(hub)
}

fn encoder(table: Table) -> &'static Encoder {
    match table {
        Table::Bert | Table::Roberta | Table::Electra => &bert::BERT,
        Table::Mpnet => &bert::MPNET,
        Table::Albert => &bert::ALBERT,
        Table::DistilBert => &distilbert::DISTILBERT,
        Table::Deberta => &deberta::DEBERTA,
        Table::ModernBert => &modernbert::MODERNBERT,
    }
}

/// Every parameter that an encoder of this family can have.
fn encoder_names(config: &EncoderConfig) -> Vec<Name> {
    let encoder = encoder(config.family.table);
    let prefix = config.family.prefix;
    let mut all: Vec<Name> = Vec::new();
    for (hub, path, kind) in encoder.frame.iter().filter(|(_, path, _)| has(config, path)) {
        all.extend(names(&format!("{prefix}.{hub}"), &format!("encoder.{path}"), *kind, false));
    }
    for layer in 0..config.num_hidden_layers {
        for (hub, path, kind) in encoder.layer {
            let hub = format!("{prefix}.{}.{hub}", encoder.layers.replace('#', &layer.to_string()));
            all.extend(names(&hub, &format!("encoder.layers.{layer}.{path}"), *kind, false));
        }
    }
    all
}

/// Whether the embeddings of this configuration have a module.
fn has(config: &EncoderConfig, path: &str) -> bool {
    match path {
        "embeddings.projection" => config.embedding_size != config.hidden_size,
        "embeddings.token_type" => config.type_vocab_size > 0,
        "embeddings.position" => config.positions != Positions::None,
        _ => true,
    }
}

fn names(hub: &str, path: &str, kind: Kind, optional: bool) -> Vec<Name> {
    let name = |(in_file, in_module, layout): &(&str, &str, Layout)| Name {
        hub: format!("{hub}{in_file}"),
        path: format!("{path}{in_module}"),
        layout: *layout,
        optional,
    };
    kind.parameters().iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FAMILIES;

    #[test]
    fn names_are_unique_on_both_sides_for_every_family_and_task() {
        for family in FAMILIES {
            let config = format!(
                r#"{{"model_type": "{}", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 3, "dim": 8, "n_layers": 3,
                "n_heads": 2, "hidden_dim": 9, "num_attention_heads": 2, "intermediate_size": 9, "type_vocab_size": 2,
                "max_position_embeddings": 32}}"#,
                family.model_type
            );
            let config = EncoderConfig::from_json(config.as_bytes()).expect("a configuration");
            for (_, task) in Task::ALL {
                let all = table(&config, *task);
                for side in [|name: &Name| name.hub.clone(), |name: &Name| name.path.clone()] {
                    let mut names: Vec<String> = all.iter().map(side).collect();
                    names.sort_unstable();
                    names.dedup();
                    assert_eq!(names.len(), all.len(), "{} {task:?}", family.model_type);
                }
            }
        }
    }
}
