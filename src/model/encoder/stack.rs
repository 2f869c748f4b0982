//! What encoders of all families are: embeddings, layers one after the other, and what ends them. Passes over all of it,
//! and over one part of it again.

use burn::tensor::Tensor;

use super::Wanted;
use crate::model::batch::DeviceBatch;

/// An encoder by its parts.
pub trait Stack {
    /// What all layers share of a batch.
    type Shared;

    /// Which layer of the module tree is used at each depth.
    fn order(&self) -> Vec<usize>;

    /// Token ids → `[B, T, H]`.
    fn embed(&self, batch: &DeviceBatch) -> Tensor<3>;

    /// What all layers share of a batch. It draws its masks after those of the embeddings.
    fn share(&self, batch: &DeviceBatch) -> Self::Shared;

    /// The layer at a depth: `[B, T, H]` → what is wanted of `[B, T, H]`.
    fn layer(
        &self,
        depth: usize,
        hidden: Tensor<3>,
        shared: &Self::Shared,
        batch: &DeviceBatch,
        wanted: Wanted,
    ) -> Tensor<3>;

    /// What follows the last layer.
    fn finish(&self, hidden: Tensor<3>) -> Tensor<3> {
        hidden
    }
}

/// A pass through all parts; `watch` sees the states after the embeddings and after each layer.
pub fn pass<S: Stack>(stack: &S, batch: &DeviceBatch, wanted: Wanted, mut watch: impl FnMut(&Tensor<3>)) -> Tensor<3> {
    let mut hidden = stack.embed(batch);
    watch(&hidden);
    let shared = stack.share(batch);
    let layers = stack.order().len();
    for depth in 0..layers {
        hidden = stack.layer(depth, hidden, &shared, batch, wanted.of_layer(depth, layers));
        watch(&hidden);
    }
    stack.finish(hidden)
}

/// What a layer makes of `hidden` once more, with the masks that it drew in a pass: `drawn` says how many had been by the
/// end of the embeddings, and by its own beginning.
pub fn layer_again<S: Stack>(
    stack: &S,
    depth: usize,
    hidden: Tensor<3>,
    drawn: [u64; 2],
    batch: &DeviceBatch,
    wanted: Wanted,
) -> Tensor<3> {
    let [embeddings, layer] = drawn;
    batch.dropout.go_to(embeddings);
    let shared = stack.share(batch);
    // The first layer begins where what is shared ends.
    if depth > 0 {
        batch.dropout.go_to(layer);
    }
    stack.layer(depth, hidden, &shared, batch, wanted.of_layer(depth, stack.order().len()))
}
