//! What leaves: the files of a trained model as transformers loads them.

mod adapter;
mod bundle;

pub use adapter::AdapterBundle;
pub use bundle::{Bundle, File};
