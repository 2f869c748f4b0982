//! The model as an ONNX file: encoder and head as a graph of operators that onnxruntime, and with it transformers.js, runs.
//!
//! Each file mirrors one of `model/encoder` or `model/head`, node for operation, so that the numbers are the same.

mod deberta;
mod embeddings;
mod folder;
mod graph;
mod heads;
mod layers;
mod modernbert;
mod operators;
mod parameters;
mod post_norm;
mod proto;
#[cfg(test)]
mod tests;
mod weights;

pub use folder::OnnxBundle;
pub use weights::Precision;

use crate::error::Result;
use crate::model::{Details, EncoderConfig, Model};
use crate::task::Task;
use graph::Graph;
use heads::{batch, tokens};
use layers::{Inputs, Net};
use proto::Element;
use weights::Weights;

/// The bytes of an ONNX file that computes what the model does in evaluation, for batches and lengths of any size.
///
/// Inputs are `input_ids`, `attention_mask` and, of models that tell token types apart, `token_type_ids`, whole numbers
/// `[B, T]`. Outputs are `logits` (`[B, K]`, `[B, T, K]` over tokens, `[B, T, V]` over hidden words), `start_logits` and
/// `end_logits` (`[B, T]`), or `last_hidden_state` (`[B, T, H]`) and `sentence_embedding` (`[B, H]`).
///
/// # Errors
///
/// More than 2 GB, which no such file can hold, or a device that fails while the weights are read.
///
/// # Panics
///
/// If the model has adapters: [`Model::merged`] folds them in.
pub async fn onnx(model: &Model, config: &EncoderConfig, task: Task, precision: Precision) -> Result<Vec<u8>> {
    let beside = if matches!(config.details, Details::Modern(_)) { modernbert::rotary_bytes(config) } else { 0 };
    let weights = Weights::read(model, precision, beside).await?;
    let mut graph = Graph::default();
    let inputs = inputs(&mut graph, config);
    let mut net = Net::new(graph, inputs, config, weights, precision);
    let hidden = match &config.details {
        Details::Disentangled(how) => net.deberta(*how),
        Details::Modern(modern) => net.modernbert(modern),
        Details::None | Details::RelativeBias { .. } | Details::Shared { .. } => net.post_norm(),
    };
    net.head(model.head(), task, hidden);
    Ok(net.graph.encode())
}

fn inputs(graph: &mut Graph, config: &EncoderConfig) -> Inputs {
    let sides = [batch(), tokens()];
    let ids = graph.input("input_ids", &sides);
    let mask = graph.input("attention_mask", &sides);
    let types = (config.type_vocab_size > 1).then(|| graph.input("token_type_ids", &sides));
    let real = graph.cast(mask, Element::Float);
    let shape = graph.shape(ids);
    let second = graph.integers(&[1]);
    Inputs { ids, types, real, tokens: graph.gather(shape, second, 0) }
}
