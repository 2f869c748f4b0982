//! The card of a trained model: a block of metadata that YAML reads, the figures of the run, no text of a user that means
//! anything there, and how sure its scores are.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, empty, finish, ready, texts};
use futures_lite::future::block_on;
use serde_json::{Map, Value, json};
use tabtune::data::Mapping;
use tabtune::eval::wilson;
use tabtune::recipe::Method;
use tabtune::{DeviceKind, File, Recipe, Session, Task};

/// The text of a folder's card, and its metadata.
fn card(files: &[File]) -> (String, Value) {
    let card = files.iter().find(|file| file.path == "README.md").expect("a card");
    let text = String::from_utf8(card.bytes.clone()).expect("UTF-8");
    let block = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).expect("a block").0;
    let metadata = metadata(block);
    (text, metadata)
}

/// Reads what our cards use of YAML: mappings and lists by indentation, one line each, strings bare or as JSON. (The cards
/// that a browser downloads are read by a whole YAML library, and all that are made here by huggingface_hub's.)
fn metadata(block: &str) -> Value {
    let lines: Vec<(usize, &str)> =
        block.lines().map(|line| (line.len() - line.trim_start().len(), line.trim_start())).collect();
    let (value, rest) = node(&lines);
    assert!(rest.is_empty(), "{rest:?} in:\n{block}");
    value
}

