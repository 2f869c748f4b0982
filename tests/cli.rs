//! The terminal program as a user or a script runs it: what it prints, and how it ends when something is wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// An empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("a folder that can be emptied");
    }
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn tabtune(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tabtune")).args(arguments).output().expect("the program runs")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Three fruits, told apart by one word of the tiny vocabulary each.
fn table(folder: &Path) -> PathBuf {
    let rows: String = (0..30)
        .map(|i| {
            let (word, label) = [("good", "apple"), ("bad", "pear"), ("green", "quince")][i % 3];
            format!("the {word} {word} one {i},{label}\n")
        })
        .collect();
    let file = folder.join("fruit.csv");
    fs::write(&file, format!("text,label\n{rows}")).expect("a file");
    file
}

/// The JSON objects that a program printed, one per line.
fn objects(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// Asserts exit code 2 and one sentence on standard error.
#[track_caller]
fn refused(arguments: &[&str], words: &str) {
    let output = tabtune(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(words), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_model_is_trained_measured_and_asked() {
    let folder = folder("trained");
    let (data, out) = (table(&folder), folder.join("out"));
    let (model, data, out) = (fixture("tiny-bert"), path(&data), path(&out));
    let run = tabtune(
        &[
            &["train", "--model", path(&model), "--data", data, "--text", "text", "--label", "label", "--out", out],
            &["--epochs", "4", "--batch-size", "4", "--learning-rate", "0.003", "--dropout", "0", "--json"][..],
        ]
        .concat(),
    );
    let events = objects(&run);
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of("step").len(), of("epoch").len(), of("done").len()), (28, 4, 1));
    assert_eq!(events.len(), 33, "nothing else is printed");
    let done = events.last().expect("an event");
    assert_eq!(done["type"], "done");
    assert!(done["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    assert!(done["metrics"]["accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.6), "{done}");

    let eval = objects(&tabtune(&["eval", "--model", out, "--data", data, "--json"]));
    assert_eq!(eval.len(), 1);
    for figure in ["accuracy", "macro_f1", "loss", "examples_per_second"] {
        assert!(eval[0][figure].as_f64().is_some_and(f64::is_finite), "{figure}: {}", eval[0]);
    }
    assert_eq!(eval[0]["examples"], 30);

    let answers = objects(&tabtune(&["predict", "--model", out, "--json", "the good good one", "the bad bad one"]));
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["text"], "the good good one");
    let scores = answers[0]["scores"].as_object().expect("scores");
    assert_eq!(scores.keys().collect::<Vec<_>>(), ["apple", "pear", "quince"]);
    let sum: f64 = scores.values().filter_map(Value::as_f64).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    let best = scores.iter().max_by(|a, b| a.1.as_f64().partial_cmp(&b.1.as_f64()).expect("numbers"));
    assert_eq!(Some(answers[0]["label"].as_str().expect("a label")), best.map(|(label, _)| label.as_str()));
}

#[test]
fn a_checkpoint_of_transformers_is_asked_and_measured() {
    let model = fixture("tiny-classifier");
    let answers = objects(&tabtune(&["predict", "--model", path(&model), "--json", "an apple"]));
    assert_eq!(answers[0]["scores"].as_object().map(serde_json::Map::len), Some(3));
    let data = table(&folder("checkpoint"));
    let eval = objects(&tabtune(&["eval", "--model", path(&model), "--data", path(&data), "--json"]));
    assert_eq!(eval[0]["labels"], serde_json::json!(["apple", "pear", "quince"]));
}

#[test]
fn a_table_comes_back_with_predictions() {
    let folder = folder("sheet");
    let (model, data, out) = (fixture("tiny-classifier"), table(&folder), folder.join("out.csv"));
    let given = ["predict", "--model", path(&model), "--data", path(&data)];
    let run = tabtune(&[&given[..], &["--out", path(&out)]].concat());
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success() && run.stdout.is_empty(), "{said}");
    assert!(said.contains("Texts are taken from \u{201c}text\u{201d}.") && said.contains("30 rows"), "{said}");
    let written = fs::read_to_string(&out).expect("a file");
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], "text,label,predicted_label,predicted_score,score_apple,score_pear,score_quince");
    assert_eq!(lines.len(), 31);
    assert!(lines[30].starts_with("the green green one 29,quince,"));

    let printed = tabtune(&[&given[..], &["--text", "label"]].concat());
    assert_eq!(String::from_utf8_lossy(&printed.stdout).lines().count(), 31);
    refused(&[&given[..], &["--text", "body"]].concat(), "no column of this name");
    refused(&[&given[..], &["--out", path(&data)]].concat(), "its own table");
    refused(&[&given[..], &["a text"]].concat(), "cannot be used with");
    refused(&["predict", "--model", path(&model), "--text", "text", "a text"], "--data");
}

#[test]
fn a_training_is_written_as_a_script() {
    let folder = folder("script");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    let given = ["script", "--model", path(&model), "--data", path(&data), "--out", path(&out)];
    let run = tabtune(&[&given[..], &["--epochs", "2"]].concat());
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success() && said.contains("accelerate launch"), "{said}");
    let recipe: Value = serde_json::from_slice(&fs::read(out.join("recipe.json")).expect("a file")).expect("JSON");
    assert_eq!(recipe["recipe"]["epochs"], 2);
    assert!(out.join("train.py").exists());
    refused(&[&given[..], &["--method", "frozen"]].concat(), "Choose Full or LoRA");
}

#[test]
fn what_the_user_got_wrong_is_said_in_one_sentence() {
    let folder = folder("mistakes");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    let (model, data, out) = (path(&model), path(&data), path(&out));
    let train = |more: &[&'static str]| -> Vec<String> {
        let given = ["train", "--model", model, "--data", data, "--out", out];
        given.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    };
    for (more, words) in [
        (&["--epochs", "0"][..], "Epochs must be from 1 to 1000"),
        (&["--epochs", "many"], "--epochs must be a whole number"),
        (&["--dropout", "2"], "Dropout must be from 0 to 0.9"),
        (&["--schedule", "zigzag"], "one of linear, cosine, constant"),
        (&["--text", "body"], "body"),
        (&["--colour", "red"], "--colour"),
        (&["--device", "abacus"], "abacus"),
        (&["--task", "poetry"], "poetry"),
        (&["--method", "osmosis"], "one of full, lora, frozen, probe"),
        (&["--task", "language", "--method", "frozen"], "Choose Full or LoRA"),
        (&["--task", "answers"], "column"),
        (&["--adapter", "adapter"], "--method lora"),
    ] {
        let arguments = train(more);
        refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), words);
    }
    let absent = folder.join("absent");
    refused(&["predict", "--model", path(&absent), "text"], "config.json: there is no such file");
    refused(&["eval", "--model", model, "--data", path(&absent)], "there is no such file");
    refused(&["predict", "--model", model, "text"], "Train it first");
    let empty = folder.join("empty.csv");
    fs::write(&empty, "").expect("a file");
    refused(&["train", "--model", model, "--data", path(&empty), "--out", out], "empty");
}
