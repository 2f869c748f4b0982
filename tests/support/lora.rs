//! LoRA against PEFT in float64: logits, losses, the gradient of every trained parameter and of no other, merged logits;
//! its files both ways. One body for every device.

use std::collections::BTreeSet;

use super::families::{GRADIENTS, batch, load};
use super::{Named, Tensors, Within, assert_close, exchanged, fixture, open, tolerance, values};
use burn::module::Module;
use burn::tensor::Tensor;
use serde_json::Value;
use tabtune::checkpoint::adapter::{self, AdapterConfig};
use tabtune::data::Batch;
use tabtune::model::{DeviceBatch, EncoderConfig, LoraPlan, Model};
use tabtune::train::{AdamW, Gradients, Objective};
use tabtune::{Compute, DeviceKind, Task};

/// The families whose adapters PEFT has saved.
pub const ADAPTED: &[&str] = &["bert", "roberta", "deberta-v2", "modernbert"];
const TASK: Task = Task::Classification;

/// A tiny classifier with the adapter that PEFT saved for it.
pub fn adapted(family: &str, compute: &Compute) -> (EncoderConfig, Model, LoraPlan) {
    let (config, base) = load(&format!("families/{family}/sequence"), TASK, compute);
    let file = |name: &str| fixture(&format!("families/{family}/lora/{name}"));
    let settings = AdapterConfig::from_json(&file("adapter_config.json")).expect("a configuration");
    assert_eq!(settings, AdapterConfig { base: Some("../sequence".to_owned()), rank: 4, alpha: 8.0 });
    let weights = file("adapter_model.safetensors");
    let (model, plan) = adapter::load(base, &config, TASK, &settings, &weights).expect("an adapter");
    (config, model, plan)
}

/// Every trained parameter by PEFT's name.
pub async fn trained(model: &Model, config: &EncoderConfig, task: Task, plan: &LoraPlan) -> Named {
    let parameters = adapter::parameters(model, config, task, plan).await.expect("a device that reads");
    parameters.into_iter().map(|(name, shape, values)| (name, (shape, values))).collect()
}

/// The loss of a batch, and the gradients of a model that is in training.
pub fn learn(model: &Model, batch: &Batch, task: Task, classes: usize, compute: &Compute) -> (Tensor<1>, Gradients) {
    let objective = Objective::weighted(task, 0.0, vec![1.0; classes]);
    let input = model.training_input(batch, compute);
    let loss = objective.loss(model.forward(&input), batch, objective.mass(&batch.truths));
    let gradients = Gradients::collect(model, &input, &mut loss.backward(), compute.is_cpu()).expect("gradients");
    (loss, gradients)
}

/// One step of an optimiser that has placed the model, on a batch; the loss is that before it.
pub fn step(
    optim: &mut AdamW,
    model: Model,
    (batch, task, classes): (&Batch, Task, usize),
    rate: f64,
    compute: &Compute,
) -> (Model, Tensor<1>) {
    let objective = Objective::weighted(task, 0.0, vec![1.0; classes]);
    let model = optim.catch_up(model, Some(batch));
    let input = model.training_input(batch, compute);
    let loss = objective.loss(model.forward(&input), batch, objective.mass(&batch.truths));
    optim.backward(&model, &input, loss.clone()).expect("gradients");
    (optim.step(model, rate).0, loss.inner())
}

/// Everything of one family's adapter.
pub async fn agrees(kind: DeviceKind, family: &str) {
    let compute = open(kind).await;
    let (config, model, plan) = adapted(family, &compute);
    let reference = Tensors::fixture(&format!("families/{family}/lora/parity.safetensors"));
    let batch = batch(&reference, "padded", TASK);
    let within = Within::Absolute(tolerance(kind));
    let close = |what: &str, got: &[f32]| {
        assert_close(&format!("{family} {what}"), got, &reference.floats(&format!("padded.{what}")), within);
    };
    let input = DeviceBatch::new(&batch, &compute.device);
    close("logits", &values(model.forward(&input)).await);
    close("merged_logits", &values(model.merged().forward(&input)).await);
    assert_eq!(model.merged().parameters().frozen, 0, "{family}: an ordinary model again");

    let model = model.train();
    assert!(model.training_input(&batch, &compute).words.is_none(), "{family}: no gradient for frozen words");
    let (loss, gradients) = learn(&model, &batch, TASK, 3, &compute);
    close("loss", &values(loss).await);
    let count = gradients.count();
    let gradients = trained(&exchanged(gradients, model), &config, TASK, &plan).await;
    assert_eq!(count, gradients.len(), "{family}: gradients of trained parameters and of no other");
    let prefix = "padded.grad.";
    let names: BTreeSet<&str> = reference.names().filter_map(|name| name.strip_prefix(prefix)).collect();
    assert_eq!(gradients.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "{family}");
    for (name, (shape, gradient)) in &gradients {
        let key = format!("{prefix}{name}");
        assert_eq!(shape, reference.shape(&key), "{family} {key}");
        assert_close(&format!("{family} {key}"), gradient, &reference.floats(&key), GRADIENTS);
    }
}

/// What PEFT saved is what we save after loading it: every tensor to the bit, and the fields that make an adapter.
pub async fn comes_back(family: &str) {
    let compute = open(DeviceKind::Cpu).await;
    let (config, model, plan) = adapted(family, &compute);
    let ours = Tensors::read(&adapter::save(&model, &config, TASK, &plan).await.expect("a file"));
    let theirs = Tensors::fixture(&format!("families/{family}/lora/adapter_model.safetensors"));
    assert_eq!(ours.names().collect::<Vec<_>>(), theirs.names().collect::<Vec<_>>(), "{family}");
    for name in ours.names() {
        assert_eq!(ours.shape(name), theirs.shape(name), "{family} {name}");
        assert_eq!(ours.floats(name), theirs.floats(name), "{family} {name}");
    }
    let ours = adapter::config(&plan, &config, TASK, "../sequence");
    let theirs: Value = super::json(&format!("families/{family}/lora/adapter_config.json"));
    for (field, value) in ours.as_object().expect("an object") {
        assert_eq!(Some(value), theirs.get(field), "{family} {field}");
    }
}

/// A model after one large step on a batch, in which B is no longer zero.
pub fn after_a_step(model: Model, batch: &Batch, task: Task, classes: usize, compute: &Compute) -> Model {
    let mut optim = AdamW::new(0.01, 1.0);
    let model = optim.place(model.train(), compute);
    let (model, _) = step(&mut optim, model, (batch, task, classes), 0.05, compute);
    let model = optim.catch_up(model, None);
    optim.snapshot(&model)
}
