//! Tiny random models of every family and head against transformers in float64: last hidden states, logits, losses and
//! every gradient, padded and unpadded. One body for every device.

use std::collections::BTreeSet;

use super::{Tensors, Within, assert_close, by_name, fixture, open, parameters, tolerance, values};
use burn::module::Module;
use serde::Deserialize;
use tabtune::data::{Batch, Truth};
use tabtune::kernel::Dropout;
use tabtune::model::{DeviceBatch, EncoderConfig, Model, Wanted};
use tabtune::train::{Gradients, Objective, checkpointed_backward};
use tabtune::{Compute, DeviceKind, Task, checkpoint};

/// The families' folders.
pub const FAMILIES: &[&str] =
    &["bert", "distilbert", "roberta", "electra", "mpnet", "albert", "deberta-v2", "deberta-plain", "modernbert"];
/// The heads' folders.
pub const HEADS: &[(&str, Task)] = &[
    ("sequence", Task::Classification),
    ("tokens", Task::Tokens),
    ("answers", Task::Answers),
    ("language", Task::Language),
];
/// Heads that only one family has been tried with, since they differ from the others in their loss or pooling alone.
pub const MORE: &[(&str, &str, Task)] = &[
    ("bert", "sequence-multi", Task::MultiLabel),
    ("bert", "sequence-regression", Task::Regression),
    ("modernbert-cls", "sequence", Task::Classification),
];

/// Everything that there are fixtures of: family, head and task.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, Task)> {
    let every = FAMILIES.iter().flat_map(|family| HEADS.iter().map(move |(head, task)| (*family, *head, *task)));
    every.chain(MORE.iter().copied())
}

#[derive(Deserialize)]
struct Facts {
    batches: Vec<String>,
    with_gradients: Vec<String>,
    parameters: BTreeSet<String>,
    no_gradient: BTreeSet<String>,
    zero_gradients: BTreeSet<String>,
}

/// ‖a − b‖ / ‖b‖ of a gradient, at most.
pub const GRADIENTS: Within = Within::Relative(1e-4);
/// Largest element of a gradient that is zero but for rounding.
const ZERO: Within = Within::Absolute(1e-6);

/// Everything of one family's head.
pub async fn agrees(kind: DeviceKind, family: &str, head: &str, task: Task) {
    let folder = format!("families/{family}/{head}");
    let facts: Facts = super::json(&format!("{folder}/parity.json"));
    let compute = open(kind).await;
    let (config, model) = load(&folder, task, &compute);
    let reference = Tensors::fixture(&format!("{folder}/parity.safetensors"));
    let held: BTreeSet<String> = parameters(&model, &config, task).await.into_keys().collect();
    assert_eq!(held, facts.parameters, "{folder}");
    saved_again(&folder, &config, &model, task).await;
    for name in &facts.batches {
        let within = Within::Absolute(tolerance(kind));
        let batch = batch(&reference, name, task);
        let whole = Batch { truths: Vec::new(), ..batch.clone() };
        let input = DeviceBatch::new(&whole, &compute.device);
        let key = |part: &str| format!("{name}.{part}");
        let hidden = values(model.encoder().forward(&input, Wanted::All)).await;
        let (hidden, expected) = (real(hidden, &batch), real(reference.floats(&key("hidden")), &batch));
        assert_close(&format!("{folder} {}", key("hidden")), &hidden, &expected, within);
        let logits = values(model.forward(&input)).await;
        assert_close(&format!("{folder} {}", key("logits")), &logits, &reference.floats(&key("logits")), within);
    }
    for name in &facts.with_gradients {
        gradients_agree(kind, &folder, name, task, &compute, &config, &model, &facts, &reference).await;
    }
}

#[allow(clippy::too_many_arguments)] // All that `agrees` has read.
async fn gradients_agree(
    kind: DeviceKind,
    folder: &str,
    name: &str,
    task: Task,
    compute: &Compute,
    config: &EncoderConfig,
    model: &Model,
    facts: &Facts,
    reference: &Tensors,
) {
    let batch = batch(reference, name, task);
    let model = model.clone().train();
    let objective = Objective::weighted(task, 0.0, vec![1.0; config.labels.as_ref().map_or(1, Vec::len)]);
    let input = model.training_input(&batch, compute);
    let loss = objective.loss(model.forward(&input), &batch, objective.mass(&batch.truths));
    let key = format!("{name}.loss");
    let within = Within::Absolute(tolerance(kind));
    assert_close(&format!("{folder} {key}"), &values(loss.clone()).await, &reference.floats(&key), within);
    let collected = Gradients::collect(&model, &input, &mut loss.backward(), compute.is_cpu()).expect("gradients");
    for (parameter, (shape, gradient)) in by_name(collected, model.clone(), config, task).await {
        let (key, what) = (format!("{name}.grad.{parameter}"), format!("{folder} {name} gradient of {parameter}"));
        if facts.no_gradient.contains(&parameter) || facts.zero_gradients.contains(&parameter) {
            assert_close(&what, &gradient, &vec![0.0; gradient.len()], ZERO);
            continue;
        }
        assert_eq!(shape, reference.shape(&key), "{what}");
        assert_close(&what, &gradient, &reference.floats(&key), GRADIENTS);
    }
}

