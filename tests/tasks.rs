//! Every task through the whole session: a table of its kind, training, a report, predictions, and a folder that is
//! opened again and says the same. One file, because a file of tests is a program of its own to build.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, done, empty, finish};
use futures_lite::future::block_on;
use serde_json::{Map, Value, json};
use tabtune::recipe::{ContrastiveLoss, Method};
use tabtune::{DeviceKind, DoneEvent, Event, Prediction, Recipe, RunInfo, Session, Task};

/// Words of the tiny vocabulary that texts are told apart by.
const WORDS: [&str; 4] = ["good", "bad", "green", "sweet"];

fn word(row: usize) -> &'static str {
    WORDS[row % WORDS.len()]
}

/// Trains the tiny encoder on a table; the session, how it ended, and the exported folder's configuration.
fn trained(file: &str, table: &str, task: Task, epochs: usize) -> (Session, DoneEvent, Folder) {
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    let guess = session.open_table(table.as_bytes(), file).expect("a table").mapping;
    assert_eq!(guess.task, task, "the task is guessed: {guess:?}");
    let data = session.map_columns(&tabtune::data::Mapping { validation_share: 0.25, ..guess }).expect("a data set");
    assert_eq!(data.task, task);
    let recipe = Recipe { epochs, batch_size: 8, learning_rate: 5e-3, max_length: Some(40), ..Recipe::default() };
    let info = session.start(recipe).expect("a run");
    assert!(info.train > 0 && info.validation > 0);
    let events = finish(&mut session, 5);
    let done = done(&events).clone();
    let folder = Folder::exported(&block_on(session.export_files(Map::new())).expect("files"));
    (session, done, folder)
}

/// The exported folder, opened anew, says what the trained model says.
fn says_the_same(session: &Session, folder: &Folder, texts: &[String], pairs: Option<&[String]>) -> Vec<Value> {
    let said = |session: &Session| -> Vec<Value> {
        block_on(session.predict(texts, pairs)).expect("predictions").iter().map(|said| json!(said)).collect()
    };
    let mut again = empty(DeviceKind::Cpu);
    again.open_model(folder.files(), "again").expect("a model");
    let (before, after) = (said(session), said(&again));
    assert_eq!(before.len(), after.len());
    before.iter().zip(&after).for_each(|(before, after)| close(before, after));
    before
}

/// The same JSON, numbers but for rounding.
#[track_caller]
fn close(a: &Value, b: &Value) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()));
            a.values().zip(b.values()).for_each(|(a, b)| close(a, b));
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).for_each(|(a, b)| close(a, b));
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            assert!((a - b).abs() < 1e-5, "{a} and {b}");
        }
        _ => assert_eq!(a, b),
    }
}

fn config(folder: &Folder) -> Value {
    serde_json::from_slice(&folder.config).expect("JSON")
}

fn score(done: &DoneEvent, name: &str) -> f64 {
    let report = done.report.as_ref().expect("a report");
    report.metrics.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", report.metrics))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn several_labels_of_a_text() {
    let rows: String = (0..96)
        .map(|row| {
            let (first, second) = (word(row), word(row / 4));
            let labels = if first == second { first.to_owned() } else { format!("{first}|{second}") };
            format!("the {first} {second} one of {row},{labels}\n")
        })
        .collect();
    let (session, done, folder) = trained("labels.csv", &format!("text,labels\n{rows}"), Task::MultiLabel, 20);
    assert!(score(&done, "micro_f1") > 0.9, "{:?}", done.metrics);
    let threshold = done.report.as_ref().and_then(|report| report.threshold).expect("a threshold");
    let config = config(&folder);
    assert_eq!(config["problem_type"], "multi_label_classification");
    // Not by `==`: serde_json reads the last bit of a number as it comes.
    close(&config["threshold"], &json!(threshold));
    let said = says_the_same(&session, &folder, &texts(&["the bad green one"]), None);
    assert_eq!(said[0]["labels"], json!(["bad", "green"]), "{said:?}");

    // Rows that a model is measured on do not choose where it gives a label: these would want another place.
    let mut again = empty(DeviceKind::Cpu);
    again.open_model(folder.files(), "again").expect("a model");
    let guess =
        again.open_table(b"text,labels\nthe bad green one,good|bad|green|sweet\n", "more.csv").expect("a table");
    let mapping = tabtune::data::Mapping { separator: Some("|".to_owned()), ..guess.mapping };
    let mapping = tabtune::data::Mapping { text: "text".to_owned(), label: "labels".to_owned(), ..mapping };
    let (report, _) = block_on(again.evaluate(&mapping)).expect("a report");
    close(&json!(report.threshold), &json!(threshold));
}

