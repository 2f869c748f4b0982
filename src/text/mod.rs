//! Text → token ids, exactly as the Python tokenizer of the same `tokenizer.json` gives them.

mod source;
mod tokenizer;

pub use tokenizer::{Encoding, Tokenizer};
