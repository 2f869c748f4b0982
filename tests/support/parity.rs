//! The tiny classifier against transformers in float64: every hidden state, logits, losses and every gradient. One
//! body for every device, natively and in a browser.

use std::collections::BTreeSet;

use super::{Tensors, Within, assert_close, by_name, open, parameters, tiny_classifier, tolerance, values};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use serde::Deserialize;
use tabtune::checkpoint::names;
use tabtune::kernel::in_halves;
use tabtune::model::{DeviceBatch, Wanted};
use tabtune::train::{Gradients, Objective};
use tabtune::{Compute, DeviceKind, Task};

#[derive(Deserialize)]
struct Facts {
    batches: Vec<String>,
    parameters: BTreeSet<String>,
    zero_gradients: BTreeSet<String>,
    label_smoothing: f64,
    class_weights: Vec<f64>,
}

fn facts() -> Facts {
    let facts: Facts = super::json("parity.json");
    assert_eq!(facts.batches, ["unpadded", "padded", "types"]);
    facts
}

const TASK: Task = Task::Classification;
/// ‖a − b‖ / ‖b‖ of a gradient, at most.
const GRADIENTS: Within = Within::Relative(1e-4);
/// Largest element of a gradient that is zero but for rounding.
const ZERO: Within = Within::Absolute(1e-6);

/// States after the embeddings and each layer, and the logits.
pub async fn hidden_states_and_logits(kind: DeviceKind) {
    let (compute, reference) = (open(kind).await, Tensors::fixture("parity.safetensors"));
    let (_, model) = tiny_classifier(&compute);
    let within = Within::Absolute(tolerance(kind));
    for name in facts().batches {
        let batch = DeviceBatch::new(&reference.batch(&name), &compute.device);
        let mut hidden = Vec::new();
        let last = model.encoder().watched(&batch, Wanted::All, |states| hidden.push(states.clone()));
        assert_eq!(hidden.len(), 3, "embeddings and two layers");
        for (layer, states) in hidden.into_iter().enumerate() {
            let name = format!("{name}.hidden.{layer}");
            assert_eq!(states.dims(), reference.shape(&name), "{name}");
            assert_close(&name, &values(states).await, &reference.floats(&name), within);
        }
        assert_close("last", &values(last).await, &reference.floats(&format!("{name}.hidden.2")), within);
        let logits = format!("{name}.logits");
        assert_close(&logits, &values(model.forward(&batch)).await, &reference.floats(&logits), within);
    }
}

/// How near a way to multiply has to come.
struct Limits {
    /// Whether it multiplies in half precision.
    halves: bool,
    loss: Within,
    gradients: Within,
    /// Of gradients that are zero but for rounding.
    zero: Within,
}

/// Losses, and the gradient of every parameter that the model, the reference and the name table have.
pub async fn losses_and_every_gradient(kind: DeviceKind) {
    let limits = Limits { halves: false, loss: Within::Absolute(tolerance(kind)), gradients: GRADIENTS, zero: ZERO };
    losses_and_every_gradient_within(&open(kind).await, &limits).await;
}

/// The same where products are in half precision, whose numbers are 5e-4 apart.
pub async fn losses_and_every_gradient_in_halves(compute: &Compute) {
    let limits = Limits {
        halves: true,
        loss: Within::Absolute(1e-3),
        gradients: Within::Relative(1.5e-2),
        zero: Within::Absolute(1e-4),
    };
    losses_and_every_gradient_within(compute, &limits).await;
}

async fn losses_and_every_gradient_within(compute: &Compute, limits: &Limits) {
    let (reference, facts) = (Tensors::fixture("parity.safetensors"), facts());
    let (config, model) = tiny_classifier(compute);
    let model = model.train();
    let objective = Objective::weighted(TASK, 0.0, vec![1.0; 3]);
    for batch_name in &facts.batches {
        let batch = reference.batch(batch_name);
        let input = model.training_input(&batch, compute);
        let (loss, mut graph) = in_halves(limits.halves, || {
            let loss = objective.loss(model.forward(&input), &batch, objective.mass(&batch.truths));
            (loss.clone(), loss.backward())
        });
        let name = format!("{batch_name}.loss");
        assert_close(&name, &values(loss).await, &reference.floats(&name), limits.loss);

        let collected = Gradients::collect(&model, &input, &mut graph, compute.is_cpu()).expect("gradients");
        let gradients = by_name(collected, model.clone(), &config, TASK).await;
        for (name, (shape, gradient)) in &gradients {
            let key = format!("{batch_name}.grad.{name}");
            assert_eq!(shape, reference.shape(&key), "{key}");
            if facts.zero_gradients.contains(name) {
                assert_close(&key, gradient, &vec![0.0; gradient.len()], limits.zero);
            } else {
                assert_close(&key, gradient, &reference.floats(&key), limits.gradients);
            }
        }
        // What was compared is all that the reference, the name table and the model have.
        let compared: BTreeSet<String> = gradients.into_keys().collect();
        let prefix = format!("{batch_name}.grad.");
        let in_file: BTreeSet<String> =
            reference.names().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect();
        assert_eq!(compared, in_file);
        assert_eq!(compared, facts.parameters);
        assert_eq!(compared, parameters(&model, &config, TASK).await.into_keys().collect());
        assert_eq!(compared, names::table(&config, TASK).into_iter().map(|name| name.hub).collect());
    }
}

/// Label smoothing and class weights, alone and together.
pub async fn smoothing_and_class_weights(kind: DeviceKind) {
    let (compute, reference, facts) = (open(kind).await, Tensors::fixture("parity.safetensors"), facts());
    let (config, model) = tiny_classifier(&compute);
    let model = model.train();
    let (batch, ones) = (reference.batch("padded"), vec![1.0; 3]);
    let device = compute.device.clone().autodiff();
    for (variant, smoothing, weights) in [
        ("smooth", facts.label_smoothing, ones),
        ("weighted", 0.0, facts.class_weights.clone()),
        ("both", facts.label_smoothing, facts.class_weights.clone()),
    ] {
        let objective = Objective::weighted(TASK, smoothing, weights);
        let loss = |logits| objective.loss(logits, &batch, objective.mass(&batch.truths));
        let key = |part: &str| format!("padded.{variant}.{part}");

        let input = model.training_input(&batch, &compute);
        let total = loss(model.forward(&input));
        let limit = Within::Absolute(tolerance(kind));
        assert_close(&key("loss"), &values(total.clone()).await, &reference.floats(&key("loss")), limit);
        let collected = Gradients::collect(&model, &input, &mut total.backward(), compute.is_cpu()).expect("gradients");
        let (_, gradient) = &by_name(collected, model.clone(), &config, TASK).await["classifier.weight"];
        assert_close(variant, gradient, &reference.floats(&key("grad.classifier.weight")), GRADIENTS);

        let data = TensorData::new(reference.floats("padded.logits"), [5, 3]);
        let logits = Tensor::<2>::from_data(data, &device).require_grad();
        let gradient = logits.grad(&loss(logits.clone()).backward()).expect("a gradient");
        assert_close(&key("grad_logits"), &values(gradient).await, &reference.floats(&key("grad_logits")), GRADIENTS);
    }
}
