//! The one table that pairs a tensor's name on the hub with its place in the model, per family.
//!
//! Read forwards to load and backwards to save, so that the two can never disagree. Imports nothing from burn.

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
    /// Name in the file, as `BertForSequenceClassification.save_pretrained` writes it.
    pub hub: String,
    /// Path in the module tree, as burn's visitors report it.
    pub path: String,
    /// Layout in the file.
    pub layout: Layout,
    /// Whether a checkpoint may lack it, so that it is newly initialised: the pooler and the classifier.
    pub optional: bool,
}

/// Modules outside the layers: hub name, path, kind.
const FRAME: &[(&str, &str, Kind)] = &[
    ("bert.embeddings.word_embeddings", "encoder.embeddings.word", Kind::Table),
    ("bert.embeddings.position_embeddings", "encoder.embeddings.position", Kind::Table),
    ("bert.embeddings.token_type_embeddings", "encoder.embeddings.token_type", Kind::Table),
    ("bert.embeddings.LayerNorm", "encoder.embeddings.norm", Kind::Norm),
    ("bert.pooler.dense", "encoder.pooler", Kind::Dense),
    ("classifier", "head.dense", Kind::Dense),
];

/// Modules of each layer, below `bert.encoder.layer.N` and `encoder.layers.N`.
const LAYER: &[(&str, &str, Kind)] = &[
    ("attention.self.query", "attention.query", Kind::Dense),
    ("attention.self.key", "attention.key", Kind::Dense),
    ("attention.self.value", "attention.value", Kind::Dense),
    ("attention.output.dense", "attention_output", Kind::Dense),
    ("attention.output.LayerNorm", "attention_norm", Kind::Norm),
    ("intermediate.dense", "intermediate", Kind::Dense),
    ("output.dense", "output", Kind::Dense),
    ("output.LayerNorm", "output_norm", Kind::Norm),
];

/// What a module holds, and so what its parameters are called on both sides.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Table,
    Dense,
    Norm,
}

impl Kind {
    /// Parameter in the file, parameter in the module, layout.
    fn parameters(self) -> &'static [(&'static str, &'static str, Layout)] {
        match self {
            Self::Table => &[("weight", "weight", Layout::Same)],
            Self::Dense => &[("weight", "weight", Layout::Transposed), ("bias", "bias", Layout::Same)],
            Self::Norm => &[("weight", "gamma", Layout::Same), ("bias", "beta", Layout::Same)],
        }
    }
}

/// Every parameter of a BERT classifier with so many layers, in the order of the model.
pub fn bert(layers: usize) -> Vec<Name> {
    let (embeddings, rest) = FRAME.split_at(4);
    let frame = |modules: &[(&str, &str, Kind)]| -> Vec<Name> {
        modules.iter().flat_map(|&(hub, path, kind)| names(hub, path, kind)).collect()
    };
    let layer = |index: usize| {
        LAYER.iter().flat_map(move |&(hub, path, kind)| {
            names(&format!("bert.encoder.layer.{index}.{hub}"), &format!("encoder.layers.{index}.{path}"), kind)
        })
    };
    let mut all = frame(embeddings);
    all.extend((0..layers).flat_map(layer));
    all.extend(frame(rest));
    all
}

fn names(hub: &str, path: &str, kind: Kind) -> Vec<Name> {
    let optional = hub == "classifier" || hub.starts_with("bert.pooler");
    kind.parameters()
        .iter()
        .map(|(in_file, in_module, layout)| Name {
            hub: format!("{hub}.{in_file}"),
            path: format!("{path}.{in_module}"),
            layout: *layout,
            optional,
        })
        .collect()
}

/// The name under which this table knows a tensor of a file: with the prefix `bert.` that `BertModel` leaves out,
/// and with `weight` and `bias` where old checkpoints say `gamma` and `beta`.
pub fn canonical(in_file: &str) -> String {
    let name = match in_file.split_once('.') {
        Some(("embeddings" | "encoder" | "pooler", _)) => format!("bert.{in_file}"),
        _ => in_file.to_owned(),
    };
    if let Some(stem) = name.strip_suffix("LayerNorm.gamma") {
        return format!("{stem}LayerNorm.weight");
    }
    match name.strip_suffix("LayerNorm.beta") {
        Some(stem) => format!("{stem}LayerNorm.bias"),
        None => name,
    }
}

/// Whether a tensor is a constant that transformers computes itself and files may carry or not.
pub fn is_buffer(canonical: &str) -> bool {
    canonical == "bert.embeddings.position_ids" || canonical == "bert.embeddings.token_type_ids"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_on_both_sides_and_complete() {
        let all = bert(3);
        assert_eq!(all.len(), 5 + 3 * 16 + 4);
        for side in [|name: &Name| name.hub.clone(), |name: &Name| name.path.clone()] {
            let mut names: Vec<String> = all.iter().map(side).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all.len());
        }
    }

    #[test]
    fn every_spelling_of_a_name_is_known() {
        let expected = "bert.encoder.layer.0.output.LayerNorm.weight";
        for spelling in [
            "encoder.layer.0.output.LayerNorm.weight",
            "encoder.layer.0.output.LayerNorm.gamma",
            "bert.encoder.layer.0.output.LayerNorm.gamma",
            expected,
        ] {
            assert_eq!(canonical(spelling), expected);
        }
        assert_eq!(canonical("classifier.bias"), "classifier.bias");
        assert_eq!(canonical("pooler.dense.weight"), "bert.pooler.dense.weight");
    }
}
