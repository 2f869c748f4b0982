//! One job of the bench on our own engine, through the same [`Trainer`] as the product: natively a program that prints
//! a JSON object per line, for a browser a module with the class `Engine`.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod web;
mod weights;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use serde::Deserialize;
use tabtune::data::{Batch, Truth};
use tabtune::model::{DeviceBatch, EncoderConfig, LoraPlan, Model};
use tabtune::recipe::Schedule;
use tabtune::text::{Encoding, Tokens};
use tabtune::train::{Objective, PadRule, Rows, Trainer};
use tabtune::{Compute, DeviceKind, Error, Recipe, Result, checkpoint};

/// Classes of the head, K.
const CLASSES: usize = 8;

/// What is timed; work.js says what the fields mean.
#[derive(Deserialize)]
struct Job {
    task: Task,
    /// A `config.json` without the family.
    sizes: serde_json::Map<String, serde_json::Value>,
    batch: usize,
    tokens: usize,
    /// Whether activations are computed again rather than kept.
    #[serde(default)]
    gradient_checkpointing: bool,
    /// Whether products are in half precision, where the GPU can.
    #[serde(default)]
    half_precision: bool,
    /// Whether an emulated adapter gets the kernels for hardware, too.
    #[cfg(feature = "gpu")]
    #[serde(default)]
    hardware_kernels: bool,
    #[cfg(not(target_family = "wasm"))]
    #[serde(flatten)]
    timing: native::Timing,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    Full,
    Lora,
    Inference,
}

/// A job that is ready for its first step.
struct Bench {
    compute: Compute,
    state: State,
}

enum State {
    /// Training, of all parameters or of adapters and the head.
    Training(Box<Trainer>),
    /// Logits of the one batch.
    Inference { model: Box<Model>, batch: Batch },
}

impl Bench {
    /// Sets the device up and puts weights and batch on it.
    async fn open(job: &Job, kind: DeviceKind) -> Result<Self> {
        let compute = Compute::open(kind).await?;
        #[cfg(feature = "gpu")]
        if job.hardware_kernels {
            tabtune::kernel::set_software(false);
        }
        let mut source = job.sizes.clone();
        source.insert("model_type".to_owned(), "bert".into());
        let config = EncoderConfig::from_json(serde_json::Value::Object(source).to_string().as_bytes())?;
        let model = {
            let file = weights::file(&config, CLASSES);
            checkpoint::load(&config, &[&file], tabtune::Task::Classification, CLASSES, &compute.device)?.model
        };
        let rows = rows(job, config.vocab_size);
        let pad = PadRule::new(0, config.longest(), &compute);
        let state = match job.task {
            Task::Full | Task::Lora => {
                let model = if matches!(job.task, Task::Lora) { adapted(model) } else { model };
                let objective = Objective::weighted(tabtune::Task::Classification, 0.0, vec![1.0; CLASSES]);
                let trainer = Trainer::new(model, recipe(job), objective, rows, pad, compute.clone());
                State::Training(Box::new(trainer))
            }
            Task::Inference => {
                let batch = rows.batch(&(0..job.batch).collect::<Vec<_>>(), pad);
                State::Inference { model: Box::new(model), batch }
            }
        };
        Ok(Self { compute, state })
    }

    /// Does one step, waits until the device has nothing left to do, and returns the loss of the batch.
    async fn step(&mut self) -> Result<f32> {
        match &mut self.state {
            State::Training(trainer) => {
                let loss = trainer.advance()?.loss;
                if self.compute.is_cpu() {
                    return Ok(values(loss).await?[0]);
                }
                // A parameter that the step has moved: once it is read, the whole step has been done.
                let mut last = Last(None);
                trainer.glance().visit(&mut last);
                Ok(values(Tensor::cat([Some(loss), last.0].into_iter().flatten().collect(), 0)).await?[0])
            }
            State::Inference { model, batch } => {
                let input = DeviceBatch::new(batch, &self.compute.device);
                Ok(cross_entropy(&values(model.forward(&input)).await?, &batch.truths))
            }
        }
    }
}

/// Adapters of rank 8 on queries and values, as PEFT has them by default, and the head.
fn adapted(model: Model) -> Model {
    let paths: Vec<String> = model.dense_sizes().into_iter().map(|(path, _)| path).collect();
    let of = |wanted: fn(&str) -> bool| paths.iter().filter(|path| wanted(path)).cloned().collect();
    let adapted = of(|path| path.ends_with(".query") || path.ends_with(".value"));
    let whole = of(|path| path.starts_with("head."));
    model.with_lora(&LoraPlan { rank: 8, alpha: 16.0, adapted, whole }, 0)
}

/// The rows of the one batch; every token is real.
fn rows(job: &Job, vocabulary: usize) -> Rows {
    let (ids, classes) = weights::batch(job.batch, job.tokens, vocabulary, CLASSES);
    let text = |ids: &[i32]| Encoding { ids: ids.to_vec(), types: vec![0; ids.len()], ..Encoding::default() };
    let texts: Vec<Encoding> = ids.chunks(job.tokens).map(text).collect();
    Rows {
        texts: Tokens::pack(&texts, false),
        truths: classes.into_iter().map(Truth::Class).collect(),
        ..Rows::default()
    }
}

/// One batch per epoch, no dropout, no clipping, a constant rate: what every peer can do alike.
fn recipe(job: &Job) -> Recipe {
    Recipe {
        epochs: 1_000_000,
        batch_size: job.batch,
        gradient_checkpointing: job.gradient_checkpointing,
        half_precision: job.half_precision,
        learning_rate: 1e-4,
        warmup_ratio: 0.0,
        schedule: Schedule::Constant,
        weight_decay: 0.01,
        max_grad_norm: 0.0,
        dropout: 0.0,
        ..Recipe::default()
    }
}

async fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |error: &dyn std::fmt::Debug| Error::device(format!("The device stopped working ({error:?})."));
    let data = tensor.into_data_async().await.map_err(|error| failed(&error))?;
    data.try_into_vec().map_err(|error| failed(&error))
}

/// Mean cross-entropy of logits `[B, K]`.
fn cross_entropy(logits: &[f32], truths: &[Truth]) -> f32 {
    let row = |(logits, truth): (&[f32], &Truth)| {
        let Truth::Class(target) = *truth else { return f32::NAN };
        let largest = logits.iter().fold(f32::MIN, |largest, &logit| largest.max(logit));
        largest + logits.iter().map(|logit| (logit - largest).exp()).sum::<f32>().ln() - logits[target]
    };
    logits.chunks(CLASSES).zip(truths).map(row).sum::<f32>() / truths.len() as f32
}

/// Finds the last parameter of a model, flat.
struct Last(Option<Tensor<1>>);

impl ModuleVisitor for Last {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let size = tensor.shape().num_elements();
        self.0 = Some(tensor.reshape([size]));
    }
}

/// Threads that the CPU computes with.
fn threads() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    1
}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    native::main()
}

// A browser calls `Engine` instead; as a program, rather than a library, the example needs this.
#[cfg(target_family = "wasm")]
fn main() {}
