//! Texts, pairs, windows and words in the tokenizers of every family, against the Python library.

use serde::Deserialize;
use tabtune::Error;
use tabtune::text::{Cut, Encoding, Tokenizer, word_places};

const FAMILIES: [&str; 9] =
    ["bert", "mpnet", "roberta", "roberta_untrimmed", "modernbert", "xlm_roberta", "camembert", "albert", "deberta"];

#[derive(Deserialize)]
struct Facts {
    pad: i32,
    mask: i32,
    special: Vec<i32>,
    question: String,
    context: String,
    singles: Vec<Single>,
    #[serde(default)]
    pairs: Vec<Pair>,
    #[serde(default)]
    windows: Vec<Windows>,
    #[serde(default)]
    words: Vec<Words>,
}

/// `types` and `texts` have a letter per token; a dot is a token of neither text.
#[derive(Deserialize)]
struct Row {
    ids: Vec<i32>,
    /// None where no model gets any.
    types: Option<String>,
    texts: String,
    offsets: Vec<u32>,
}

#[derive(Deserialize)]
struct Single {
    text: String,
    max_length: Option<usize>,
    #[serde(flatten)]
    row: Row,
}

#[derive(Deserialize)]
struct Pair {
    first: String,
    second: String,
    cut: Option<String>,
    max_length: Option<usize>,
    /// None where the library refuses.
    #[serde(flatten)]
    row: Option<Row>,
}

#[derive(Deserialize)]
struct Windows {
    max_length: usize,
    stride: usize,
    windows: Vec<Row>,
    /// Those of the context without the question.
    alone: Vec<Row>,
}

