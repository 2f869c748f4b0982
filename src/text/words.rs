//! Token ids of many texts, fast: the words of a language recur, so each is tokenized once.

use std::collections::HashMap;

use super::encoding::Encoding;
use super::start;
use super::tokenizer::Tokenizer;
use crate::error::Result;

/// Words that are remembered: more than a language has in daily use.
const MOST: usize = 200_000;
/// Longest word that is remembered, in bytes.
const LONGEST: usize = 64;

/// Words with their ids, of a tokenizer for which a text is nothing but its words.
#[derive(Debug, Clone)]
pub struct Words {
    known: HashMap<Box<str>, Box<[i32]>>,
    /// What the tokenizer puts around a text.
    before: Vec<i32>,
    after: Vec<i32>,
}

impl Words {
    /// No words yet; `None` for a tokenizer whose words depend on what stands around them: any but BERT's.
    ///
    /// # Errors
    ///
    /// A tokenizer that contradicts itself.
    pub fn of(tokenizer: &Tokenizer) -> Result<Option<Self>> {
        if !start::is_words_alone(&tokenizer.tokenizer) {
            return Ok(None);
        }
        let bare = tokenizer.encode("a", None)?;
        if bare.types.iter().any(|&of| of != 0) {
            return Ok(None);
        }
        let [start, end] = [bare.texts[0].start, bare.texts[0].end].map(|at| at as usize);
        let (before, after) = (bare.ids[..start].to_vec(), bare.ids[end..].to_vec());
        Ok(Some(Self { known: HashMap::new(), before, after }))
    }

    /// The same ids and types as [`Tokenizer::encode`] gives, without offsets. The tokenizer is the one that this was made
    /// of, and `max_length` has room for its special tokens.
    ///
    /// # Errors
    ///
    /// A tokenizer that contradicts itself.
    pub fn encode(&mut self, tokenizer: &Tokenizer, text: &str, max_length: usize) -> Result<Encoding> {
        let room = max_length.saturating_sub(self.after.len());
        let mut ids = self.before.clone();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if ids.len() >= room {
                break;
            }
            if let Some(known) = self.known.get(word) {
                ids.extend_from_slice(known);
                continue;
            }
            let limit = (room - ids.len()).saturating_add(self.before.len() + self.after.len());
            let whole = tokenizer.encode(word, Some(limit))?;
            let own = &whole.ids[self.before.len()..whole.ids.len() - self.after.len()];
            ids.extend_from_slice(own);
            // One that may have been cut is not remembered.
            if word.len() <= LONGEST && whole.ids.len() < limit && self.known.len() < MOST {
                self.known.insert(word.into(), own.into());
            }
        }
        ids.truncate(room);
        ids.extend_from_slice(&self.after);
        Ok(Encoding { types: vec![0; ids.len()], ids, ..Encoding::default() })
    }
}
