//! What leaves: the files of a trained model as transformers loads them.

mod bundle;

pub use bundle::{Bundle, File};