/// A table of 96 numbers between −1.4 and 2.3, multiplied and moved.
fn numbers(by: f64, plus: f64) -> String {
    let value = |row: usize| [0.5, -1.25, 2.0, 0.0][row % 4] + [0.125, -0.125, 0.25][row % 3];
    let row = |row| format!("the {} one is {},{}\n", word(row), ["it", "he", "she"][row % 3], value(row) * by + plus);
    format!("text,score\n{}", (0..96).map(row).collect::<String>())
}

#[test]
fn a_number_for_a_text() {
    let (session, done, folder) = trained("scores.csv", &numbers(1.0, 0.0), Task::Regression, 20);
    assert!(score(&done, "spearman") > 0.9 && score(&done, "mae") < 0.4, "{:?}", done.metrics);
    assert_eq!(config(&folder)["problem_type"], "regression");
    let said = says_the_same(&session, &folder, &texts(&["the green one is she"]), None);
    assert!(said[0]["score"].as_f64().expect("a number") > 1.0, "{said:?}");
}

#[test]
fn numbers_are_learnt_in_any_unit() {
    let asked = texts(&["the green one is she", "the bad one is it"]);
    let learnt = |by: f64, plus: f64| {
        let (session, done, folder) = trained("scores.csv", &numbers(by, plus), Task::Regression, 2);
        says_the_same(&session, &folder, &asked, None);
        let plain = predicted(&session, &asked).into_iter().map(|said| (said - plus) / by);
        (plain.collect::<Vec<_>>(), score(&done, "rmse") / by)
    };
    let (said, error) = learnt(1.0, 0.0);
    for (by, plus) in [(1000.5, 5000.0), (1e-3, 0.25), (1e6 + 0.5, 0.0)] {
        let (also, another) = learnt(by, plus);
        said.iter().zip(&also).for_each(|(a, b)| assert!((a - b).abs() < 1e-3, "{said:?} and {also:?}"));
        assert!((error - another).abs() < 1e-3, "{error} and {another}");
    }
}

#[test]
fn a_model_that_says_numbers_learns_on_from_them() {
    let table = numbers(1000.5, 5000.0);
    let (session, _, folder) = trained("scores.csv", &table, Task::Regression, 5);
    let mut again = empty(DeviceKind::Cpu);
    again.open_model(folder.files(), "again").expect("a model");
    let guess = again.open_table(table.as_bytes(), "scores.csv").expect("a table").mapping;
    again.map_columns(&guess).expect("a data set");
    for method in [Method::Full, Method::Lora] {
        // A rate that moves next to nothing, so that what is said stays what it was.
        let still = Recipe { method, learning_rate: 1e-12, epochs: 1, ..Recipe::default() };
        again.start(still).expect("a run");
        let events = finish(&mut again, 5);
        let first = events.iter().find_map(|event| if let Event::Step(step) = event { Some(step.loss) } else { None });
        assert!(first.expect("a step") < 1e6, "less than the numbers' variance: {first:?}");
        let asked = texts(&["the green one is she", "the bad one is it"]);
        let both = predicted(&session, &asked).into_iter().zip(predicted(&again, &asked));
        both.for_each(|(a, b)| assert!((a - b).abs() < 0.01, "{a} and {b}"));
    }
}

/// The numbers that a model says.
fn predicted(session: &Session, texts: &[String]) -> Vec<f64> {
    let said = block_on(session.predict(texts, None)).expect("predictions");
    said.iter().map(|said| json!(said)["score"].as_f64().expect("a number")).collect()
}

