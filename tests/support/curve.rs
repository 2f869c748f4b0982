//! Steps of AdamW on the tiny classifier against PyTorch in float64: losses, norms, learning rates, where the
//! parameters end, and batches whose gradients are added up. One body for every device, natively and in a browser.

use super::{Named, Tensors, Within, assert_close, norm, open, parameters, tiny_classifier, values};
use burn::module::Module;
use serde::Deserialize;
use tabtune::data::Batch;
use tabtune::kernel::in_halves;
use tabtune::recipe::Schedule;
use tabtune::train::{AdamW, Objective, learning_rate};
use tabtune::{Compute, DeviceKind, Task};

const TASK: Task = Task::Classification;

#[derive(Deserialize)]
struct Facts {
    optimizer: Optimizer,
    schedule: Plan,
}

#[derive(Deserialize)]
struct Optimizer {
    weight_decay: f64,
    max_grad_norm: f64,
}

#[derive(Deserialize)]
struct Plan {
    kind: Schedule,
    peak: f64,
    warmup: usize,
    total: usize,
}

/// Losses and norms of each step, relative.
const STEP: Within = Within::Relative(1e-4);
/// Where a parameter has moved to, relative to how far it has moved.
const MOVED: Within = Within::Relative(1e-3);

/// Losses and norms where products are in half precision, whose numbers are 5e-4 apart.
const STEP_IN_HALVES: Within = Within::Relative(2e-3);

/// Runs the batches of each step, compares the steps with `PREFIX.N`, and returns the parameters before and after.
async fn steps(
    (compute, halves): (&Compute, bool),
    reference: &Tensors,
    prefix: &str,
    steps: &[Vec<Batch>],
) -> (Named, Named) {
    let within = if halves { STEP_IN_HALVES } else { STEP };
    let facts: Facts = super::json("curve.json");
    let (config, model) = tiny_classifier(compute);
    let before = parameters(&model, &config, TASK).await;
    let mut optim = AdamW::new(facts.optimizer.weight_decay, facts.optimizer.max_grad_norm);
    let mut model = optim.place(model.train(), compute);
    let objective = Objective::weighted(TASK, 0.0, vec![1.0; 3]);
    for (step, batches) in steps.iter().enumerate() {
        let key = |part: &str| format!("{prefix}.{step}.{part}");
        let mass = batches.iter().map(|batch| objective.mass(&batch.truths)).sum();
        let mut total = 0.0;
        for batch in batches {
            model = optim.catch_up(model, Some(batch));
            let input = model.training_input(batch, compute);
            let loss = in_halves(halves, || {
                let loss = objective.loss(model.forward(&input), batch, mass);
                optim.backward(&model, &input, loss.clone()).expect("gradients");
                loss
            });
            total += values(loss).await[0];
        }
        assert_close(&key("loss"), &[total], &[reference.scalar(&key("loss"))], within);

        let Plan { kind, peak, warmup, total } = facts.schedule;
        let rate = learning_rate(kind, step, total, warmup, peak);
        assert_eq!(rate as f32, reference.scalar(&key("lr")), "{}", key("lr"));
        let (moved, before_clipping) = optim.step(model, rate);
        model = moved;
        let reached = norm(before_clipping).await as f32;
        assert_close(&key("grad_norm"), &[reached], &[reference.scalar(&key("grad_norm"))], within);
    }
    let model = optim.catch_up(model, None);
    (before, parameters(&model, &config, TASK).await)
}

/// Compares where the parameters ended with `PREFIX.NAME`; returns how many were compared.
fn finals(reference: &Tensors, prefix: &str, before: &Named, after: &Named) -> usize {
    let mut compared = 0;
    for (name, (_, ended)) in after {
        let key = format!("{prefix}.{name}");
        // A key's bias has no gradient but rounding, which AdamW turns into steps of its own.
        if name.ends_with("attention.self.key.bias") || !reference.names().any(|name| name == key) {
            continue;
        }
        assert_eq!(before[name].0, reference.shape(&key), "{key}");
        let way = |to: &[f32]| -> Vec<f32> { to.iter().zip(&before[name].1).map(|(to, from)| to - from).collect() };
        assert_close(&key, &way(ended), &way(&reference.floats(&key)), MOVED);
        compared += 1;
    }
    compared
}

/// Ten steps with clipping and warm-up.
pub async fn ten_steps(kind: DeviceKind) {
    ten_steps_on(&open(kind).await).await;
}

/// The same where arrays hold so few bytes that the parameters lie in several.
pub async fn ten_steps_in_short_arrays(kind: DeviceKind) {
    ten_steps_on(&Compute { longest_array: Some(40_000), ..open(kind).await }).await;
}

/// The same with products in half precision: losses and norms, since AdamW's first steps go by signs.
pub async fn ten_steps_in_halves(compute: &Compute) {
    let reference = Tensors::fixture("curve.safetensors");
    let plan: Vec<Vec<Batch>> = (0..10).map(|step| vec![reference.batch(&format!("step.{step}"))]).collect();
    steps((compute, true), &reference, "step", &plan).await;
}

async fn ten_steps_on(compute: &Compute) {
    let reference = Tensors::fixture("curve.safetensors");
    let plan: Vec<Vec<Batch>> = (0..10).map(|step| vec![reference.batch(&format!("step.{step}"))]).collect();
    let (before, after) = steps((compute, false), &reference, "step", &plan).await;
    assert_eq!(finals(&reference, "final", &before, &after), after.len() - 2, "all but two biases of keys");
}

/// Two batches per step equal one of their rows together.
pub async fn accumulated_batches(kind: DeviceKind) {
    let reference = Tensors::fixture("curve.safetensors");
    let micro = |step: usize, part: usize| reference.batch(&format!("accumulation.step.{step}.micro.{part}"));
    let plan: Vec<Vec<Batch>> = (0..3).map(|step| vec![micro(step, 0), micro(step, 1)]).collect();
    assert!(plan.iter().flatten().any(|batch| batch.batch == 4) && plan[0][0].batch != plan[0][1].batch);
    let (before, after) = steps((&open(kind).await, false), &reference, "accumulation.step", &plan).await;
    let compared = finals(&reference, "accumulation.final", &before, &after);
    assert_eq!(compared, after.len() - 4, "all but two biases of keys and the two tables that the file leaves out");
}
