//! A WordPiece model that has only `vocab.txt`: the `tokenizer.json` that transformers would make of it.

use serde_json::{Map, Value, json};

use super::settings::{Role, Settings};
use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};

const FILE: &str = "vocab.txt";

/// Largest `vocab.txt` in bytes; that of multilingual BERT has 1 MB.
const MAX_BYTES: usize = 16 << 20;

/// Ids of the tokens, in the file's order.
type Vocab = Map<String, Value>;

impl Tokenizer {
    /// Makes a WordPiece tokenizer of `vocab.txt` (a token per line, its id the line's number from 0) and the settings
    /// in `tokenizer_config.json`: `do_lower_case` (default true), `strip_accents` (default: if lower-cased),
    /// `tokenize_chinese_chars` (default true), the special tokens (default `[UNK]`, `[CLS]`, `[SEP]`, `[PAD]` and
    /// `[MASK]`; `<s>`, `</s>`, `<pad>` and `<mask>` for MPNet) and tokens added to the vocabulary. Ids are those of
    /// `BertTokenizer` in `transformers/models/bert/tokenization_bert.py` and of `MPNetTokenizer` beside it.
    ///
    /// [`Tokenizer::source`] is the `tokenizer.json` made. A padding token or mask that the vocabulary lacks is left
    /// out, since the model has no embedding for it, while transformers would invent an id.
    ///
    /// # Errors
    ///
    /// A file is too large or not UTF-8; the vocabulary lacks the unknown, first or last token; a setting is of the
    /// wrong kind; or the settings name a class of tokenizers that needs more than this file.
    pub fn from_vocab(vocab: &[u8], config: Option<&[u8]>) -> Result<Self> {
        let vocab = read(vocab)?;
        let settings = config.map_or_else(|| Ok(Settings::default()), Settings::read)?;
        let special = special_tokens(&vocab, &settings)?;
        let file = tokenizer_json(&vocab, &settings, &special)?;
        let mut tokenizer = Self::from_json(file.to_string().as_bytes())?;
        let id = |role| special.iter().find(|token| token.role == role).map(|token| token.id);
        tokenizer.special.pad = id(Role::Pad).unwrap_or(0);
        tokenizer.special.mask = id(Role::Mask);
        Ok(tokenizer)
    }
}

/// Tokens with their ids. Of a token on two lines the last one counts, and spaces at a line's end do not, as in
/// `read_file` of `tokenizers/models/wordpiece`.
fn read(bytes: &[u8]) -> Result<Vocab> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::model(FILE, "The file is larger than 16 MiB; that is no vocabulary of a small encoder."));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::model(FILE, format!("Line {line} is not text in UTF-8. Choose the file from the model's folder."))
    })?;
    Ok(text.lines().enumerate().map(|(id, line)| (line.trim_end().to_owned(), id.into())).collect())
}

/// A special token that the vocabulary has.
struct Special {
    role: Role,
    id: i32,
    content: String,
    /// As an added token of the file, without id.
    token: Value,
}

fn special_tokens(vocab: &Vocab, settings: &Settings) -> Result<Vec<Special>> {
    let mut special = Vec::new();
    for role in Role::ALL {
        let token = settings.token(role)?;
        let content = token["content"].as_str().unwrap_or_default().to_owned();
        // A file of 16 MiB has fewer than 2^31 lines.
        match vocab.get(&content).and_then(Value::as_i64) {
            Some(id) => special.push(Special { role, id: id as i32, content, token }),
            None if role.is_needed() => {
                let message = format!(
                    "It lacks the token “{content}”, which every text needs. Choose vocab.txt and \
                     tokenizer_config.json from the same model's folder."
                );
                return Err(Error::model(FILE, message));
            }
            None => {}
        }
    }
    Ok(special)
}

/// The added tokens of the file, in the order of their ids: those that the settings list, of which new ones get the ids
/// after the vocabulary's, and the special ones.
fn added_tokens(vocab: &Vocab, settings: &Settings, special: &[Special]) -> Result<Vec<Value>> {
    let left_out: Vec<Value> = Role::ALL
        .into_iter()
        .filter(|&role| special.iter().all(|token| token.role != role))
        .map(|role| Ok(settings.token(role)?["content"].take()))
        .collect::<Result<_>>()?;
    let mut next = vocab.values().filter_map(Value::as_i64).max().map_or(0, |last| last + 1);
    let mut added: Map<String, Value> = Map::new();
    for mut token in settings.more_tokens()? {
        let content = token["content"].as_str().unwrap_or_default().to_owned();
        if left_out.contains(&token["content"]) || added.contains_key(&content) {
            continue;
        }
        token["id"] = vocab.get(&content).cloned().unwrap_or_else(|| {
            next += 1;
            (next - 1).into()
        });
        added.insert(content, token);
    }
    for Special { id, content, token, .. } in special {
        let mut token = token.clone();
        token["id"] = (*id).into();
        added.insert(content.clone(), token);
    }
    let mut added: Vec<Value> = added.into_iter().map(|(_, token)| token).collect();
    added.sort_by_key(|token| token["id"].as_i64());
    Ok(added)
}

/// What is put around the texts: `[CLS] A [SEP] B [SEP]` with the second text of type 1, or MPNet's
/// `<s> A </s></s> B </s>` without types.
fn post_processor(settings: &Settings, first: &Special, last: &Special) -> Value {
    if settings.is_mpnet() {
        return json!({
            "type": "RobertaProcessing",
            "sep": [last.content, last.id],
            "cls": [first.content, first.id],
            "trim_offsets": true,
            "add_prefix_space": false,
        });
    }
    let special = |token: &Special, of: u8| json!({"SpecialToken": {"id": token.content, "type_id": of}});
    let text = |id: &str, of: u8| json!({"Sequence": {"id": id, "type_id": of}});
    let listed = |token: &Special| {
        let Special { id, content, .. } = token;
        (content.clone(), json!({"id": content, "ids": [id], "tokens": [content]}))
    };
    let single = [special(first, 0), text("A", 0), special(last, 0)];
    let pair = [&single[..], &[text("B", 1), special(last, 1)]].concat();
    let tokens: Map<String, Value> = [first, last].map(listed).into_iter().collect();
    json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens})
}

fn tokenizer_json(vocab: &Vocab, settings: &Settings, special: &[Special]) -> Result<Value> {
    let [unknown, first, last, ..] = special else { unreachable!("the needed tokens come first, and all are there") };
    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added_tokens(vocab, settings, special)?,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": settings.switch("tokenize_chinese_chars", Some(true))?,
            "strip_accents": settings.switch("strip_accents", None)?,
            "lowercase": settings.switch("do_lower_case", Some(true))?,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": post_processor(settings, first, last),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": unknown.content,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }))
}