#[test]
fn a_label_for_two_texts() {
    let rows: String = (0..160)
        .map(|row| {
            let (first, second) = (word(row), word(row / 4));
            format!("the {first} one,it was {second},{second}\n")
        })
        .collect();
    let table = format!("sentence1,sentence2,label\n{rows}");
    let (session, done, folder) = trained("pairs.csv", &table, Task::Classification, 12);
    assert!(score(&done, "accuracy") > 0.8, "{:?}", done.metrics);
    let pairs = texts(&["it was bad"]);
    let said = says_the_same(&session, &folder, &texts(&["the green one"]), Some(&pairs));
    assert_eq!((&said[0]["pair"], &said[0]["label"]), (&json!("it was bad"), &json!("bad")));
}

#[test]
fn a_tag_for_every_word() {
    let rows: String = (0..64)
        .map(|row| {
            let fruit = ["apple", "pear", "quince"][row % 3];
            format!(
                "the O\n{} B-LOOK\n{} I-LOOK\n{fruit} B-FRUIT\nwas O\n{} O\n\n",
                word(row),
                word(row + 1),
                ["it", "he"][row % 2]
            )
        })
        .collect();
    let (session, done, folder) = trained("tags.conll", &rows, Task::Tokens, 8);
    assert!(score(&done, "f1") > 0.9, "{:?}", done.metrics);
    assert_eq!(config(&folder)["architectures"], json!(["BertForTokenClassification"]));
    let said = says_the_same(&session, &folder, &texts(&["😀 good bad pear was it"]), None);
    let entity = |at: usize| said[0]["entities"][at].clone();
    assert_eq!((&entity(0)["start"], &entity(0)["end"], &entity(0)["label"]), (&json!(2), &json!(10), &json!("LOOK")));
    assert_eq!(
        (&entity(1)["start"], &entity(1)["end"], &entity(1)["label"]),
        (&json!(11), &json!(15), &json!("FRUIT"))
    );
    assert_eq!(said[0]["tokens"].as_array().map(Vec::len), Some(6));
}

#[test]
fn the_answer_to_a_question() {
    let question = |row: usize| {
        let (first, second) = (["apple", "pear", "quince"][row % 3], word(row));
        let filler = "one of us was there and all of it was new ".repeat(row % 4);
        let context = format!("{filler}they said the {first} was {second} and not hard");
        let start = context.chars().count() - " and not hard".chars().count() - second.chars().count();
        json!({
            "id": row.to_string(), "question": "what was it like",
            "answers": [{"text": second, "answer_start": start}], "context": context,
        })
    };
    let paragraph = |row: usize| {
        let mut question = question(row);
        let context = question.as_object_mut().and_then(|fields| fields.remove("context")).expect("a context");
        json!({ "context": context, "qas": [question] })
    };
    let paragraphs: Vec<Value> = (0..64).map(paragraph).collect();
    let file = json!({ "version": "1.1", "data": [{ "title": "fruit", "paragraphs": paragraphs }] }).to_string();
    let (session, done, folder) = trained("squad.json", &file, Task::Answers, 12);
    assert!(score(&done, "exact_match") > 0.8, "{:?}", done.metrics);
    assert_eq!(config(&folder)["architectures"], json!(["BertForQuestionAnswering"]));
    let contexts = texts(&["they said the pear was bad and not hard"]);
    let said = says_the_same(&session, &folder, &texts(&["what was it like"]), Some(&contexts));
    assert_eq!((&said[0]["answer"], &said[0]["start"]), (&json!("bad"), &json!(23)), "{said:?}");
    let error = block_on(session.predict(&texts(&["why"]), None)).expect_err("no context");
    assert!(error.to_string().contains("context"), "{error}");
}