#[derive(Deserialize)]
struct Words {
    words: Vec<String>,
    max_length: Option<usize>,
    ids: Vec<i32>,
    /// Each token's word, -1 for special tokens.
    places: Vec<i32>,
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn file(family: &str) -> Vec<u8> {
    match family {
        "bert" => fixture("tiny-bert/tokenizer.json"),
        family => fixture(&format!("tokenizers/{family}.tokenizer.json")),
    }
}

fn each_family(check: impl Fn(&str, &Tokenizer, Facts)) {
    for family in FAMILIES {
        let facts = serde_json::from_slice(&fixture(&format!("tokenizers/{family}.json"))).expect("the facts' shape");
        check(family, &Tokenizer::from_json(&file(family)).expect("a tokenizer"), facts);
    }
}

fn assert_row(ours: &Encoding, row: &Row, place: &str) {
    assert_eq!(ours.ids, row.ids, "{place}");
    let digits: String = ours.types.iter().map(ToString::to_string).collect();
    assert_eq!(digits, *row.types.as_ref().unwrap_or(&digits), "{place}");
    let digit = |token| ours.text_of(token).map_or(".".to_owned(), |text| text.to_string());
    assert_eq!((0..ours.ids.len()).map(digit).collect::<String>(), row.texts, "{place}");
    let offsets: Vec<u32> = ours.offsets.iter().flat_map(|&(start, end)| [start, end]).collect();
    assert_eq!(offsets, row.offsets, "{place}");
}

#[test]
fn texts_are_those_of_python() {
    each_family(|family, tokenizer, facts| {
        assert!(facts.singles.len() > 100, "{family}");
        for Single { text, max_length, row } in facts.singles {
            let ours = tokenizer.encode(&text, max_length).expect("any text has ids");
            assert_row(&ours, &row, &format!("{family}: {text:?} at {max_length:?}"));
        }
    });
}

#[test]
fn pairs_are_those_of_python() {
    each_family(|family, tokenizer, facts| {
        for Pair { first, second, cut, max_length, row } in facts.pairs {
            let place = format!("{family}: {first:?} and {second:?}, {cut:?} at {max_length:?}");
            let length = max_length.unwrap_or_default();
            let cut = match cut.as_deref() {
                None => Cut::Never,
                Some("longest_first") => Cut::LongestFirst(length),
                Some("only_first") => Cut::OnlyFirst(length),
                Some("only_second") => Cut::OnlySecond(length),
                Some(other) => panic!("{other}"),
            };
            match (tokenizer.encode_pair(&first, &second, cut), row) {
                (Ok(ours), Some(row)) => assert_row(&ours, &row, &place),
                (Err(Error::Recipe { field, message }), None) => {
                    assert_eq!(field, "max_length", "{place}");
                    assert!(message.contains("must stay whole"), "{place}: {message}");
                }
                (ours, _) => panic!("{place}: {ours:?}"),
            }
        }
    });
}

#[test]
fn windows_are_those_of_python() {
    each_family(|family, tokenizer, facts| {
        for Windows { max_length, stride, windows, alone } in facts.windows {
            let asked = tokenizer.encode_windows(&facts.question, &facts.context, max_length, stride);
            let text = tokenizer.encode_text_windows(&facts.context, max_length, stride);
            for (ours, rows) in [(asked, windows), (text, alone)] {
                let ours = ours.expect("windows");
                assert_eq!(ours.len(), rows.len(), "{family} at {max_length}");
                for (place, (ours, row)) in ours.iter().zip(&rows).enumerate() {
                    assert_row(ours, row, &format!("{family}: window {place} at {max_length}"));
                }
            }
        }
    });
}

#[test]
fn special_tokens_are_those_of_python() {
    each_family(|family, tokenizer, facts| {
        assert_eq!((tokenizer.pad_id(), tokenizer.mask_id()), (facts.pad, Some(facts.mask)), "{family}");
        assert_eq!(tokenizer.special_ids(), facts.special, "{family}");
        assert!(facts.special.iter().all(|&id| tokenizer.is_special(id)));
        assert!((0..tokenizer.vocabulary() as i32).any(|id| !tokenizer.is_special(id)));
    });
}

/// The words of a text by their ranges of characters, where one space stands between two.
fn ranges(words: &[String]) -> Vec<(u32, u32)> {
    let mut start = 0;
    let range = |word: &String| {
        let end = start + word.chars().count() as u32;
        (std::mem::replace(&mut start, end + 1), end)
    };
    words.iter().map(range).collect()
}

#[test]
fn words_of_tokens_are_those_of_python() {
    let compared = std::cell::Cell::new(0);
    each_family(|family, tokenizer, facts| {
        compared.set(compared.get() + usize::from(!facts.words.is_empty()));
        for Words { words, max_length, ids, places } in facts.words {
            let place = format!("{family}: {words:?} at {max_length:?}");
            let ours = tokenizer.encode(&words.join(" "), max_length).expect("any text has ids");
            assert_eq!(ours.ids, ids, "{place}");
            let found = word_places(&ranges(&words), &ours);
            let numbers: Vec<i32> = found.iter().map(|found| found.map_or(-1, |found| found.word as i32)).collect();
            assert_eq!(numbers, places, "{place}");
            for (token, found) in found.iter().enumerate() {
                let first = found.is_some_and(|found| found.first);
                assert_eq!(first, places[token] >= 0 && places[token] != places[token - 1], "{place}: token {token}");
            }
        }
    });
    assert_eq!(compared.get(), 7, "every family but two has words to compare");
}

#[test]
fn a_model_without_token_types_gets_none() {
    let bert = Tokenizer::from_json(&file("bert")).expect("a tokenizer");
    let types = |tokenizer: &Tokenizer| tokenizer.encode_pair("pear", "jam", Cut::Never).expect("ids").types;
    assert_eq!((bert.token_types(), bert.token_types_of_pair()), (1, 2));
    assert_eq!(types(&bert.clone().for_types(2)), [0, 0, 0, 1, 1]);
    for known in [0, 1] {
        let typeless = bert.clone().for_types(known);
        assert_eq!(types(&typeless), [0; 5]);
        assert_eq!((typeless.token_types(), typeless.token_types_of_pair()), (1, 1));
    }
}

#[test]
fn the_starts_of_long_pairs_have_the_ids_of_the_whole() {
    let (word, piece) = ("pear ".repeat(900), "unhappiness ".repeat(450));
    let twice = format!("{word}{piece}");
    let mut unsafe_to_split = serde_json::from_slice::<serde_json::Value>(&file("bert")).expect("JSON");
    // The same tokenizer in a spelling that is not known to stay within words.
    let within = |part: serde_json::Value| serde_json::json!({"type": "Sequence", "pretokenizers": [part]});
    unsafe_to_split["pre_tokenizer"] = within(within(serde_json::json!({"type": "BertPreTokenizer"})));
    let whole = Tokenizer::from_json(unsafe_to_split.to_string().as_bytes()).expect("a tokenizer");
    let tokenizer = Tokenizer::from_json(&file("bert")).expect("a tokenizer");
    for (first, second) in [(&word, &piece), (&piece, &word), (&word, &twice), (&twice, &word), (&word, &word)] {
        for length in [3, 4, 5, 16, 129, 130, 1400] {
            for cut in [Cut::LongestFirst(length), Cut::OnlyFirst(length), Cut::OnlySecond(length)] {
                assert_eq!(tokenizer.encode_pair(first, second, cut), whole.encode_pair(first, second, cut));
            }
        }
    }
}

#[test]
fn a_long_texts_start_has_the_ids_of_the_whole() {
    each_family(|family, tokenizer, facts| {
        let ugly: Vec<String> = facts.singles.into_iter().map(|single| single.text).collect();
        let around = tokenizer.special_tokens() / 2;
        for separator in [" ", "\n", "", "  ", " \u{301}", " \u{600} ", ". <mask> ", "\u{3000} "] {
            let text = ugly[..ugly.len() - 1].join(separator);
            let whole = tokenizer.encode(&text, None).expect("ids");
            for max_length in [2, 3, 8, 31, 64, 128, 300, 700] {
                let start = tokenizer.encode(&text, Some(max_length)).expect("ids");
                let kept = max_length - around;
                assert_eq!(start.ids.len(), max_length, "{family}: {separator:?}");
                assert_eq!(start.ids[..kept], whole.ids[..kept], "{family}: {separator:?} at {max_length}");
                assert_eq!(start.offsets[..kept], whole.offsets[..kept], "{family}: {separator:?} at {max_length}");
            }
        }
    });
}

#[test]
fn impossible_lengths_and_strides_are_refused() {
    let tokenizer = Tokenizer::from_json(&file("bert")).expect("a tokenizer");
    let field = |error: Error| match error {
        Error::Recipe { field, message } => (field, message),
        other => panic!("not a mistake in the recipe: {other:?}"),
    };
    let refused = |max_length, stride| {
        field(
            tokenizer.encode_windows("good pear", "the best jam of the year", max_length, stride).expect_err("refused"),
        )
    };
    assert!(refused(2, 0).1.contains("at least 4 tokens"));
    assert!(refused(5, 0).1.contains("must stay whole"));
    assert_eq!(refused(8, 3).0, "stride");
    assert_eq!(tokenizer.encode_windows("good pear", "the best jam of the year", 8, 2).expect("windows").len(), 4);
    let long = "pear ".repeat(200_000);
    let (name, message) = field(tokenizer.encode_windows("good", &long, 512, 507).expect_err("too many windows"));
    assert_eq!(name, "stride");
    assert!(message.contains("too much memory"), "{message}");
    let pair = tokenizer.encode_pair("good", "pear", Cut::LongestFirst(2)).expect_err("refused");
    assert!(field(pair).1.contains("at least 4 tokens"));
    assert_eq!(tokenizer.encode_pair("good", "pear", Cut::LongestFirst(3)).expect("special tokens").ids.len(), 3);
}

#[test]
fn a_file_without_post_processor_puts_texts_side_by_side() {
    let mut json: serde_json::Value = serde_json::from_slice(&file("bert")).expect("JSON");
    json["post_processor"] = serde_json::Value::Null;
    let tokenizer = Tokenizer::from_json(json.to_string().as_bytes()).expect("a tokenizer");
    let pair = tokenizer.encode_pair("good pear", "jam", Cut::Never).expect("ids");
    assert_eq!((pair.types, pair.texts), (vec![0, 0, 1], [0..2, 2..3]));
    let single = tokenizer.encode("good pear", None).expect("ids");
    assert_eq!((single.types, single.texts), (vec![0, 0], [0..2, 0..0]));
}

#[test]
fn damaged_files_of_every_family_are_read_or_refused_but_never_panic() {
    let mut state = 5_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 12) as usize % below
    };
    for family in &FAMILIES[1..] {
        let whole = file(family);
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..=next(3) {
                let below = if next(2) == 0 { 2400.min(bytes.len()) } else { bytes.len() };
                let at = next(below);
                match next(3) {
                    0 => bytes[at] = b"0123456789\"{}[],:"[next(17)],
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b"0123456789\"-\\"[next(13)]),
                }
            }
            if let Ok(tokenizer) = Tokenizer::from_json(&bytes) {
                let _ = tokenizer.encode_pair("some [MASK] <mask> words", "unbelievably 語", Cut::LongestFirst(7));
            }
        }
    }
}