/// The node at the first line's depth, and the lines after it.
fn node<'a>(lines: &'a [(usize, &'a str)]) -> (Value, &'a [(usize, &'a str)]) {
    let depth = lines[0].0;
    let mut rest = lines;
    let (mut list, mut object) = (Vec::new(), Map::new());
    // A list may stand at the depth of its key, so that a node ends where its kind does.
    let is_list = lines[0].1.starts_with("- ");
    while let Some(&(at, line)) = rest.first().filter(|(at, line)| *at == depth && line.starts_with("- ") == is_list) {
        if let Some(entry) = line.strip_prefix("- ") {
            // An entry's own keys go on two columns deeper.
            let inner: Vec<(usize, &str)> = [(at + 2, entry)].into_iter().chain(rest[1..].iter().copied()).collect();
            let (value, after) =
                if entry.contains(": ") || entry.ends_with(':') { node(&inner) } else { (scalar(entry), &inner[1..]) };
            rest = &rest[rest.len() - after.len()..];
            list.push(value);
        } else if let Some((key, value)) = line.split_once(": ") {
            object.insert(key.to_owned(), scalar(value));
            rest = &rest[1..];
        } else {
            let key = line.strip_suffix(':').unwrap_or_else(|| panic!("{line}"));
            let (value, after) = node(&rest[1..]);
            object.insert(key.to_owned(), value);
            rest = after;
        }
    }
    (if is_list { Value::Array(list) } else { Value::Object(object) }, rest)
}

fn scalar(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_ ".contains(letter);
        assert!(text.chars().all(plain), "{text} is no bare string");
        json!(text)
    })
}

/// Leaves a card where `tests/reference/cards.py` finds it.
fn leave(name: &str, text: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cards");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(format!("{name}.md")), text).expect("a file");
}

fn export(session: &Session, base: Option<&str>) -> Vec<File> {
    let made_with = base.map(|base| ("base_model".to_owned(), json!(base)));
    block_on(session.export_files(made_with.into_iter().collect())).expect("files")
}

#[test]
fn a_card_tells_what_the_run_told() {
    let (mut session, _) = ready(DeviceKind::Cpu, 240, 0.2);
    session.start(Recipe { dropout: 0.0, ..fruit::recipe() }).expect("a run");
    let events = finish(&mut session, 5);
    let report = fruit::done(&events).report.as_ref().expect("a report");
    let (text, metadata) = card(&export(&session, Some("owner/name")));
    leave("classification", &text);
    assert_eq!(metadata["library_name"], "transformers");
    assert_eq!(metadata["pipeline_tag"], "text-classification");
    assert_eq!((&metadata["base_model"], &metadata["base_model_relation"]), (&json!("owner/name"), &json!("finetune")));
    assert_eq!(metadata["metrics"], json!(["accuracy", "f1"]));
    let result = &metadata["model-index"][0]["results"][0];
    assert_eq!(result["task"]["type"], "text-classification");
    let accuracy = report.metrics.get("accuracy").expect("accuracy");
    assert!((result["metrics"][0]["value"].as_f64().expect("a number") - accuracy).abs() < 1e-12);

    let right = (accuracy * 48.0).round() as u64;
    let interval = wilson(right, 48).expect("an interval");
    let shown = format!(
        "| {:.1} % | {:.1} % to {:.1} % (Wilson) |",
        accuracy * 100.0,
        interval.low * 100.0,
        interval.high * 100.0
    );
    for words in [
        shown.as_str(),
        "192 rows to train on, 48 held out",
        "| green | 64 | 16 |",
        "| Dropout | 0.0 | 0.1 |",
        "Warm-up share: 0.1",
        "(bootstrap)",
        "a little too good",
        "only 48 validation rows",
        "pipeline(\"text-classification\", model=\"path/to/this/folder\", truncation=True)",
        "@huggingface/transformers",
        "SHA-256",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    assert!(!text.contains("Adapter rank"), "settings of other methods are not told");
    assert!(texts(60).iter().all(|row| !text.contains(row.as_str())), "no row of the data leaves");

    let (text, metadata) = card(&export(&session, None));
    assert_eq!(metadata.get("base_model"), None, "the name of a folder is none of the hub");
    assert!(text.contains("**Base model:** tiny"));
}

#[test]
fn a_card_says_what_is_wrong_with_its_figures() {
    // Each text comes twice, so that what is held out was mostly trained on; of a rare label nothing is held out.
    let row = |row: usize| format!("the {} one {},{}\n", ["good", "bad"][row % 2], row / 4, ["good", "bad"][row % 2]);
    let mut rows: String = (0..60).map(row).collect();
    rows += "the odd one,odd\n";
    let (text, _) = made("leaked", &format!("text,label\n{rows}"), Task::Classification, Recipe::default());
    let said = |begin: &str| text.lines().find(|line| line.contains(begin)).unwrap_or_default().to_owned();
    let leaked = said("validation rows have texts that are among those trained on, too");
    assert!(leaked.starts_with("- ") && leaked.contains(" of the 15 validation rows"), "{text}");
    assert!(said("It was trained on texts of at most").contains("7 tokens"), "nothing was cut: {text}");
    assert!(!text.contains("Training cut texts"), "{text}");
    assert!(text.contains("| odd | 1 | 0 |") && text.contains("| odd | – | – | – | 0 |"), "{text}");
}

#[test]
fn what_users_name_means_nothing_in_a_card() {
    let labels = ["a|b<script>", "*x*\u{202e}[y](http://z)", "---\n# z: \"`q`\""];
    let rows: String = (0..60)
        .map(|row| {
            format!(
                "the {} one {row},\"{}\"\n",
                ["good", "bad", "green"][row % 3],
                labels[row % 3].replace('"', "\"\"")
            )
        })
        .collect();
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "x: [\"y\"]\n---\n# no").expect("a model");
    session.open_table(format!("text,label\n{rows}").as_bytes(), "t.csv").expect("a table");
    session.map_columns(&Mapping { validation_share: 0.3, ..Mapping::new("text", "label") }).expect("a data set");
    session.start(Recipe { epochs: 1, ..fruit::recipe() }).expect("a run");
    finish(&mut session, 9);
    let (text, metadata) = card(&export(&session, Some("no/hub name\n---")));
    leave("names", &text);
    assert_eq!(metadata["model-index"][0]["name"], "hub name\n--- for labels");
    assert_eq!(metadata.get("base_model"), None);
    assert!(text.contains(r"a\|b\<script\>") && !text.contains("<script>"));
    assert!(text.contains(r"\*x\*�\[y\](http\://z)") && text.contains("--- \\# z\\: \\\"\\`q\\`\\\""), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 1, "one title");
    assert_eq!(text.lines().filter(|line| *line == "---").count(), 2, "one block");
}

/// Trains for an epoch; the card of the folder or, of LoRA, of the adapter.
fn made(name: &str, table: &str, task: Task, recipe: Recipe) -> (String, Value) {
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(table.as_bytes(), "table.csv").expect("a table");
    let guess = session.guess_mapping(task).expect("a guess");
    session.map_columns(&Mapping { validation_share: 0.25, ..guess }).expect("a data set");
    let lora = recipe.method == Method::Lora;
    session.start(Recipe { epochs: 1, max_length: Some(40), ..recipe }).expect("a run");
    finish(&mut session, 9);
    let files = if lora {
        block_on(session.export_adapter("owner/base", Map::new())).expect("files")
    } else {
        export(&session, Some("owner/base"))
    };
    let (text, metadata) = card(&files);
    leave(name, &text);
    (text, metadata)
}

fn of(recipe: Method) -> Recipe {
    Recipe { method: recipe, ..Recipe::default() }
}

#[test]
fn every_task_and_folder_has_a_card_of_its_own() {
    let word = |row: usize| ["good", "bad", "green"][row % 3];
    let rows = |cells: &dyn Fn(usize) -> String| {
        (0..48).map(|row| format!("the {} one {row},{}\n", word(row), cells(row))).collect::<String>()
    };
    let labelled = format!("text,label\n{}", rows(&|row| word(row).to_owned()));
    let scored = format!("text,score\n{}", rows(&|row| (row % 3).to_string() + ".5"));
    let many = format!(
        "text,labels\n{}",
        rows(&|row| if row % 2 == 0 { format!("{}|x", word(row)) } else { word(row).to_owned() })
    );
    let tagged: String = (0..48).map(|row| format!("the O\n{} B-X\none O\n\n", word(row))).collect();
    let asked =
        format!("question,context,answers\n{}", rows(&|row| format!("it is {} and ripe,{}", word(row), word(row))));
    let paired = format!("anchor,positive\n{}", rows(&|row| format!("it is {} {row}", word(row))));
    let plain = format!("text\n{}", (0..48).map(|row| format!("the {} one {row}\n", word(row))).collect::<String>());
    let pairs =
        format!("premise,hypothesis,label\n{}", rows(&|row| format!("and {},{}", word(row + row / 3), row % 2)));
    let full = Method::Full;
    let cases: [(&str, &str, Task, Method, &str, &str, &str); 13] = [
        (
            "multi-label",
            &many,
            Task::MultiLabel,
            full,
            "transformers",
            "text-classification",
            "top_k=None, truncation=True",
        ),
        (
            "regression",
            &scored,
            Task::Regression,
            full,
            "transformers",
            "text-classification",
            "function_to_apply=\"none\", truncation=True",
        ),
        ("tokens", &tagged, Task::Tokens, full, "transformers", "token-classification", "aggregation_strategy"),
        ("answers", &asked, Task::Answers, full, "transformers", "question-answering", "return_overflowing_tokens"),
        (
            "embedding",
            &paired,
            Task::Embedding,
            full,
            "sentence-transformers",
            "sentence-similarity",
            "model.similarity",
        ),
        ("language", &plain, Task::Language, full, "transformers", "fill-mask", "{\"truncation\": True}"),
        ("pairs", &pairs, Task::Classification, full, "transformers", "text-classification", "\"text_pair\""),
        (
            "pairs-frozen",
            &pairs,
            Task::Classification,
            Method::Frozen,
            "sentence-transformers",
            "text-classification",
            "model.encode([(\"The first text\", \"The second text\")]",
        ),
        (
            "frozen",
            &labelled,
            Task::Classification,
            Method::Frozen,
            "sentence-transformers",
            "text-classification",
            "outputs.softmax",
        ),
        (
            "probe",
            &many,
            Task::MultiLabel,
            Method::Probe,
            "sentence-transformers",
            "text-classification",
            "torch.sigmoid",
        ),
        ("adapter", &labelled, Task::Classification, Method::Lora, "peft", "text-classification", "num_labels=3"),
        (
            "adapter-answers",
            &asked,
            Task::Answers,
            Method::Lora,
            "peft",
            "question-answering",
            "merge_and_unload().eval()",
        ),
        (
            "adapter-tokens",
            &tagged,
            Task::Tokens,
            Method::Lora,
            "peft",
            "token-classification",
            "AutoModelForTokenClassification",
        ),
    ];
    for (name, table, task, method, library, tag, python) in cases {
        let (text, metadata) = made(name, table, task, of(method));
        assert_eq!((&metadata["library_name"], &metadata["pipeline_tag"]), (&json!(library), &json!(tag)), "{name}");
        assert_eq!(metadata["base_model"], "owner/base", "{name}");
        assert!(text.contains(python), "{name}: {python} is missing in:\n{text}");
        assert!(!text.contains("NaN"), "{name}:\n{text}");
        let sure: Vec<&str> = text.lines().filter(|line| line.ends_with(" (bootstrap) |")).collect();
        let drawn = match task {
            Task::Classification => 1,
            Task::MultiLabel => 3,
            Task::Tokens => 5,
            Task::Answers => 1,
            Task::Regression | Task::Embedding | Task::Language => 0,
        };
        assert_eq!(sure.len(), drawn, "{name}: {sure:?}");
    }
}