#[test]
fn a_context_without_an_answer() {
    // Contexts differ, since all questions on one are held out together.
    let row = |row: usize| {
        let before = "one of us was there and ".repeat(row / 2 % 5);
        let (context, answers) = match row % 2 {
            0 => {
                let start = before.len() + "they said it was ".len();
                let answers = json!([{ "text": word(row / 2), "answer_start": start }]);
                (format!("{before}they said it was {}", word(row / 2)), answers)
            }
            _ => (format!("{before}all of us like {} music", word(row / 2)), json!([])),
        };
        json!({ "question": "what was it like", "context": context, "answers": answers }).to_string()
    };
    let rows: Vec<String> = (0..80).map(row).collect();
    let (session, done, folder) = trained("questions.jsonl", &rows.join("\n"), Task::Answers, 12);
    assert!(score(&done, "exact_match") > 0.8, "{:?}", done.metrics);
    assert_eq!(config(&folder)["handle_impossible_answer"], json!(true));
    let contexts = texts(&["all of us like bad music", "they said it was bad"]);
    let said = says_the_same(&session, &folder, &texts(&["what was it like", "what was it like"]), Some(&contexts));
    assert_eq!((&said[0]["answer"], &said[0]["end"]), (&json!(""), &json!(0)), "{said:?}");
    assert_eq!(said[1]["answer"], json!("bad"), "{said:?}");

    // Rows do not settle by having answers, all of them, that the model must give one: it is measured as it answers.
    let row = |row: usize| {
        let context = format!("all of us like {} music", word(row));
        let answers = json!([{ "text": word(row), "answer_start": "all of us like ".len() }]);
        json!({ "question": "what was it like", "context": context, "answers": answers }).to_string()
    };
    let rows: Vec<String> = (0..8).map(row).collect();
    let mut again = empty(DeviceKind::Cpu);
    again.open_model(folder.files(), "again").expect("a model");
    let guess = again.open_table(rows.join("\n").as_bytes(), "more.jsonl").expect("a table").mapping;
    let (report, _) = block_on(again.evaluate(&guess)).expect("a report");
    assert_eq!(report.metrics.get("exact_match"), Some(0.0));
    // Of a checkpoint that says nothing of it the rows tell.
    let mut foreign = folder.clone();
    let mut config = config(&folder);
    config.as_object_mut().expect("an object").remove("handle_impossible_answer");
    foreign.config = config.to_string().into_bytes();
    again.open_model(foreign.files(), "foreign").expect("a model");
    let guess = again.open_table(rows.join("\n").as_bytes(), "more.jsonl").expect("a table").mapping;
    let (report, _) = block_on(again.evaluate(&guess)).expect("a report");
    assert!(report.metrics.get("exact_match") > Some(0.0), "{:?}", report.metrics);
}

#[test]
fn hidden_words_of_plain_texts() {
    let rows: String = (0..96).map(|row| format!("the {} one was {} and not hard\n", word(row), word(row))).collect();
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(format!("text\n{rows}").as_bytes(), "texts.csv").expect("a table");
    let mapping = session.guess_mapping(Task::Language).expect("a mapping");
    session.map_columns(&mapping).expect("a data set");
    let recipe = Recipe { epochs: 12, batch_size: 8, learning_rate: 5e-3, ..Recipe::default() };
    let is_new = |info: &RunInfo| info.notes.iter().any(|note| note.contains("learnt from nothing"));
    assert!(is_new(&session.start(recipe.clone()).expect("a run")));
    let events = finish(&mut session, 5);
    let done = done(&events);
    assert!(score(done, "perplexity") < 8.0, "{:?}", done.metrics);
    let folder = Folder::exported(&block_on(session.export_files(Map::new())).expect("files"));
    assert_eq!(config(&folder)["architectures"], json!(["BertForMaskedLM"]));
    let said = says_the_same(&session, &folder, &texts(&["the bad [MASK] was bad and not hard"]), None);
    let mask = &said[0]["masks"][0];
    assert_eq!((&mask["start"], &mask["words"][0]["word"]), (&json!(8), &json!("one")), "{said:?}");
    session.open_model(folder.files(), "again").expect("a model");
    assert!(!is_new(&session.start(recipe).expect("a run")), "the head is that of the files");
}

/// Trains on a table of texts that belong together; what the end says of it.
fn compared(table: &str, task_recipe: Recipe) -> (Session, DoneEvent) {
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(table.as_bytes(), "texts.csv").expect("a table");
    let mapping = session.guess_mapping(Task::Embedding).expect("a mapping");
    session.map_columns(&tabtune::data::Mapping { validation_share: 0.25, ..mapping }).expect("a data set");
    session.start(Recipe { epochs: 16, batch_size: 16, learning_rate: 2e-3, ..task_recipe }).expect("a run");
    let events = finish(&mut session, 5);
    let done = done(&events).clone();
    (session, done)
}

/// A text of three words that tell it from 79 others, and another one of the same words.
fn partners(row: usize) -> [String; 2] {
    let (fruit, who) =
        (["apple", "pear", "quince", "tree", "jam"][row / 4 % 5], ["he", "she", "we", "they"][row / 20 % 4]);
    [format!("{who} said the {fruit} was {}", word(row)), format!("a very {} {fruit} is what {who} love", word(row))]
}

