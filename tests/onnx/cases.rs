//! A folder of ONNX files, and in `cases.json` what each is asked and what we say to it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tabtune::data::Batch;
use tabtune::model::{DeviceBatch, EncoderConfig, Head, Model, OutputHead, Pooling, SentenceHead, Wanted};
use tabtune::{Compute, DeviceKind, Precision, Task, onnx};

use crate::batches::batches;
use crate::support::families::load;
use crate::support::{open, values};

/// A folder under construction.
pub struct Folder {
    path: PathBuf,
    cases: Vec<Value>,
}

impl Folder {
    /// An empty folder for one test.
    pub fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("onnx").join(test);
        if path.exists() {
            fs::remove_dir_all(&path).expect("a folder that can be emptied");
        }
        fs::create_dir_all(&path).expect("a folder");
        Self { path, cases: Vec::new() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The list of cases.
    pub fn write(&self) {
        fs::write(self.path.join("cases.json"), json!(self.cases).to_string()).expect("a file");
    }

    /// A fixture with its own head.
    pub async fn add(&mut self, family: &str, head: &str, task: Task, precisions: &[Precision]) {
        let compute = open(DeviceKind::Cpu).await;
        let (config, model) = load(&format!("families/{family}/{head}"), task, &compute);
        self.add_model(&format!("{family}-{head}"), &model, &config, task, precisions, &compute).await;
    }

    /// A fixture's encoder as one that makes vectors, which are scaled to length 1 where they are means.
    pub async fn add_vectors(&mut self, family: &str) {
        let compute = open(DeviceKind::Cpu).await;
        let (config, model) = load(&format!("families/{family}/sequence"), Task::Classification, &compute);
        for (pooling, normalises) in [(Pooling::Mean, true), (Pooling::First, false)] {
            let model = model.clone().with_head(Head::Sentence(SentenceHead::new(pooling, normalises)));
            let name = format!("{family}-{pooling:?}");
            self.add_model(&name, &model, &config, Task::Embedding, &[Precision::F32], &compute).await;
        }
    }

    /// A fixture's encoder with a layer over its vectors, as it is fitted to a frozen encoder.
    pub async fn add_linear(&mut self, family: &str) {
        let compute = open(DeviceKind::Cpu).await;
        let (config, model) = load(&format!("families/{family}/sequence"), Task::Classification, &compute);
        let weight: Vec<f32> = (0..4 * config.hidden_size).map(|at| (at as f32).sin()).collect();
        for (pooling, normalises) in [(Pooling::Mean, true), (Pooling::First, false)] {
            let head = OutputHead::linear(&config, pooling, normalises, 4, &compute.device);
            let model = model.clone().with_head(Head::Outputs(head.with_output(&weight, &[0.1, -0.2, 0.3, 0.0])));
            let name = format!("{family}-linear-{pooling:?}");
            self.add_model(&name, &model, &config, Task::Classification, &[Precision::F32], &compute).await;
        }
    }

    async fn add_model(
        &mut self,
        name: &str,
        model: &Model,
        config: &EncoderConfig,
        task: Task,
        precisions: &[Precision],
        compute: &Compute,
    ) {
        let mut asked = Vec::new();
        for batch in batches(config) {
            asked.push(json!({
                "shape": [batch.batch, batch.tokens],
                "input_ids": batch.ids,
                "attention_mask": batch.mask,
                "token_type_ids": (config.type_vocab_size > 1).then_some(&batch.types),
                "outputs": said(model, config, task, &batch, compute).await,
            }));
        }
        for &precision in precisions {
            let file = format!("{name}-{}.onnx", precision.dtype());
            let bytes = onnx(model, config, task, precision).await.expect("a file");
            fs::write(self.path.join(&file), bytes).expect("a file");
            self.cases.push(json!({ "file": file, "precision": precision.dtype(), "batches": asked }));
        }
    }
}

/// What our own model says to a batch, by the names of outputs: shape and values.
async fn said(model: &Model, config: &EncoderConfig, task: Task, batch: &Batch, compute: &Compute) -> Value {
    let input = DeviceBatch::new(batch, &compute.device);
    let outputs = values(model.forward(&input)).await;
    let (rows, tokens) = (batch.batch, batch.tokens);
    let per_row = outputs.len() / rows;
    let output = |shape: &[usize], values: &[f32]| json!({ "shape": shape, "values": values });
    match task {
        Task::Classification | Task::MultiLabel | Task::Regression => {
            json!({ "logits": output(&[rows, per_row], &outputs) })
        }
        Task::Tokens | Task::Language => json!({ "logits": output(&[rows, tokens, per_row / tokens], &outputs) }),
        Task::Answers => {
            let part = |at: usize| -> Vec<f32> { outputs.iter().skip(at).step_by(2).copied().collect() };
            let shape = [rows, tokens];
            json!({ "start_logits": output(&shape, &part(0)), "end_logits": output(&shape, &part(1)) })
        }
        Task::Embedding => {
            let hidden = values(model.encoder().forward(&input, Wanted::All)).await;
            json!({
                "last_hidden_state": output(&[rows, tokens, config.hidden_size], &hidden),
                "sentence_embedding": output(&[rows, per_row], &outputs),
            })
        }
    }
}
