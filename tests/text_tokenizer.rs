//! Token ids against the Python tokenizer's on ugly texts, and clear sentences for files that are no tokenizer.

use serde::Deserialize;
use tabtune::Error;
use tabtune::text::{Tokenizer, Words};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    max_length: Option<usize>,
    ids: Vec<i32>,
    type_ids: Vec<i32>,
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn tiny() -> Tokenizer {
    Tokenizer::from_json(&fixture("tiny-bert/tokenizer.json")).expect("a tokenizer")
}

/// The tiny tokenizer's file with one place changed.
fn changed(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut json = serde_json::from_slice(&fixture("tiny-bert/tokenizer.json")).expect("JSON");
    change(&mut json);
    serde_json::to_vec(&json).expect("JSON")
}

fn mistake(bytes: &[u8]) -> String {
    match Tokenizer::from_json(bytes) {
        Err(Error::Model { file, message }) => {
            assert_eq!(file, "tokenizer.json");
            message
        }
        other => panic!("not a mistake in the tokenizer: {other:?}"),
    }
}

#[test]
fn ids_are_those_of_python() {
    let tokenizer = tiny();
    let fixture: Fixture = serde_json::from_slice(&fixture("tokens.json")).expect("the fixture's shape");
    assert!(!fixture.cases.is_empty());
    for case in fixture.cases {
        let encoding = tokenizer.encode(&case.text, case.max_length).expect("any text has ids");
        assert_eq!(encoding.ids, case.ids, "{:?} at {:?}", case.text, case.max_length);
        assert_eq!(encoding.types, case.type_ids, "{:?} at {:?}", case.text, case.max_length);
        assert_eq!(encoding.offsets.len(), case.ids.len());
        if case.max_length.is_none() {
            assert_eq!(tokenizer.length(&case.text).expect("any text has a length"), case.ids.len());
        }
    }
}

#[test]
fn offsets_are_characters_of_the_text() {
    let text = "Größe 語 – ok";
    let encoding = tiny().encode(text, None).expect("ids");
    let (first, last) = (encoding.offsets[0], *encoding.offsets.last().expect("some"));
    assert_eq!((first, last), ((0, 0), (0, 0)), "special tokens have no place");
    let inner = &encoding.offsets[1..encoding.offsets.len() - 1];
    assert!(inner.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{inner:?}");
    assert_eq!(inner.last().expect("some").1 as usize, text.chars().count());
}

#[test]
fn what_a_batch_and_a_model_need_to_know() {
    let bytes = fixture("tiny-bert/tokenizer.json");
    let tokenizer = Tokenizer::from_json(&bytes).expect("a tokenizer");
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    let vocabulary = json["model"]["vocab"].as_object().expect("a vocabulary");
    let largest = vocabulary.values().filter_map(serde_json::Value::as_u64).max().expect("ids");
    assert_eq!(tokenizer.vocabulary() as u64, largest + 1);
    assert_eq!(i64::from(tokenizer.pad_id()), vocabulary["[PAD]"].as_i64().expect("an id"));
    assert_eq!((tokenizer.special_tokens(), tokenizer.token_types()), (2, 1));
    assert_eq!(tokenizer.source(), bytes);
}

#[test]
fn the_files_own_padding_and_truncation_are_set_aside() {
    let bytes = changed(|json| {
        json["truncation"] =
            serde_json::json!({"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 0});
        json["padding"] = serde_json::json!({"strategy": {"Fixed": 32}, "direction": "Left", "pad_to_multiple_of": null,
            "pad_id": 3, "pad_type_id": 0, "pad_token": "x"});
    });
    let set_aside = Tokenizer::from_json(&bytes).expect("a tokenizer");
    let text = "a text of quite a few words";
    assert_eq!(set_aside.encode(text, None), tiny().encode(text, None));
    assert_eq!(set_aside.encode(text, Some(6)), tiny().encode(text, Some(6)));
    assert_eq!(set_aside.pad_id(), 3);
    assert_eq!(set_aside.source(), bytes);
}

#[test]
fn files_that_are_no_tokenizer_are_refused() {
    for bytes in [&b""[..], b"{}", b"[1, 2", b"\xFF\xFE\0", b"{\"model\": {\"type\": \"WordPiece\"}}"] {
        assert!(mistake(bytes).contains("cannot be read as a tokenizer"));
    }
    let whole = fixture("tiny-bert/tokenizer.json");
    assert!(mistake(&whole[..whole.len() / 2]).contains("cannot be read as a tokenizer"));
    assert!(mistake(&vec![b' '; (64 << 20) + 1]).contains("larger than 64 MiB"));
    let deep = "[".repeat(1_000_000);
    assert!(mistake(deep.as_bytes()).contains("cannot be read as a tokenizer"));
    assert!(mistake(&changed(|json| json["model"]["unk_token"] = "missing".into())).contains("cannot be tokenized"));
    let template = |change: fn(&mut serde_json::Value)| mistake(&changed(|json| change(&mut json["post_processor"])));
    assert!(template(|json| json["single"][0]["SpecialToken"]["id"] = "[X]".into()).contains("special token “[X]”"));
    assert!(template(|json| json["special_tokens"]["[SEP]"]["ids"] = serde_json::json!([1, 2])).contains("“[SEP]”"));
    assert!(template(|json| json["single"][1]["Sequence"]["id"] = "B".into()).contains("a second one"));
    let ids = template(|json| json["special_tokens"]["[SEP]"]["ids"] = serde_json::json!([30_000]));
    assert!(ids.contains("gives the id 30000, but its vocabulary ends at 300"), "{ids}");
    let beyond = changed(|json| json["model"]["vocab"]["huge"] = 4_000_000_000_u32.into());
    assert!(mistake(&beyond).contains("vocabulary cannot be used"));
}

#[test]
fn a_damaged_file_is_read_or_refused_but_never_panics() {
    let whole = fixture("tiny-bert/tokenizer.json");
    let mut state = 9_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 12) as usize % below
    };
    for _ in 0..1000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let below = if next(2) == 0 { 2400 } else { bytes.len() };
            let at = next(below);
            match next(3) {
                0 => bytes[at] = b"0123456789\"{}[],:"[next(17)],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"0123456789\"-\\"[next(13)]),
            }
        }
        if let Ok(tokenizer) = Tokenizer::from_json(&bytes) {
            // The vocabulary may have lost a word that this text needs; an error will do, a panic will not.
            let _ = tokenizer.encode("some [MASK] words, unbelievably", Some(5));
        }
    }
    let decoder = b"{\"decoder\": {\"type\" \"WordPiece\"}}";
    assert!(mistake(decoder).contains("cannot be read as a tokenizer"));
}

