//! What leaves: the files of a trained model as transformers, sentence-transformers or transformers.js loads them.

mod adapter;
mod bundle;
mod card;
mod csv;
mod onnx;
mod python;
mod sentence;
mod workbook;

pub use adapter::AdapterBundle;
pub use bundle::{Bundle, File};
pub use card::{Card, Kind};
pub use csv::{csv_lines, harmless};
pub use onnx::{OnnxBundle, Precision, onnx};
pub use python::{Script, Start};
pub use sentence::SentenceBundle;
pub use workbook::WorkbookWriter;