#[test]
fn texts_that_belong_together_lie_close() {
    let row = |row: usize| partners(row).join(",");
    let rows: Vec<String> = (0..80).map(row).collect();
    let (session, done) = compared(&format!("anchor,positive\n{}\n", rows.join("\n")), Recipe::default());
    assert!(score(&done, "accuracy") > 0.4, "one in twenty is chance: {:?}", done.metrics);
    let said = block_on(session.predict(&texts(&["the pear was bad"]), None)).expect("a vector");
    let Prediction::Vector { vector, .. } = &said[0] else { panic!("not a vector: {said:?}") };
    assert_eq!(vector.len(), 32);
    let folder = Folder::exported(&block_on(session.export_files(Map::new())).expect("files"));
    says_the_same(&session, &folder, &texts(&["the pear was bad", "a jam"]), None);
}

#[test]
fn questions_may_share_answers() {
    let row =
        |row: usize| format!("the {} one is {} {row},it is {}\n", word(row), ["it", "he", "she"][row % 3], word(row));
    let table = format!("anchor,positive\n{}", (0..96).map(row).collect::<String>());
    let (_, done) = compared(&table, Recipe::default());
    assert!(score(&done, "accuracy") > 0.9, "each answer is that of a quarter of the questions: {:?}", done.metrics);
}

#[test]
fn texts_lie_as_close_as_their_scores_say() {
    let row = |row: usize| {
        let ([first, _], [_, second]) = (partners(row), partners(row * 7));
        let same = [first.split(' ').nth(3), first.split(' ').nth(5)]
            .iter()
            .flatten()
            .filter(|word| second.contains(**word))
            .count();
        format!("{first},{second},{}", same as f64 / 2.0)
    };
    let rows: Vec<String> = (0..96).map(row).collect();
    let (_, done) = compared(&format!("sentence1,sentence2,score\n{}\n", rows.join("\n")), Recipe::default());
    assert!(score(&done, "spearman") > 0.6, "{:?}", done.metrics);
}

#[test]
fn triplets_and_comparisons_that_the_data_lacks() {
    let row = |row: usize| {
        let [anchor, positive] = partners(row);
        let [other, _] = partners(row + 5);
        format!("{anchor},{positive},{other}")
    };
    let rows: Vec<String> = (0..80).map(row).collect();
    let table = format!("anchor,positive,negative\n{}\n", rows.join("\n"));
    for contrastive_loss in [ContrastiveLoss::Auto, ContrastiveLoss::Triplet] {
        let (_, done) = compared(&table, Recipe { contrastive_loss, ..Recipe::default() });
        assert!(score(&done, "accuracy") > 0.3, "{contrastive_loss:?} {:?}", done.metrics);
    }
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(table.as_bytes(), "texts.csv").expect("a table");
    let mapping = session.guess_mapping(Task::Embedding).expect("a mapping");
    session.map_columns(&mapping).expect("a data set");
    let error = session
        .start(Recipe { contrastive_loss: ContrastiveLoss::Cosine, ..Recipe::default() })
        .expect_err("no scores");
    assert!(error.to_string().contains("score"), "{error}");
}

#[test]
fn a_base_model_keeps_what_it_has_for_other_tasks() {
    // Trained for words, then for labels and back: the encoder goes on, the head is new, and nothing is refused.
    let rows: String = (0..32).map(|row| format!("the {} one,{}\n", word(row), word(row))).collect();
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-classifier").files(), "tiny").expect("a model");
    session.open_table(format!("text,label\n{rows}").as_bytes(), "rows.csv").expect("a table");
    for task in [Task::Language, Task::Classification] {
        let mapping = session.guess_mapping(task).expect("a mapping");
        session.map_columns(&mapping).expect("a data set");
        session.start(Recipe { epochs: 1, ..Recipe::default() }).expect("a run");
        finish(&mut session, 5);
        assert_eq!(session.predicts().expect("a model"), task);
    }
    let said = block_on(session.predict(&texts(&["the bad one"]), None)).expect("a prediction");
    assert!(matches!(&said[0], Prediction::Label { .. }), "{said:?}");
}
