//! `tokenizer_config.json`: what a WordPiece tokenizer without `tokenizer.json` needs to know beside its vocabulary.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

const CONFIG: &str = "tokenizer_config.json";

/// Largest `tokenizer_config.json` in bytes; a few kB are usual.
const MAX_BYTES: usize = 1 << 20;

/// Tokenizers that a list of word pieces is enough for, without an ending `Fast`.
const CLASSES: [&str; 7] = [
    "BertTokenizer",
    "ConvBertTokenizer",
    "DistilBertTokenizer",
    "ElectraTokenizer",
    "MobileBertTokenizer",
    "SqueezeBertTokenizer",
    "MPNetTokenizer",
];

/// What a special token is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Unknown,
    First,
    Last,
    Pad,
    Mask,
}

impl Role {
    pub(super) const ALL: [Self; 5] = [Self::Unknown, Self::First, Self::Last, Self::Pad, Self::Mask];

    /// Name in the settings, default of BERT, default of MPNet.
    fn names(self) -> [&'static str; 3] {
        match self {
            Self::Unknown => ["unk_token", "[UNK]", "[UNK]"],
            Self::First => ["cls_token", "[CLS]", "<s>"],
            Self::Last => ["sep_token", "[SEP]", "</s>"],
            Self::Pad => ["pad_token", "[PAD]", "<pad>"],
            Self::Mask => ["mask_token", "[MASK]", "<mask>"],
        }
    }

    /// Whether no text can be tokenized without it.
    pub(super) fn is_needed(self) -> bool {
        matches!(self, Self::Unknown | Self::First | Self::Last)
    }
}

/// `tokenizer_config.json`.
#[derive(Default)]
pub(super) struct Settings(Map<String, Value>);

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// It is larger than 1 MiB, no JSON object, or names a class of tokenizers that `vocab.txt` is not enough for.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::model(
                CONFIG,
                "The file is larger than 1 MiB; that is no configuration of a tokenizer.",
            ));
        }
        let config: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
            Error::model(CONFIG, format!("It is not a JSON object ({error}). Choose the file from the model's folder."))
        })?;
        match config.get("tokenizer_class") {
            None | Some(Value::Null) => {}
            Some(Value::String(class)) if CLASSES.contains(&class.trim_end_matches("Fast")) => {}
            Some(Value::String(class)) => {
                let message = format!(
                    "It names the class “{class}”, for which vocab.txt is not enough. Add the model's tokenizer.json; \
                     transformers writes one with save_pretrained."
                );
                return Err(Error::model(CONFIG, message));
            }
            Some(_) => return Err(wrong("tokenizer_class", "a name")),
        }
        Ok(Self(config))
    }

    pub(super) fn is_mpnet(&self) -> bool {
        self.0.get("tokenizer_class").and_then(Value::as_str).is_some_and(|class| class.starts_with("MPNet"))
    }

    /// A switch, with what it is where the file says nothing.
    pub(super) fn switch(&self, field: &str, default: Option<bool>) -> Result<Option<bool>> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(on)) => Ok(Some(*on)),
            Some(_) => Err(wrong(field, "true, false or null")),
        }
    }

    /// A special token as `tokenizer.json` has it, without id.
    pub(super) fn token(&self, role: Role) -> Result<Value> {
        let [field, bert, mpnet] = role.names();
        let default = Value::from(if self.is_mpnet() { mpnet } else { bert });
        let given = self.0.get(field).filter(|token| !token.is_null());
        let mut token = self.added(field, given.unwrap_or(&default))?;
        token["special"] = true.into();
        // The mask takes the space before it along, as a word does.
        if self.is_mpnet() && matches!(role, Role::Mask) && given.is_none_or(Value::is_string) {
            token["lstrip"] = true.into();
        }
        Ok(token)
    }

    /// A token of the settings, which is a name or an object with `content`.
    fn added(&self, field: &str, token: &Value) -> Result<Value> {
        let content = token.as_str().or_else(|| token["content"].as_str()).filter(|content| !content.is_empty());
        let content = content.ok_or_else(|| wrong(field, "a token or an object with the token as “content”"))?;
        // A token that is only named has the properties that it was saved with.
        let listed = self.0.get("added_tokens_decoder").and_then(Value::as_object).into_iter().flat_map(Map::values);
        let saved = listed.filter(|saved| saved["content"] == content).find(|_| token.is_string());
        let property = |name: &str| saved.unwrap_or(token)[name].as_bool().unwrap_or(false);
        Ok(json!({
            "content": content,
            "single_word": property("single_word"),
            "lstrip": property("lstrip"),
            "rstrip": property("rstrip"),
            "normalized": property("normalized"),
            "special": property("special"),
        }))
    }

    /// Tokens added to those of the vocabulary, in the order in which new ones get their ids.
    pub(super) fn more_tokens(&self) -> Result<Vec<Value>> {
        let field = "added_tokens_decoder";
        let mut saved = Vec::new();
        for (id, token) in self.0.get(field).and_then(Value::as_object).into_iter().flatten() {
            let id: u32 = id.parse().map_err(|_| wrong(field, "an object from ids to tokens"))?;
            saved.push((id, self.added(field, token)?));
        }
        saved.sort_by_key(|(id, _)| *id);
        let mut tokens: Vec<Value> = saved.into_iter().map(|(_, token)| token).collect();
        for field in ["additional_special_tokens", "extra_special_tokens"] {
            for token in self.0.get(field).and_then(Value::as_array).into_iter().flatten() {
                let mut token = self.added(field, token)?;
                token["special"] = true.into();
                tokens.push(token);
            }
        }
        Ok(tokens)
    }
}

fn wrong(field: &str, expected: &str) -> Error {
    Error::model(CONFIG, format!("“{field}” should be {expected}. Choose the file from the model's folder."))
}