#[test]
fn a_maximum_below_the_special_tokens_is_refused() {
    let tokenizer = tiny();
    assert_eq!(tokenizer.encode("some words", Some(2)).expect("the special tokens alone").ids.len(), 2);
    match tokenizer.encode("some words", Some(1)) {
        Err(Error::Recipe { field, message }) => {
            assert_eq!(field, "max_length");
            assert!(message.contains("at least 3"), "{message}");
        }
        other => panic!("not a mistake in the recipe: {other:?}"),
    }
}

#[test]
fn a_long_texts_start_has_the_ids_of_the_whole() {
    let tokenizer = tiny();
    let fixture: Fixture = serde_json::from_slice(&fixture("tokens.json")).expect("the fixture's shape");
    let ugly: Vec<String> = fixture.cases.into_iter().map(|case| case.text).collect();
    let texts = [
        ugly.join(" "),
        ugly.join("\n\u{301}"),
        ugly.concat(),
        "word ".repeat(1000),
        " \n".repeat(1000) + "late",
        "[MASK] ".repeat(300),
        "x".repeat(3000) + " y",
        "語".repeat(1000),
        "e\u{301} ".repeat(1000),
    ];
    for text in &texts {
        let whole = tokenizer.encode(text, None).expect("ids");
        for max_length in [2, 3, 4, 5, 8, 16, 33, 64, 128, 512, 5000] {
            let start = tokenizer.encode(text, Some(max_length)).expect("ids");
            let kept = (max_length - 1).min(whole.ids.len() - 1);
            assert_eq!(start.ids[..kept], whole.ids[..kept]);
            assert_eq!(start.offsets[..kept], whole.offsets[..kept]);
            assert_eq!(start.ids[kept..], whole.ids[whole.ids.len() - 1..]);
        }
    }
}

#[test]
fn words_that_recur_give_the_ids_of_the_text() {
    let tokenizer = tiny();
    let mut words = Words::of(&tokenizer).expect("a sound tokenizer").expect("BERT's words stand alone");
    let cases: Fixture = serde_json::from_slice(&fixture("tokens.json")).expect("the fixture's shape");
    let mut texts: Vec<String> = cases.cases.into_iter().map(|case| case.text).collect();
    texts.extend([
        texts.join(" "),
        texts.join(" \u{301}"),
        texts.concat(),
        "x".repeat(3000) + " y",
        " [MASK]a ".repeat(9),
    ]);
    for max_length in [2, 3, 5, 16, 64, 512, 5000] {
        // Twice: the words are new at first, and known then.
        for text in texts.iter().chain(&texts) {
            let whole = tokenizer.encode(text, Some(max_length)).expect("ids");
            let fast = words.encode(&tokenizer, text, max_length).expect("ids");
            assert_eq!((fast.ids, fast.types), (whole.ids, whole.types), "{text:?} at {max_length}");
        }
    }
    let other = Tokenizer::from_json(&fixture("tokenizers/roberta.tokenizer.json")).expect("a tokenizer");
    assert!(Words::of(&other).expect("a sound tokenizer").is_none(), "a space belongs to RoBERTa's words");
}

#[test]
fn texts_of_a_mebibyte_are_cut() {
    for text in ["word ".repeat(200_000), "x".repeat(1 << 20), "!".repeat(200_000)] {
        assert!(tiny().encode(&text, Some(128)).expect("ids").ids.len() <= 128);
    }
}