/// What is saved is what transformers saved: the same names, shapes and values, so that its class has no key missing and
/// none left over.
async fn saved_again(folder: &str, config: &EncoderConfig, model: &Model, task: Task) {
    let saved = Tensors::read(&checkpoint::save(model, config, task).await.expect("a file"));
    let reference = Tensors::fixture(&format!("{folder}/model.safetensors"));
    assert!(saved.names().eq(reference.names()), "{folder}");
    for name in reference.names() {
        assert_eq!(saved.shape(name), reference.shape(name), "{folder} {name}");
        assert_eq!(saved.floats(name), reference.floats(name), "{folder} {name}");
    }
}

/// The same gradients, with what is dropped, whether activations are kept or computed again.
pub async fn agrees_with_checkpointing(kind: DeviceKind, family: &str, head: &str, task: Task) {
    let folder = format!("families/{family}/{head}");
    let compute = open(kind).await;
    let (config, model) = load(&folder, task, &compute);
    let facts: Facts = super::json(&format!("{folder}/parity.json"));
    let batch = batch(&Tensors::fixture(&format!("{folder}/parity.safetensors")), &facts.with_gradients[0], task);
    let model = model.train();
    let objective = Objective::weighted(task, 0.0, vec![1.0; config.labels.as_ref().map_or(1, Vec::len)]);
    let loss = |outputs| objective.loss(outputs, &batch, objective.mass(&batch.truths));
    let input = || model.training_input(&batch, &compute).with_dropout(Dropout::new(0.2, 7));
    let collect = |input: &DeviceBatch, gradients: &mut _| {
        Gradients::collect(&model, input, gradients, compute.is_cpu()).expect("gradients")
    };

    let kept = input();
    let expected_loss = loss(model.forward(&kept));
    let expected = collect(&kept, &mut expected_loss.clone().backward());
    let (again, mut sum) = (input(), Gradients::default());
    let found_loss = checkpointed_backward(&model, &again, loss, |loss| {
        let mut gradients = loss.backward();
        sum.add(collect(&again, &mut gradients));
        Ok(gradients)
    });

    let (found, expected_loss) = (values(found_loss.expect("a loss")).await, values(expected_loss).await);
    assert_close(&format!("{folder} loss"), &found, &expected_loss, Within::Absolute(1e-6));
    let found = by_name(sum, model.clone(), &config, task).await;
    let expected = by_name(expected, model.clone(), &config, task).await;
    assert!(found.keys().eq(expected.keys()), "{folder}");
    for (parameter, (_, expected)) in expected {
        let what = format!("{folder} gradient of {parameter}");
        if facts.zero_gradients.contains(&parameter) {
            assert_close(&what, &found[&parameter].1, &vec![0.0; expected.len()], ZERO);
        } else {
            assert_close(&what, &found[&parameter].1, &expected, GRADIENTS);
        }
    }
}

/// A folder's model with the head of a task.
pub fn load(folder: &str, task: Task, compute: &Compute) -> (EncoderConfig, Model) {
    let config = EncoderConfig::from_json(&fixture(&format!("{folder}/config.json"))).expect("a configuration");
    assert_eq!(config.task(), Some(task), "{folder}");
    let weights = fixture(&format!("{folder}/model.safetensors"));
    let outputs = config.labels.as_ref().map_or(2, Vec::len);
    let loaded = checkpoint::load(&config, &[&weights], task, outputs, &compute.device).expect("a checkpoint");
    assert_eq!((loaded.missing, loaded.unexpected), (vec![], vec![]), "{folder}");
    (config, loaded.model)
}

/// A batch of the reference with what is right for it in the form of the task.
pub fn batch(reference: &Tensors, name: &str, task: Task) -> Batch {
    let part = |part: &str| reference.integers(&format!("{name}.{part}"));
    let shape = reference.shape(&format!("{name}.ids"));
    let (rows, tokens) = (shape[0], shape[1]);
    let mask = part("mask");
    let targets = format!("{name}.targets");
    let truths = match task {
        Task::Classification => integers(reference, &targets, 1, |of| Truth::Class(of[0] as usize)),
        Task::Tokens => integers(reference, &targets, tokens, |of| {
            Truth::Tokens(of.iter().map(|&class| usize::try_from(class).ok()).collect())
        }),
        Task::Answers => integers(reference, &targets, 2, |of| Truth::Span([of[0] as usize, of[1] as usize])),
        Task::Language => integers(reference, &targets, tokens, |of| {
            Truth::Hidden(of.iter().copied().enumerate().filter(|(_, word)| *word >= 0).collect())
        }),
        Task::MultiLabel => {
            let labels = reference.floats(&targets);
            labels.chunks(labels.len() / rows).map(|labels| Truth::Labels(labels.to_vec())).collect()
        }
        Task::Regression => reference.floats(&targets).into_iter().map(Truth::Score).collect(),
        Task::Embedding => unreachable!("it has no outputs to be right"),
    };
    let real_tokens = mask.iter().filter(|&&real| real == 1).count();
    Batch { ids: part("ids"), mask, types: part("types"), truths, batch: rows, group: 1, tokens, real_tokens }
}

fn integers(reference: &Tensors, name: &str, per_row: usize, truth: impl Fn(&[i32]) -> Truth) -> Vec<Truth> {
    reference.integers(name).chunks(per_row).map(truth).collect()
}

/// The values of tokens that are not padding.
fn real(values: Vec<f32>, batch: &Batch) -> Vec<f32> {
    let width = values.len() / batch.mask.len();
    let rows = values.chunks(width).zip(&batch.mask).filter(|(_, real)| **real == 1);
    rows.flat_map(|(row, _)| row.to_vec()).collect()
}
