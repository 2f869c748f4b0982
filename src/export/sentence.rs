//! A folder that `SentenceTransformer(folder)` of sentence-transformers loads: the encoder alone, and the steps from its
//! hidden states to vectors, or on to the outputs of one dense layer.
//!
//! Modules and settings have the spelling of old versions of the library, which new ones read, too.

use serde_json::{Value, json};

use super::bundle::{Bundle, File, text};
use crate::checkpoint::{self, Loaded};
use crate::device;
use crate::error::Result;
use crate::model::{Head, Pooling};
use crate::task::Task;

/// What a folder is made of.
#[derive(Debug)]
pub struct SentenceBundle<'a> {
    /// Model, configuration, tokenizer, report. The model's head is [`Head::Sentence`], or a
    /// [`crate::model::OutputHead::linear`], which becomes a dense layer; labels and the kind of problem go into
    /// `config.json`, where transformers keeps them and does nothing with them.
    pub bundle: Bundle<'a>,
    /// What the encoder was loaded from; its pooler is written back as it came.
    pub base: &'a Loaded,
}

/// A dense layer on its way to a file: `[K, H]` and `[K]`.
struct DenseFile {
    outputs: usize,
    weights: Vec<u8>,
}

impl SentenceBundle<'_> {
    /// The files, those of modules with the folders that they are in.
    ///
    /// # Errors
    ///
    /// A device that fails while the weights are read.
    ///
    /// # Panics
    ///
    /// If the model has a head of another kind.
    pub async fn files(&self) -> Result<Vec<File>> {
        let Bundle { model, config, .. } = self.bundle;
        let (pooling, normalises, dense) = match model.head() {
            Head::Sentence(head) => (head.pooling(), head.normalises(), None),
            Head::Outputs(head) if head.is_linear() => {
                (head.pooling(), head.normalises(), Some(dense(head.outputs(), head.output().values()).await?))
            }
            _ => panic!("a folder of sentence-transformers has no place for a head of this kind"),
        };
        let weights = checkpoint::save_bare(model, config, self.base.pooler(config)).await?;
        let mut files = self.bundle.around(weights, &config.class(Task::Embedding));
        let steps = steps(normalises, dense.is_some());
        files.push(text("modules.json", &modules(&steps)));
        files.push(text(
            "sentence_bert_config.json",
            &json!({ "max_seq_length": self.bundle.max_length, "do_lower_case": false }),
        ));
        files.push(text("config_sentence_transformers.json", &settings()));
        files.push(text(&format!("{}/config.json", steps[1].1), &pooling_json(pooling, config.hidden_size)));
        if let (Some(dense), Some((_, folder))) = (dense, steps.last()) {
            files.push(text(&format!("{folder}/config.json"), &dense_json(config.hidden_size, dense.outputs)));
            files.push(File { path: format!("{folder}/model.safetensors"), bytes: dense.weights });
        }
        Ok(files)
    }
}

async fn dense(
    outputs: usize,
    values: (burn::tensor::Tensor<2>, Option<burn::tensor::Tensor<1>>),
) -> Result<DenseFile> {
    let (weight, bias) = values;
    let shape = weight.dims().to_vec();
    let bias = match bias {
        Some(bias) => device::read(bias).await?,
        None => vec![0.0; outputs],
    };
    let tensors = vec![
        ("linear.weight".to_owned(), shape, device::read(weight).await?),
        ("linear.bias".to_owned(), vec![outputs], bias),
    ];
    Ok(DenseFile { outputs, weights: checkpoint::serialize(tensors)? })
}

/// Kinds of modules and their folders, in order.
fn steps(normalises: bool, dense: bool) -> Vec<(&'static str, String)> {
    let kinds = [("Transformer", true), ("Pooling", true), ("Normalize", normalises), ("Dense", dense)];
    let present = kinds.into_iter().filter(|(_, present)| *present).map(|(kind, _)| kind);
    let folder = |at: usize, kind: &str| if at == 0 { String::new() } else { format!("{at}_{kind}") };
    present.enumerate().map(|(at, kind)| (kind, folder(at, kind))).collect()
}

fn modules(steps: &[(&str, String)]) -> Value {
    let module = |(at, (kind, folder)): (usize, &(&str, String))| json!({ "idx": at, "name": at.to_string(), "path": folder, "type": format!("sentence_transformers.models.{kind}") });
    steps.iter().enumerate().map(module).collect()
}

/// Every way of pooling with yes or no: what is not named is yes for the mean.
fn pooling_json(pooling: Pooling, hidden: usize) -> Value {
    json!({
        "word_embedding_dimension": hidden,
        "pooling_mode_cls_token": pooling == Pooling::First,
        "pooling_mode_mean_tokens": pooling == Pooling::Mean,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
    })
}

fn dense_json(inputs: usize, outputs: usize) -> Value {
    json!({
        "in_features": inputs,
        "out_features": outputs,
        "bias": true,
        "activation_function": "torch.nn.modules.linear.Identity",
    })
}

fn settings() -> Value {
    json!({ "prompts": {}, "default_prompt_name": null, "similarity_fn_name": "cosine" })
}
