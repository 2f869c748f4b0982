//! Tokenizers made of `vocab.txt` alone, against those that transformers makes of it.

use serde::Deserialize;
use serde_json::{Value, json};
use tabtune::Error;
use tabtune::text::Tokenizer;

#[derive(Deserialize)]
struct Case {
    /// None for the tiny model's.
    vocab: Option<String>,
    config: Option<Value>,
    special: Vec<i32>,
    texts: Vec<String>,
    ids: Vec<Vec<i32>>,
    /// The `tokenizer.json` that transformers writes.
    file: Value,
}

#[derive(Deserialize)]
struct Facts {
    cases: Vec<Case>,
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn cases() -> Vec<Case> {
    let facts: Facts = serde_json::from_slice(&fixture("tokenizers/vocab.json")).expect("the facts' shape");
    assert!(!facts.cases.is_empty());
    facts.cases
}

impl Case {
    fn tokenizer(&self) -> Tokenizer {
        let vocab = self.vocab.as_ref().map_or_else(|| fixture("tiny-bert/vocab.txt"), |vocab| vocab.clone().into());
        let config = self.config.as_ref().map(Value::to_string);
        Tokenizer::from_vocab(&vocab, config.as_ref().map(String::as_bytes)).expect("a tokenizer")
    }
}

#[test]
fn ids_and_file_are_those_of_transformers() {
    for case in cases() {
        let tokenizer = case.tokenizer();
        let written: Value = serde_json::from_slice(tokenizer.source()).expect("JSON");
        assert_eq!(written, case.file, "{:?}", case.config);
        assert_eq!(tokenizer.special_ids(), case.special, "{:?}", case.config);
        for (text, ids) in case.texts.iter().zip(&case.ids) {
            assert_eq!(&tokenizer.encode(text, None).expect("ids").ids, ids, "{:?}: {text:?}", case.config);
        }
    }
}

#[test]
fn padding_and_mask_are_those_of_the_settings() {
    let found: Vec<(i32, Option<i32>)> = cases()
        .iter()
        .map(|case| {
            let tokenizer = case.tokenizer();
            (tokenizer.pad_id(), tokenizer.mask_id())
        })
        .collect();
    let bert = (0, Some(9));
    assert_eq!(found, [bert, (0, Some(4)), bert, bert, bert, (1, Some(9)), bert, bert, (1, Some(304))]);
}

#[test]
fn what_is_made_is_read_again() {
    let made = Tokenizer::from_vocab(&fixture("tiny-bert/vocab.txt"), None).expect("a tokenizer");
    let again = Tokenizer::from_json(made.source()).expect("a tokenizer");
    let given = Tokenizer::from_json(&fixture("tiny-bert/tokenizer.json")).expect("a tokenizer");
    let text = "Café naïve [MASK] unhappiness 日本";
    assert_eq!(made.encode(text, None), again.encode(text, None));
    assert_eq!(made.encode(text, None), given.encode(text, None));
    assert_eq!(made.vocabulary(), given.vocabulary());
}

#[test]
fn a_mask_that_the_vocabulary_lacks_is_left_out() {
    let tokenizer = Tokenizer::from_vocab(b"[UNK]\n[CLS]\n[SEP]\npear\n", None).expect("a tokenizer");
    assert_eq!((tokenizer.mask_id(), tokenizer.pad_id(), tokenizer.vocabulary()), (None, 0, 4));
    assert_eq!(tokenizer.encode("pear", None).expect("ids").ids, [1, 3, 2]);
}

fn mistake(vocab: &[u8], config: Option<&Value>) -> (String, String) {
    let config = config.map(Value::to_string);
    match Tokenizer::from_vocab(vocab, config.as_ref().map(String::as_bytes)) {
        Err(Error::Model { file, message }) => (file, message),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn files_that_are_no_vocabulary_are_refused() {
    let of = |vocab: &[u8]| {
        let (file, message) = mistake(vocab, None);
        assert_eq!(file, "vocab.txt");
        message
    };
    assert!(of(b"").contains("lacks the token “[UNK]”"));
    assert!(of(b"[UNK]\n[CLS]\npear\n").contains("lacks the token “[SEP]”"));
    assert!(of(b"[UNK]\n[CLS]\n[SEP]\n\xFF\n").contains("Line 4 is not text in UTF-8"));
    assert!(of(&vec![b'\n'; (16 << 20) + 1]).contains("larger than 16 MiB"));
    let json = fixture("tiny-bert/tokenizer.json");
    assert!(of(&json).contains("Choose vocab.txt"));
}

#[test]
fn settings_of_the_wrong_kind_are_refused() {
    let vocab = fixture("tiny-bert/vocab.txt");
    let of = |config: Value| {
        let (file, message) = mistake(&vocab, Some(&config));
        assert_eq!(file, "tokenizer_config.json");
        message
    };
    assert!(of(json!([1])).contains("not a JSON object"));
    assert!(of(json!({"do_lower_case": "yes"})).contains("“do_lower_case” should be true, false or null"));
    assert!(of(json!({"strip_accents": 1})).contains("“strip_accents” should be"));
    assert!(of(json!({"cls_token": 7})).contains("“cls_token” should be a token"));
    assert!(of(json!({"sep_token": {"content": ""}})).contains("“sep_token” should be a token"));
    assert!(of(json!({"additional_special_tokens": [["x"]]})).contains("“additional_special_tokens” should be"));
    assert!(of(json!({"added_tokens_decoder": {"x": "y"}})).contains("“added_tokens_decoder” should be"));
    assert!(of(json!({"tokenizer_class": "PhobertTokenizer"})).contains("“PhobertTokenizer”"));
    assert!(of(json!({"tokenizer_class": 1})).contains("“tokenizer_class” should be a name"));
    let (file, message) = mistake(&vocab, Some(&json!({"cls_token": "<s>"})));
    assert_eq!(file, "vocab.txt");
    assert!(message.contains("lacks the token “<s>”"), "{message}");
    let long = format!("{{\"x\": \"{}\"}}", "x".repeat(1 << 20));
    let error = Tokenizer::from_vocab(&vocab, Some(long.as_bytes())).expect_err("refused");
    assert!(error.to_string().contains("larger than 1 MiB"), "{error}");
}
