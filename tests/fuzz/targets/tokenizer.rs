//! Any bytes as `tokenizer.json` or `vocab.txt`, and a text through what they make.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::text::{Cut, Tokenizer};

const TEXT: &str = "The quick brown fox, jumped 3 times — naïve 日本 👩‍👩‍👧 \u{202e}\u{0}!";

fuzz_target!(|bytes: &[u8]| {
    for tokenizer in [Tokenizer::from_json(bytes), Tokenizer::from_vocab(bytes, None)] {
        let Ok(tokenizer) = tokenizer else { continue };
        let _ = tokenizer.encode(TEXT, Some(16));
        let _ = tokenizer.encode_pair(TEXT, "two", Cut::LongestFirst(12));
    }
});
