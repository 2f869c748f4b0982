//! What is frozen costs nothing and changes nothing else; layers drawn anew; a learning rate for each depth against
//! PyTorch. One body for every device.

use super::families::{batch, load};
use super::lora::{learn, step as step_of};
use super::{Named, Tensors, Within, assert_close, exchanged, open, parameters, tiny_classifier, values};
use burn::module::Module;
use serde::Deserialize;
use tabtune::data::Batch;
use tabtune::model::{EncoderConfig, Frozen, Model, Parameters, Place};
use tabtune::train::{AdamW, LayerDecay};
use tabtune::{Compute, DeviceKind, Task, checkpoint::names};

const TASK: Task = Task::Classification;
/// Where a parameter has moved to, relative to how far it has moved.
const MOVED: Within = Within::Relative(1e-3);

#[derive(Deserialize)]
struct Facts {
    rate: f64,
    factor: f64,
    weight_decay: f64,
    max_grad_norm: f64,
    steps: usize,
}

/// Steps in which every depth has a learning rate of its own.
pub async fn a_rate_per_depth(kind: DeviceKind) {
    let (compute, facts): (_, Facts) = (open(kind).await, super::json("groups.json"));
    let reference = Tensors::fixture("groups.safetensors");
    let (config, model) = tiny_classifier(&compute);
    let before = parameters(&model, &config, TASK).await;
    let decay = LayerDecay::new(&config, facts.factor);
    let mut optim = AdamW::new(facts.weight_decay, facts.max_grad_norm).with_layer_decay(decay);
    let mut model = optim.place(model.train(), &compute);
    for step in 0..facts.steps {
        let batch = reference.batch(&format!("step.{step}"));
        let (moved, loss) = step_of(&mut optim, model, (&batch, TASK, 3), facts.rate, &compute);
        let key = format!("step.{step}.loss");
        assert_close(&key, &values(loss).await, &[reference.scalar(&key)], Within::Relative(1e-4));
        model = moved;
    }
    let model = optim.catch_up(model, None);
    let after = parameters(&model, &config, TASK).await;
    let mut compared = 0;
    for (name, (shape, ended)) in &after {
        let key = format!("final.{name}");
        // A key's bias has no gradient but rounding, which AdamW turns into steps of its own.
        if name.ends_with("attention.self.key.bias") || !reference.names().any(|name| name == key) {
            continue;
        }
        assert_eq!(shape, reference.shape(&key), "{key}");
        let way = |to: &[f32]| -> Vec<f32> { to.iter().zip(&before[name].1).map(|(to, from)| to - from).collect() };
        assert_close(&key, &way(ended), &way(&reference.floats(&key)), MOVED);
        compared += 1;
    }
    assert_eq!(compared, after.len() - 3, "all but two biases of keys and the table that the file leaves out");
}

/// Every way of freezing one family: the gradients of the rest are what they are without, and nothing is kept for what
/// is frozen, by the gradients or by the optimiser.
pub async fn frozen_parts_cost_nothing(kind: DeviceKind, family: &str) {
    let folder = format!("families/{family}/sequence");
    let compute = open(kind).await;
    let (config, whole) = load(&folder, TASK, &compute);
    let batch = batch(&Tensors::fixture(&format!("{folder}/parity.safetensors")), "padded", TASK);
    let (_, all) = learn(&whole.clone().train(), &batch, TASK, 3, &compute);
    let all = parameters(&exchanged(all, whole.clone()), &config, TASK).await;
    let partly = |embeddings, layers| Frozen { embeddings, layers };
    for frozen in [partly(true, 0), partly(true, 1), partly(false, 1), Frozen::ENCODER] {
        let what = format!("{family} {frozen:?}");
        let model = whole.clone().freeze(&config, frozen).train();
        let counted = model.parameters();
        let expected = expected(&all, &config, frozen);
        assert_eq!(counted, expected, "{what}");
        let (_, gradients) = learn(&model, &batch, TASK, 3, &compute);
        if frozen.embeddings {
            let bytes = gradients.bytes();
            assert_eq!(bytes, counted.trainable * size_of::<f32>(), "{what}: bytes of gradients");
        }
        let named = parameters(&exchanged(gradients, model.clone()), &config, TASK).await;
        for (name, (_, gradient)) in &named {
            let (place, full) = (place(&config, name), &all[name].1);
            let zeros = vec![0.0; full.len()];
            let expected = if is_frozen(&config, frozen, place) { &zeros } else { full };
            assert_close(&format!("{what} {name}"), gradient, expected, Within::Absolute(1e-6));
        }
        only_the_rest_moves(model, &batch, &config, frozen, &compute).await;
    }
}

