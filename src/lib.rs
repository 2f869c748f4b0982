//! Tabtune fine-tunes small pretrained text encoders, in a browser tab or from a terminal.
//!
//! ```text
//! table file ─data/reader, in pieces─▶ Table ─data/dataset─▶ Dataset (examples, labels, splits)
//! Dataset ─text/tokenizer + session/rows─▶ Rows (tokens, and what is right for each) ─data/batch─▶ Batch (host arrays)
//! Batch ─model/encoder─▶ hidden [B,T,H] ─model/head─▶ outputs ─train/loss─▶ loss ─backward─▶ gradients
//! gradients ─train/optim─▶ Model'      outputs ─session/tally─▶ counts ─eval─▶ Report
//! or, with a frozen encoder: Rows ─model/encoder, once─▶ vectors [N,H] ─train/linear─▶ a head
//! or, with many recipes: session/search ─▶ runs one after the other ─▶ the best one
//! a run between two steps ◀─checkpoint/state─▶ a file to go on from
//! session: the one state machine over all of it ─▶ Event ─web.rs─▶ www/worker.js ─▶ www/main.js
//! hub files (config.json, tokenizer.json, *.safetensors) ─checkpoint/load─▶ Model
//! Model ─checkpoint/save, export─▶ files the ecosystem loads; ─export/onnx─▶ files that transformers.js loads
//! a recipe and data ─export/python─▶ a script for transformers and accelerate
//! ```
//!
//! Dependencies point one way: `web`, `bin` → `session` → {`train`, `eval`, `checkpoint`, `export`} → `model` →
//! `kernel`; `train` → `data` → `text`. `data`, `text`, `eval` and `checkpoint/names` know nothing of burn. Only
//! `web` knows wasm-bindgen, and `device` one file of the page, `www/subgroups.js`. [`error`], [`recipe`] and [`task`] are leaves.
//!
//! What a task is stands in [`task`]; what a family of encoders is, in one file of `model/family` and one of
//! `checkpoint/names`; how a recipe's method becomes a run, in `session/start`.
//!
//! The page has four builds of this crate, as `www/engine.js` chooses: WebGPU (feature `gpu`), the CPU with one thread (no
//! feature), with shared memory and threads (feature `threads`), and with relaxed SIMD, too (feature `relaxed`).
//!
//! Letters in shapes, everywhere: B batch, T tokens, H hidden, A heads, K classes, V vocabulary, N values.

#![deny(missing_docs)]

pub mod checkpoint;
pub mod data;
mod device;
pub mod error;
pub mod eval;
mod export;
pub mod kernel;
#[cfg(feature = "cli")]
pub mod memory;
pub mod model;
pub mod recipe;
mod session;
pub mod task;
pub mod text;
pub mod train;
#[cfg(target_family = "wasm")]
mod web;

pub use device::{Compute, DeviceInfo, DeviceKind};
pub use error::{Error, Result};
pub use export::{AdapterBundle, Bundle, File, OnnxBundle, Precision, SentenceBundle, csv_lines, harmless, onnx};
pub use recipe::Recipe;
pub use session::{
    Axis, Checkpoint, CheckpointInfo, Domain, DoneEvent, EpochEvent, Evaluation, Event, Marked, Mask, Measured,
    Measuring, Miss, MissSearch, Misses, ModelFiles, ModelInfo, OpenModel, Outcome, OwnHead, Prediction, Reason, Right,
    RightMark, Run, RunInfo, SearchInfo, SearchPlan, SearchReport, Session, SheetFormat, SheetRun, Side, StepEvent,
    Suggestion, Suggestions, Trained, Trial, TrialDone, TrialStarted, TrialState, Vocabulary, Word,
};
pub use task::Task;
