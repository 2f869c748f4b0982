//! What a sentence-transformers folder says comes after its encoder: pooling, length 1, a dense layer.
//!
//! `modules.json` names the steps and their folders; each step has a `config.json`, in the spelling of old versions of
//! the library or of new ones.

mod dense;
mod fields;
mod settings;

pub use dense::DenseLayer;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::Pooling;
use fields::{joined, json, shown};
use settings::ENCODER_CONFIGS;

/// The file that lists the steps.
const MODULES: &str = "modules.json";
/// Most steps; real models have two to four.
const MAX_MODULES: usize = 16;
/// A step that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transformer,
    Pooling,
    Normalize,
    Dense,
}

/// The steps of a sentence-transformers model, in order, and the folders that they are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentenceModules {
    steps: Vec<(Kind, String)>,
}

/// A file that is read beside those of the encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleFile {
    /// Path within the model's folder.
    pub path: String,
    /// Whether the model cannot do without.
    pub required: bool,
}

/// What comes after the encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceLayout {
    /// How hidden states become one vector, `[B, T, H]` → `[B, H]`.
    pub pooling: Pooling,
    /// Whether that vector is scaled to length 1, before the dense layer.
    pub normalises: bool,
    /// A layer over that vector.
    pub dense: Option<DenseLayer>,
    /// Longest text in tokens, if the folder says so itself; else it is in `tokenizer_config.json`.
    pub max_length: Option<usize>,
    /// Whether texts are put in lower case before the tokenizer gets them.
    pub lowercases: bool,
}

impl SentenceModules {
    /// Reads a `modules.json`.
    ///
    /// # Errors
    ///
    /// A file that is no list of modules, a module that is not supported (by name), modules in an order that makes no
    /// sense, or a folder's name that leads elsewhere.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let list = json(MODULES, bytes)?;
        let list = list.as_array().filter(|list| list.len() <= MAX_MODULES);
        let list =
            list.ok_or_else(|| Error::model(MODULES, format!("it is no list of at most {MAX_MODULES} modules.")))?;
        let steps = list.iter().map(step).collect::<Result<Vec<_>>>()?;
        let kinds: Vec<Kind> = steps.iter().map(|(kind, _)| *kind).collect();
        let once = |kind: Kind| kinds.iter().filter(|other| **other == kind).count() <= 1;
        if kinds.starts_with(&[Kind::Transformer, Kind::Pooling])
            && [Kind::Transformer, Kind::Pooling, Kind::Dense].into_iter().all(once)
        {
            return Ok(Self { steps });
        }
        Err(Error::model(
            MODULES,
            "it should list a Transformer and a Pooling, and after them at most one Dense and Normalize modules.",
        ))
    }

    /// The folder of the encoder's own files (`config.json`, the weights, the tokenizer); empty for the model's folder.
    pub fn encoder_folder(&self) -> &str {
        &self.steps[0].1
    }

    /// The files that [`Self::layout`] asks for.
    pub fn files(&self) -> Vec<ModuleFile> {
        let file = |folder: &str, name: &str, required| ModuleFile { path: joined(folder, name), required };
        let of_step = |(kind, folder): &(Kind, String)| match kind {
            Kind::Transformer => vec![file(folder, ENCODER_CONFIGS[0], false)],
            Kind::Pooling => vec![file(folder, "config.json", true)],
            Kind::Normalize => Vec::new(),
            Kind::Dense => vec![file(folder, "config.json", true), file(folder, "model.safetensors", true)],
        };
        self.steps.iter().flat_map(of_step).collect()
    }

    /// Reads the files of the modules over an encoder of this width, H; `file` gives the bytes of a path if it is there.
    ///
    /// # Errors
    ///
    /// A file that is missing or damaged, a way of pooling or an activation that is not supported (by name), sizes that do
    /// not fit the encoder.
    pub fn layout<'a>(&self, hidden: usize, file: impl Fn(&str) -> Option<&'a [u8]>) -> Result<SentenceLayout> {
        let needed = |folder: &str, name: &str| {
            let path = joined(folder, name);
            match file(&path) {
                Some(bytes) => Ok((path, bytes)),
                None => {
                    Err(Error::model(path, "it is missing, and modules.json asks for it. Add it to the model's files."))
                }
            }
        };
        let (max_length, lowercases) = settings::texts(self.encoder_folder(), &file)?;
        let start = SentenceLayout { pooling: Pooling::Mean, normalises: false, dense: None, max_length, lowercases };
        self.steps.iter().try_fold(start, |mut layout, (kind, folder)| {
            match kind {
                Kind::Transformer => {}
                Kind::Pooling => {
                    let (path, bytes) = needed(folder, "config.json")?;
                    layout.pooling = settings::pooling(&path, bytes, hidden)?;
                }
                Kind::Normalize => match &mut layout.dense {
                    Some(dense) => dense.normalises = true,
                    None => layout.normalises = true,
                },
                Kind::Dense => {
                    let (config, weights) = (needed(folder, "config.json")?, needed(folder, "model.safetensors")?);
                    layout.dense = Some(DenseLayer::read(config, weights, hidden)?);
                }
            }
            Ok(layout)
        })
    }
}

/// A module's kind and folder.
fn step(module: &Value) -> Result<(Kind, String)> {
    let word = |field: &str| module.get(field).and_then(Value::as_str);
    let (Some(named), Some(folder)) = (word("type"), word("path")) else {
        return Err(Error::model(MODULES, "each of its modules should have a type and a path."));
    };
    let own = named.strip_prefix("sentence_transformers.").and_then(|name| name.rsplit('.').next());
    let kind = match own {
        Some("Transformer") => Kind::Transformer,
        Some("Pooling") => Kind::Pooling,
        Some("Normalize") => Kind::Normalize,
        Some("Dense") => Kind::Dense,
        _ => {
            let why = "is not supported; Transformer, Pooling, Dense and Normalize of sentence_transformers are.";
            return Err(Error::model(MODULES, format!("the module \u{201c}{}\u{201d} {why}", shown(named))));
        }
    };
    if folder.len() > 100 || folder.starts_with('.') || folder.contains(['/', '\\', ':']) {
        return Err(Error::model(
            MODULES,
            format!("\u{201c}{}\u{201d} should be the name of a folder beside it.", shown(folder)),
        ));
    }
    if folder.is_empty() && kind != Kind::Transformer {
        return Err(Error::model(MODULES, "only the Transformer may lie in the model's own folder."));
    }
    Ok((kind, folder.to_owned()))
}