#[test]
fn merges_and_templates_that_the_library_would_panic_at_are_refused() {
    let refused = |family: &str, change: fn(&mut serde_json::Value)| {
        let mut json = serde_json::from_slice(&file(family)).expect("JSON");
        change(&mut json);
        match Tokenizer::from_json(json.to_string().as_bytes()) {
            Err(Error::Model { message, .. }) => message,
            other => panic!("not refused: {other:?}"),
        }
    };
    let long = refused("roberta", |json| {
        let longest = "x".repeat(50);
        json["model"]["vocab"][longest.as_str()] = 400.into();
        json["model"]["merges"][0] = serde_json::json!([longest, longest]);
    });
    assert!(long.contains("makes no token"), "{long}");
    let short = refused("roberta", |json| json["model"]["continuing_subword_prefix"] = "a long prefix".into());
    assert!(short.contains("makes no token"), "{short}");
    let once = refused("deberta", |json| json["post_processor"]["pair"][3]["Sequence"]["id"] = "A".into());
    assert!(once.contains("every text once"), "{once}");
    let twice = refused("deberta", |json| {
        let template = json["post_processor"].take();
        json["post_processor"] = serde_json::json!({"type": "Sequence", "processors": [template, template]});
    });
    assert!(twice.contains("several of its post-processors"), "{twice}");
}

#[test]
fn long_texts_are_cut_in_every_family() {
    let size = 1 << 17;
    each_family(|family, tokenizer, _| {
        for text in ["word ".repeat(size / 5), "x".repeat(size), " ".repeat(size), "!".repeat(size)] {
            let kept = tokenizer.encode(&text, Some(128)).expect("ids").ids.len();
            assert!(kept <= 128, "{family}");
        }
    });
    // The pattern that splits words looks ahead behind white space, which must not make it give up.
    let roberta = Tokenizer::from_json(&file("roberta")).expect("a tokenizer");
    assert_eq!(roberta.length(&" ".repeat(size)).expect("ids"), size + 2);
    assert_eq!(roberta.length(&(" ".repeat(size) + "x")).expect("ids"), size + 3);
}
