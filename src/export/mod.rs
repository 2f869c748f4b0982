//! What leaves: the files of a trained model as transformers, sentence-transformers or transformers.js loads them.

mod adapter;
mod bundle;
mod onnx;
mod sentence;

pub use adapter::AdapterBundle;
pub use bundle::{Bundle, File};
pub use onnx::{OnnxBundle, Precision, onnx};
pub use sentence::SentenceBundle;
