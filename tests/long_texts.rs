//! Texts of words that are longer than what an encoder reads at once: every word gets its label.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::Folder;
use futures_lite::future::block_on;
use serde_json::json;
use tabtune::data::Mapping;
use tabtune::{DeviceKind, Marked, Prediction, Recipe, Session, Task};

/// Tokens that the encoder has positions for, two of them for special ones.
const LONGEST: usize = 32;
const ROOM: usize = LONGEST - 2;
/// Tokens that come again in the next window.
const OVERLAP: usize = LONGEST / 4;
/// Words of one token each, some of which are fruit.
const WORDS: [&str; 9] = ["the", "apple", "is", "very", "good", "pear", "and", "we", "quince"];

fn word(at: usize) -> &'static str {
    WORDS[(at * 7 + at / 5) % WORDS.len()]
}

fn text(words: std::ops::Range<usize>) -> String {
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// A session that has learnt to mark fruit in short sentences.
fn session() -> Session {
    let mut session = fruit::empty(DeviceKind::Cpu);
    let folder = Folder::fixture("tiny-bert").with_config("max_position_embeddings", json!(LONGEST));
    session.open_model(cut(folder).files(), "tiny").expect("a model");
    let tag = |word: &str| if ["apple", "pear", "quince"].contains(&word) { "B-FRUIT" } else { "O" };
    let sentence =
        |row: usize| (row..row + 5 + row % 4).map(|at| format!("{} {}\n", word(at), tag(word(at)))).collect();
    let sentences: Vec<String> = (0..40).map(sentence).collect();
    session.open_table(sentences.join("\n").as_bytes(), "fruit.conll").expect("a table");
    let mapping = Mapping { task: Task::Tokens, validation_share: 0.0, ..Mapping::new("tokens", "tags") };
    session.map_columns(&mapping).expect("a data set");
    fruit::train(&mut session, &Recipe { epochs: 2, ..fruit::recipe() });
    session
}

/// The folder with as many rows in its table of positions as its configuration says.
fn cut(folder: Folder) -> Folder {
    let tensors = safetensors::SafeTensors::deserialize(&folder.weights).expect("weights");
    let cut = tensors.iter().map(|(name, tensor)| {
        let mut shape = tensor.shape().to_vec();
        let mut bytes = tensor.data().to_vec();
        if name.ends_with("position_embeddings.weight") {
            bytes.truncate(bytes.len() / shape[0] * LONGEST);
            shape[0] = LONGEST;
        }
        (name.to_owned(), (tensor.dtype(), shape, bytes))
    });
    let cut: Vec<_> = cut.collect();
    let views = cut.iter().map(|(name, (dtype, shape, bytes))| {
        (name.as_str(), safetensors::tensor::TensorView::new(*dtype, shape.clone(), bytes).expect("a tensor"))
    });
    Folder { weights: safetensors::serialize(views, None).expect("weights"), ..folder.clone() }
}

fn marked(session: &Session, text: &str) -> Vec<Marked> {
    match fruit::predict(session, &[text.to_owned()]).remove(0) {
        Prediction::Tokens { tokens, .. } => tokens,
        other => panic!("no tokens: {other:?}"),
    }
}

#[test]
fn every_word_gets_the_label_of_the_window_that_shows_most_around_it() {
    let session = session();
    let count = 100;
    let long = marked(&session, &text(0..count));
    assert_eq!(long.len(), count, "none is left out");
    let mut start = 0;
    for (at, one) in long.iter().enumerate() {
        let end = start + word(at).len() as u32;
        assert_eq!((one.start, one.end), (start, end), "word {at}");
        start = end + 1;
    }

    // What the model says of each window as a text by itself, since each of these words is one token.
    let windows: Vec<usize> =
        (0..).map(|window| window * (ROOM - OVERLAP)).take_while(|from| from + OVERLAP < count).collect();
    assert_eq!(windows.len(), 5);
    let said: Vec<Vec<Marked>> =
        windows.iter().map(|&from| marked(&session, &text(from..count.min(from + ROOM)))).collect();
    for (at, one) in long.iter().enumerate() {
        let holding = windows.iter().zip(&said).filter(|(from, said)| (**from..*from + said.len()).contains(&at));
        let around = |(from, said): &(&usize, &Vec<Marked>)| (at - *from + 1).min(said.len() - (at - *from));
        // Of two that show as much the first counts.
        let (from, said) = holding.rev().max_by_key(around).expect("a window");
        let expected = &said[at - from];
        assert_eq!(one.label, expected.label, "word {at}");
        assert!((one.score - expected.score).abs() < 1e-6, "word {at}: {} and {}", one.score, expected.score);
    }
}

#[test]
fn a_text_that_fits_is_read_at_once() {
    let session = session();
    for count in [1, ROOM - 1, ROOM] {
        let all = marked(&session, &text(0..count));
        assert_eq!(all.len(), count);
    }
    // Words that are cut in two by the end of a window have the label of their first piece.
    let long = "unhappiness ".repeat(40);
    let pieces = marked(&session, long.trim());
    assert_eq!(pieces.len(), 40);
    let middle = &pieces[15..25];
    assert!(middle.iter().all(|one| one.label == middle[0].label), "{middle:?}");
}

#[test]
fn tables_and_mistakes_have_all_words_too() {
    let mut session = session();
    let tag = |word: &str| if ["apple", "pear", "quince"].contains(&word) { "B-FRUIT" } else { "O" };
    let long: String = (0..100).map(|at| format!("{} {}\n", word(at), tag(word(at)))).collect();
    session.open_table(format!("{long}\nthe O\n").as_bytes(), "long.conll").expect("a table");
    let mapping = Mapping { task: Task::Tokens, ..Mapping::new("tokens", "tags") };
    let mut search = session.misses_of(session.table().expect("a table"), &mapping, 9).expect("a search");
    while block_on(session.search_misses(&mut search, 1)).expect("a look") > 0 {}
    let misses = search.finish();
    let Some(Prediction::Tokens { tokens, .. }) = misses.found.first().map(|miss| &miss.said) else {
        panic!("two epochs are too few for a hundred words: {misses:?}")
    };
    assert_eq!(tokens.len(), 100);
}

/// The tags of some words, by which a text is marked.
fn tagged(count: usize) -> String {
    let tag = |word: &str| if ["apple", "pear", "quince"].contains(&word) { "B-FRUIT" } else { "O" };
    (0..count).map(|at| format!("{} {}\n", word(at), tag(word(at)))).collect()
}

#[test]
fn what_is_measured_is_what_is_said_of_every_word() {
    let mut session = session();
    session.open_table(format!("{}\nthe O\n", tagged(100)).as_bytes(), "long.conll").expect("a table");
    let mapping = Mapping { task: Task::Tokens, ..Mapping::new("tokens", "tags") };
    let (report, texts) = block_on(session.evaluate(&mapping)).expect("a report");
    assert_eq!(texts, 2, "windows are no texts");
    let said = [marked(&session, &text(0..100)), marked(&session, "the")].concat();
    let is_fruit = |at: usize| ["apple", "pear", "quince"].contains(&word(at));
    let right = |(at, one): &(usize, &Marked)| (one.label == "B-FRUIT") == (*at < 100 && is_fruit(*at));
    let share = said.iter().enumerate().filter(right).count() as f64 / 101.0;
    assert_eq!(report.metrics.get("accuracy"), Some(share));
    // Entities are words here, so that none may be lost or counted twice where windows meet.
    let counted: u64 = report.per_class.iter().map(|class| class.support).sum();
    assert_eq!(counted, (0..100).filter(|at| is_fruit(*at)).count() as u64);
}

#[test]
fn all_words_of_long_texts_are_learnt_from() {
    let mut session = fruit::empty(DeviceKind::Cpu);
    let folder = Folder::fixture("tiny-bert").with_config("max_position_embeddings", json!(LONGEST));
    session.open_model(cut(folder).files(), "tiny").expect("a model");
    // Fruit stands nowhere but behind what is read at once.
    let early: String = (0..40).map(|at| format!("{} O\n", ["the", "is", "very"][at % 3])).collect();
    let late = "apple B-FRUIT\nis O\npear B-FRUIT\nand O\nquince B-FRUIT\n".repeat(3);
    let table = format!("{early}{late}\n").repeat(12);
    session.open_table(table.as_bytes(), "late.conll").expect("a table");
    let mapping = Mapping { task: Task::Tokens, validation_share: 0.25, ..Mapping::new("tokens", "tags") };
    session.map_columns(&mapping).expect("a data set");
    let (info, events) = fruit::train(&mut session, &Recipe { epochs: 12, ..fruit::recipe() });
    assert_eq!((info.train, info.validation), (9 * 3, 3 * 3), "three windows each: {info:?}");
    let note = "12 texts are longer than 32 tokens and read in windows that overlap.";
    assert!(info.notes.iter().any(|said| said == note), "{:?}", info.notes);
    let report = fruit::done(&events).report.as_ref().expect("a report");
    assert!(report.metrics.get("recall").is_some_and(|recall| recall > 0.9), "{:?}", report.metrics);
    let said = marked(&session, "the apple is very good");
    assert_eq!(said[1].label, "B-FRUIT", "{said:?}");
}
