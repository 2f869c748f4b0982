//! Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): the forward pass keeps the
//! states between layers and nothing else, and the backward pass computes each layer once more before it goes through it.
//!
//! Memory for activations falls from that of all layers to that of one; time rises by a forward pass, about a third.

use burn::module::Module;
use burn::tensor::{Gradients, Tensor};

use crate::error::Result;
use crate::model::{DeviceBatch, Model, Place};

/// Goes back from a batch's loss through the head and then part by part to the embeddings, or as far down as anything
/// learns, and returns the loss, `[1]`. `loss` computes it from the model's outputs; `through` goes back from the loss of one
/// part, adds the gradients of parameters to those that it has, and gives back all others.
///
/// # Errors
///
/// A device that failed.
pub fn backward(
    model: &Model,
    batch: &DeviceBatch,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    mut through: impl FnMut(Tensor<1>) -> Result<Gradients>,
) -> Result<Tensor<1>> {
    let Kept { mut states, drawn } = forward(model, batch);
    let layers = drawn.len() - 1;

    let last = leaf(states.pop());
    batch.dropout.go_to(drawn[layers]);
    let loss = loss(model.judge(model.encoder().finish(last.clone()), batch));
    let found = loss.clone().inner();
    let mut gradients = through(loss)?;
    let mut passed = last.grad_remove(&mut gradients);
    drop(last);

    for part in (lowest_learning(model, layers)..=layers).rev() {
        let Some(gradient) = passed.take() else { break };
        let Some(depth) = part.checked_sub(1) else {
            batch.dropout.go_to(0);
            through(along(model.encoder().embed(batch), gradient))?;
            break;
        };
        let before = leaf(states.pop());
        let masks = [drawn[0], drawn[depth]];
        let after = model.encoder().layer_again(depth, before.clone(), masks, batch, model.head().wants());
        let mut gradients = through(along(after, gradient))?;
        passed = before.grad_remove(&mut gradients);
    }
    Ok(found)
}

/// What a forward pass keeps that records nothing.
struct Kept {
    /// States after the embeddings, then after each layer.
    states: Vec<Tensor<3>>,
    /// How many masks of dropout had been drawn by then.
    drawn: Vec<u64>,
}

fn forward(model: &Model, batch: &DeviceBatch) -> Kept {
    let (model, batch) = (model.valid(), batch.valid());
    let mut kept = Kept { states: Vec::new(), drawn: Vec::new() };
    model.encoder().watched(&batch, model.head().wants(), |states| {
        kept.states.push(states.clone());
        kept.drawn.push(batch.dropout.drawn());
    });
    kept
}

/// The lowest part of an encoder that learns: 0 for the embeddings, then its layers from 1; beyond them if only the head
/// does.
fn lowest_learning(model: &Model, layers: usize) -> usize {
    let learning = model.learning();
    if learning.contains(&Place::Embeddings) {
        return 0;
    }
    let lowest = model.encoder().order().iter().position(|&layer| learning.contains(&Place::Layer(layer)));
    lowest.map_or(layers + 1, |depth| depth + 1)
}

/// Kept states as the beginning of a graph of their own.
fn leaf(states: Option<Tensor<3>>) -> Tensor<3> {
    let states = states.unwrap_or_else(|| unreachable!("a forward pass keeps the states before every part"));
    Tensor::from_inner(states).require_grad()
}

/// What has this gradient, as a loss.
fn along(states: Tensor<3>, gradient: Tensor<3>) -> Tensor<1> {
    (states * Tensor::from_inner(gradient)).sum()
}