async fn only_the_rest_moves(model: Model, batch: &Batch, config: &EncoderConfig, frozen: Frozen, compute: &Compute) {
    let (counted, before) = (model.parameters(), parameters(&model, config, TASK).await);
    let mut optim = AdamW::new(0.01, 1.0);
    assert_eq!(optim.bytes(), 0);
    let model = optim.place(model, compute);
    let (model, _) = step_of(&mut optim, model, (batch, TASK, 3), 0.01, compute);
    let model = optim.catch_up(model, None);
    // For each row of the table of words it also notes whether it ever had a gradient, and how far it is; a GPU's arrays have
    // gaps between parameters.
    let noted = if frozen.embeddings { 0 } else { config.vocab_size * (1 + size_of::<u32>()) };
    let gaps = if compute.is_cpu() { 0 } else { 2 * 4096 * before.len() };
    let least = 2 * counted.trainable * size_of::<f32>() + noted;
    assert!((least..=least + gaps).contains(&optim.bytes()), "{frozen:?}: {} bytes of moments", optim.bytes());
    assert_eq!(model.parameters(), counted, "a step leaves frozen what was");
    for (name, (_, values)) in &parameters(&model, config, TASK).await {
        let moved = *values != before[name].1;
        assert_eq!(moved, !is_frozen(config, frozen, place(config, name)), "{frozen:?} {name}");
    }
}

/// How much is trained, counted from names and shapes.
fn expected(all: &Named, config: &EncoderConfig, frozen: Frozen) -> Parameters {
    let size = |rests: bool| -> usize {
        let counted = all.iter().filter(|(name, _)| is_frozen(config, frozen, place(config, name)) == rests);
        counted.map(|(_, (_, values))| values.len()).sum()
    };
    Parameters { trainable: size(false), frozen: size(true) }
}

fn place(config: &EncoderConfig, hub: &str) -> Place {
    let table = names::table(config, TASK);
    Place::of(&table.iter().find(|name| name.hub == hub).expect("a name of the table").path)
}

fn is_frozen(config: &EncoderConfig, frozen: Frozen, place: Place) -> bool {
    match place {
        Place::Embeddings => frozen.embeddings,
        Place::Layer(layer) => frozen.layers >= config.num_hidden_layers || (layer < frozen.layers && !shares(config)),
        Place::Top => frozen == Frozen::ENCODER,
        Place::Head => false,
    }
}

/// Whether one layer stands at every depth, so that it is frozen with the last of them.
fn shares(config: &EncoderConfig) -> bool {
    config.family.model_type == "albert"
}

/// The top layer drawn anew, and nothing else.
pub async fn the_top_is_drawn_anew(kind: DeviceKind, family: &str) {
    let compute = open(kind).await;
    let (config, model) = load(&format!("families/{family}/sequence"), TASK, &compute);
    let before = parameters(&model, &config, TASK).await;
    let draw = |seed| parameters_of(model.clone().reinitialised(&config, 1, seed), &config);
    let (drawn, again, other) = (draw(7).await, draw(7).await, draw(8).await);
    assert_eq!(drawn, again, "{family}: the same seed");
    let top = Place::Layer(config.num_hidden_layers - 1);
    let (mut sum, mut count) = (0.0, 0);
    for (name, (shape, values)) in &drawn {
        if place(&config, name) != top {
            assert_eq!(values, &before[name].1, "{family} {name}");
        } else if shape.len() == 1 {
            let one = if name.ends_with("weight") { 1.0 } else { 0.0 };
            assert!(values.iter().all(|value| *value == one), "{family} {name}");
        } else {
            assert_ne!(values, &before[name].1, "{family} {name}");
            assert_ne!(values, &other[name].1, "{family} {name}");
            sum += values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
            count += values.len();
        }
    }
    let deviation = (sum / count as f64).sqrt();
    let spread = config.initializer_range / (2.0 * count as f64).sqrt();
    assert!((deviation - config.initializer_range).abs() < 4.0 * spread, "{family}: {deviation} over {count} weights");
}

async fn parameters_of(model: Model, config: &EncoderConfig) -> Named {
    parameters(&model, config, TASK).await
}
