//! Text → token ids, exactly as the Python tokenizer of the same `tokenizer.json` or `vocab.txt` gives them.

mod charsmap;
mod cut;
mod encode;
mod encoding;
mod settings;
mod source;
mod special;
mod start;
mod tokenizer;
mod tokens;
mod vocab;
mod word_labels;
mod words;

pub use cut::Cut;
pub use encoding::Encoding;
pub use tokenizer::Tokenizer;
pub use tokens::Tokens;
pub use word_labels::{WordPlace, word_places};
pub use words::Words;
