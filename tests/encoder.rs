//! The real all-MiniLM-L6-v2, where set-up has put it, against transformers: first outputs and five training steps.

mod support;

use std::path::PathBuf;

use burn::module::Module;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use support::{Within, assert_close, block_on, norm, open, tolerance, values};
use tabtune::data::{Batch, Truth};
use tabtune::model::{DeviceBatch, EncoderConfig, Model, Wanted};
use tabtune::text::{Encoding, Tokenizer};
use tabtune::train::{AdamW, Objective};
use tabtune::{Compute, DeviceKind, Task, checkpoint};

#[derive(Deserialize)]
struct Facts {
    labels: usize,
    batch_size: usize,
    learning_rate: f64,
    max_length: usize,
    weight_decay: f64,
    max_grad_norm: f64,
    examples: Vec<Example>,
    probes: Vec<Probe>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Example {
    text: String,
    label: usize,
}

#[derive(Deserialize)]
struct Probe {
    text: String,
    ids: Vec<i32>,
    hidden_cls: Vec<f32>,
    logits: Vec<f32>,
}

#[derive(Deserialize)]
struct Step {
    loss: f32,
    grad_norm: f32,
}

#[derive(Deserialize)]
struct Tokens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    max_length: Option<usize>,
    ids: Vec<i32>,
    type_ids: Vec<i32>,
}

/// Losses and norms of each step, relative.
const STEP: Within = Within::Relative(1e-4);

/// A file of the encoder, or `None` with a sentence where set-up has not been run.
fn file(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("pkg/models/all-MiniLM-L6-v2").join(name);
    let bytes = std::fs::read(&path);
    if bytes.is_err() {
        support::say(
            "The real encoder: skipped, since all-MiniLM-L6-v2 is not there. `make build` puts it into pkg/models.",
        );
    }
    bytes.ok()
}

/// The encoder's weights with the reference's classifier beside them: 0.02 · sin(0, 1, 2, …), bias 0.
fn with_classifier(weights: &[u8], classes: usize, hidden: usize) -> Vec<u8> {
    let file = safetensors::SafeTensors::deserialize(weights).expect("a safetensors file");
    let sine: Vec<u8> = (0..classes * hidden).flat_map(|index| (0.02 * (index as f32).sin()).to_le_bytes()).collect();
    let zero = vec![0; classes * 4];
    let mut views = file.tensors();
    for (name, shape, data) in
        [("classifier.weight", vec![classes, hidden], &sine), ("classifier.bias", vec![classes], &zero)]
    {
        views.push((name.to_owned(), TensorView::new(Dtype::F32, shape, data).expect("a tensor")));
    }
    safetensors::serialize(views, None).expect("a safetensors file")
}

fn classifier(compute: &Compute, classes: usize) -> Option<(Model, Tokenizer)> {
    let config = EncoderConfig::from_json(&file("config.json")?).expect("a configuration");
    let weights = with_classifier(&file("model.safetensors")?, classes, config.hidden_size);
    let loaded =
        checkpoint::load(&config, &[&weights], Task::Classification, classes, &compute.device).expect("a checkpoint");
    assert_eq!((loaded.missing, loaded.unexpected), (vec![], vec![]));
    Some((loaded.model, Tokenizer::from_json(&file("tokenizer.json")?).expect("a tokenizer")))
}

fn outputs_and_five_steps(kind: DeviceKind) {
    let (compute, facts): (_, Facts) = (block_on(open(kind)), support::json("minilm.json"));
    let Some((model, tokenizer)) = classifier(&compute, facts.labels) else { return };
    let encode = |text: &str| tokenizer.encode(text, Some(facts.max_length)).expect("ids");
    let pad = |texts: &[Encoding], truths: &[Truth]| {
        Batch::pad(&texts.iter().collect::<Vec<_>>(), truths, tokenizer.pad_id(), 1, facts.max_length)
    };
    let within = Within::Absolute(tolerance(kind));
    for probe in &facts.probes {
        let tokens = encode(&probe.text);
        assert_eq!(tokens.ids, probe.ids, "{}", probe.text);
        let batch = DeviceBatch::new(&pad(&[tokens], &[]), &compute.device);
        let hidden = model.encoder().forward(&batch, Wanted::All);
        assert_close("hidden", &block_on(values(hidden))[..8], &probe.hidden_cls, within);
        assert_close("logits", &block_on(values(model.forward(&batch))), &probe.logits, within);
    }

    let mut optim = AdamW::new(facts.weight_decay, facts.max_grad_norm);
    let mut model = optim.place(model.train(), &compute);
    let objective = Objective::weighted(Task::Classification, 0.0, vec![1.0; facts.labels]);
    assert_eq!(facts.examples.len(), facts.steps.len() * facts.batch_size);
    for (rows, step) in facts.examples.chunks(facts.batch_size).zip(&facts.steps) {
        let texts: Vec<Encoding> = rows.iter().map(|row| encode(&row.text)).collect();
        let batch = pad(&texts, &rows.iter().map(|row| Truth::Class(row.label)).collect::<Vec<_>>());
        model = optim.catch_up(model, Some(&batch));
        let input = model.training_input(&batch, &compute);
        let loss = objective.loss(model.forward(&input), &batch, objective.mass(&batch.truths));
        assert_close("loss", &block_on(values(loss.clone())), &[step.loss], STEP);
        optim.backward(&model, &input, loss).expect("gradients");
        let (moved, before_clipping) = optim.step(model, facts.learning_rate);
        model = moved;
        assert_close("norm", &[block_on(norm(before_clipping)) as f32], &[step.grad_norm], STEP);
    }
}

#[test]
fn outputs_and_five_steps_on_the_cpu() {
    outputs_and_five_steps(DeviceKind::Cpu);
}

#[test]
fn outputs_and_five_steps_on_the_gpu() {
    support::on_a_gpu("The real encoder", || {
        outputs_and_five_steps(DeviceKind::Gpu);
    });
}

#[test]
fn its_tokenizer_gives_pythons_ids() {
    let Some(bytes) = file("tokenizer.json") else { return };
    let tokenizer = Tokenizer::from_json(&bytes).expect("a tokenizer");
    let tokens: Tokens = support::json("tokens_minilm.json");
    assert!(!tokens.cases.is_empty());
    for case in tokens.cases {
        let encoding = tokenizer.encode(&case.text, case.max_length).expect("ids");
        assert_eq!(encoding.ids, case.ids, "{:?} at {:?}", case.text, case.max_length);
        assert_eq!(encoding.types, case.type_ids, "{:?} at {:?}", case.text, case.max_length);
    }
}
