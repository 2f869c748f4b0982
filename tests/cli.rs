//! The terminal program as a user or a script runs it: what it prints, and how it ends when something is wrong. The files of
//! `tests/cli` are parts of this one, because a file of tests is a program of its own to build.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[path = "cli/ends.rs"]
mod ends;
#[path = "cli/options.rs"]
mod options;

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

/// Asserts exit code 2, one sentence as the last line on standard error, and before it at most what was read.
#[track_caller]
fn refused(arguments: &[&str], words: &str) {
    let output = tabtune(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let (last, before) = lines.split_last().expect("a sentence");
    assert!(last.contains(words), "{said}");
    let told = |line: &&str| ["UTF-8, 30 rows.", "Task ", "rows to train on"].iter().any(|words| line.contains(words));
    assert!(before.iter().all(told), "{said}");
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

    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("Task classification: “label” from “text”."), "{said}");
    assert!(said.contains("27 rows to train on, 3 held out."), "{said}");
    assert!(!said.contains("has no part"), "{said}");

    let eval = objects(&tabtune(&["eval", "--model", out, "--data", data, "--json"]));
    assert_eq!(eval.len(), 1);
    for figure in ["accuracy", "macro_f1", "loss", "examples_per_second"] {
        assert!(eval[0][figure].as_f64().is_some_and(f64::is_finite), "{figure}: {}", eval[0]);
    }
    assert_eq!(eval[0]["examples"], 30);

    // The same rows with one label changed: that row is the one that the model is surest of being wrong about.
    let swapped = folder.join("swapped.csv");
    let text = fs::read_to_string(data).expect("the table");
    let lines: Vec<&str> = text.lines().collect();
    let other = lines[3].rsplit_once(',').map(|(text, _)| format!("{text},apple")).expect("two columns");
    assert_ne!(other, lines[3]);
    fs::write(&swapped, [&lines[..3], &[other.as_str()], &lines[4..]].concat().join("\n")).expect("a table");
    let eval = ["eval", "--model", out, "--data", path(&swapped), "--mistakes", "2"];
    let misses = objects(&tabtune(&[&eval[..], &["--json"]].concat()));
    assert_eq!((misses[1]["line"].clone(), misses[1]["right"].clone()), (4.into(), "apple".into()), "{}", misses[1]);
    assert!(
        misses.len() <= 3
            && misses[1]["sure"] == misses[1]["said"]["scores"][misses[1]["said"]["label"].as_str().expect("a label")]
    );
    let printed = String::from_utf8_lossy(&tabtune(&eval).stdout).into_owned();
    assert!(printed.contains("of 30 rows, and surest of:\n  line 4  right is apple  said "), "{printed}");

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

/// Options of a training on the table of fruits, with more of them.
fn training<'a>(model: &'a Path, data: &'a Path, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let given =
        ["train", "--model", path(model), "--data", path(data), "--out", path(out), "--validation-share", "0.2"];
    given.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn what_is_not_read_and_what_changes_nothing_is_told() {
    let folder = folder("told");
    let data = folder.join("mails.csv");
    let rows: String = (0..24).map(|row| format!("{row},the {} one,{}\n", ["good", "bad"][row % 2], row % 2)).collect();
    fs::write(&data, format!("id,body,kind\n{rows}")).expect("a table");
    let (model, out) = (fixture("tiny-bert"), folder.join("out"));
    let told = |more: &[&str]| {
        let run = tabtune(&training(&model, &data, &out, more));
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.success(), "{said}");
        said
    };
    let said = told(&["--method", "frozen", "--epochs", "2", "--max-length", "9"]);
    assert!(said.contains("mails.csv: CSV"), "{said}");
    assert!(said.contains("“kind” from “body”. Not read: “id”."), "{said}");
    assert!(said.contains("--epochs has no part in this method and task"), "{said}");
    assert!(!said.contains("--max-length has no part"), "{said}");
    assert!(said.contains("a folder for sentence-transformers."), "{said}");
    assert!(out.join("modules.json").exists());

    // Another model in the same folder: what only the first one had is gone, and nobody else's file.
    fs::write(out.join("notes.txt"), "mine").expect("a file");
    let said = told(&["--epochs", "1"]);
    assert!(!said.contains("sentence-transformers"), "{said}");
    let left: Vec<bool> =
        ["modules.json", "1_Pooling", "3_Dense", "notes.txt"].iter().map(|path| out.join(path).exists()).collect();
    assert_eq!(left, [false, false, false, true]);
}

#[test]
fn many_runs_end_in_a_table_and_the_best_model() {
    let folder = folder("searched");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    let short = ["--epochs", "1", "--batch-size", "8", "--dropout", "0"];
    let grid = ["--metric", "loss", "--grid", "lr=1e-9,0.005", "--grid", "batch-size=8,16"];
    let said = tabtune(&training(&model, &data, &out, &[&short[..], &grid].concat()));
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(told.contains("--batch-size changes nothing: the search has values of its own for it."), "{told}");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("run 4 of 4: learning_rate 0.005, batch_size 16"), "{said}");
    let lines: Vec<&str> = said.lines().rev().take(5).collect();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[4]), ["run", "learning_rate", "batch_size", "loss", "epoch", "seconds"]);
    let table: Vec<Vec<String>> = lines[..4].iter().rev().map(|line| words(line)).collect();
    assert_eq!((table[0][1].as_str(), table[0].last().map(String::as_str)), ("0.005", Some("best")));
    assert!(table.windows(2).all(|pair| pair[0][3] <= pair[1][3]), "the best first: {said}");
    let report: Value =
        serde_json::from_slice(&fs::read(out.join("training_report.json")).expect("a file")).expect("JSON");
    assert_eq!(report["recipe"]["learning_rate"], 0.005);
    assert_eq!(report["search"]["runs"].as_array().map(Vec::len), Some(4));

    for (more, runs, field) in [
        (&["--seeds", "2"][..], 2, "seed"),
        (
            &["--search", "learning-rate=1e-4..1e-2", "--search", "schedule=linear,cosine", "--trials", "3"],
            3,
            "learning_rate",
        ),
    ] {
        let events = objects(&tabtune(&training(&model, &data, &out, &[&short[..], more, &["--json"]].concat())));
        let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
        assert_eq!((of("trial_started").len(), of("trial_done").len(), of("done").len()), (runs, runs, 1));
        assert!(of("trial_done").iter().all(|run| run["score"].is_number() && run["changes"][field].is_number()));
        assert_eq!(events.last().map(|event| &event["type"]), Some(&Value::from("done")));
    }
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
fn texts_that_are_not_read_to_their_end_are_told_of() {
    let folder = folder("cut");
    let (model, data) = (fixture("tiny-classifier"), folder.join("long.csv"));
    let long = "the green one is good ".repeat(40);
    fs::write(&data, format!("text,more\nan apple,1\n{long},2\n{long} and bad,3\n")).expect("a file");
    let given = ["predict", "--model", path(&model)];
    let said = |more: &[&str]| String::from_utf8_lossy(&tabtune(&[&given[..], more].concat()).stderr).into_owned();
    let told = "Only the first 64 tokens of";
    assert!(said(&[&long]).contains(&format!("{told} 1 text are read")), "{}", said(&[&long]));
    assert!(said(&["--data", path(&data), "--text", "text"]).contains(&format!("{told} 2 texts are read")));
    assert!(!said(&["an apple"]).contains(told));
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

    let workbook = fixture("workbooks/reviews.xlsx");
    let given = ["predict", "--model", path(&model), "--data", path(&workbook)];
    let printed = String::from_utf8_lossy(&tabtune(&given).stdout).into_owned();
    assert!(printed.contains("\nA fine film.,good,4.1,2024-02-29,"), "{printed}");
    let printed = String::from_utf8_lossy(&tabtune(&[&given[..], &["--sheet", "About"]].concat()).stdout).into_owned();
    assert!(printed.contains("\nabout films,"), "{printed}");
    refused(&[&given[..], &["--sheet", "Reviews"]].concat(), "choose one of “About”");
    refused(&["predict", "--model", path(&model), "--sheet", "About", "a text"], "--sheet is for a table");
    refused(&["predict", "--model", path(&model), "--encoding", "Big5", "a text"], "--encoding is for a table");
    let lines = folder.join("lines.txt");
    fs::write(&lines, "ripe, red apple\nsweet, soft, yellow pear\n").expect("a file");
    let given_lines = ["predict", "--model", path(&model), "--data", path(&lines)];
    refused(&given_lines, "or choose another delimiter");
    let printed = tabtune(&[&given_lines[..], &["--delimiter", "none", "--header", "no"]].concat());
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("\n\"ripe, red apple\",") && printed.lines().count() == 3, "{printed}");
    let back = folder.join("back.xlsx");
    assert!(tabtune(&[&given[..], &["--out", path(&back)]].concat()).status.success());
    let read = tabtune::data::Table::parse(&fs::read(&back).expect("a file"), "back.xlsx").expect("a workbook");
    assert_eq!((read.format(), read.rows()), ("Excel, sheet 1, header", 7));
    assert_eq!((read.columns()[9].as_str(), read.cell(1, 0)), ("predicted_label", "Two\nlines & a <tag>, \"quoted\""));
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
        (&["--sheet", "One"], "Only Excel workbooks have sheets"),
        (&["--encoding", "utf-7"], "no encoding called “utf-7”"),
        (&["--delimiter", "dash"], "it is one of comma, semicolon, tab, pipe, none."),
        (&["--header", "maybe"], "it is one of yes, no."),
        (&["--colour", "red"], "--colour"),
        (&["--device", "abacus"], "abacus"),
        (&["--task", "poetry"], "poetry"),
        (&["--method", "osmosis"], "one of full, lora, frozen, probe"),
        (&["--task", "language", "--method", "frozen"], "Choose Full or LoRA"),
        (&["--task", "answers"], "column"),
        (&["--adapter", "adapter"], "--method lora"),
        (&["--adapter", "adapter", "--grid", "method=lora,full"], "--method lora"),
        (&["--seeds", "2", "--grid", "epochs=1,2"], "cannot be used with"),
        (&["--trials", "2"], "name what to draw with --search"),
        (&["--seeds", "1"], "from 2 to 256"),
        (&["--grid", "epochs"], "is written as learning_rate=5e-5,1e-4"),
        (&["--grid", "height=1,2"], "no hyperparameter named"),
        (&["--grid", "epochs=1,many"], "whole number"),
        (&["--grid", "epochs=1..3"], "single values in a grid"),
        (&["--search", "epochs=one..3"], "is no number"),
        (&["--search", "epochs=3..1"], "lower to a higher"),
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

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let model = fixture("tiny-classifier");
    for arguments in [&["--help"][..], &["train", "--help"], &["predict", "--model", path(&model), "good"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut program = Command::new(env!("CARGO_BIN_EXE_tabtune"));
        let output = program.args(arguments).stdout(writer).output().expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_same_model() {
    let folder = folder("killed");
    let (model, data, file) = (fixture("tiny-bert"), table(&folder), folder.join("run.checkpoint"));
    let (model, data, file) = (path(&model), path(&data), path(&file));
    let given = |out: &'static str, more: &[&str]| -> Vec<String> {
        let out = folder.join(out);
        let all = ["train", "--model", model, "--data", data, "--out", path(&out), "--json"];
        let recipe = ["--epochs", "120", "--batch-size", "4", "--learning-rate", "0.003"];
        all.iter().chain(&recipe).chain(more).map(|argument| (*argument).to_owned()).collect()
    };
    let run = |arguments: &[String]| tabtune(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let whole = objects(&run(&given("whole", &[])));

    // Killed after some steps, and once more. What it prints it prints into a pipe that holds some 300 steps, so that it is
    // never done before.
    for from in ["--checkpoint", "--resume"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tabtune"))
            .args(given("killed", &[from, file, "--checkpoint-every", "10"]))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let events = lines.map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("JSON"));
        let steps: Vec<Value> = events.filter(|event| event["type"] == "step").take(17).collect();
        child.kill().expect("a process that can be ended");
        child.wait().expect("an end");
        let first = steps[0]["step"].as_u64().expect("a number") as usize;
        assert_eq!(first > 1, from == "--resume", "step {first} is the first");
        let same = whole.iter().filter(|event| event["type"] == "step").skip(first - 1);
        for (step, expected) in steps.iter().zip(same) {
            assert_eq!((&step["step"], &step["loss"]), (&expected["step"], &expected["loss"]));
        }
    }
    let rest = objects(&run(&given("killed", &["--resume", file])));
    assert_eq!(rest.last().expect("an end")["best_epoch"], whole.last().expect("an end")["best_epoch"]);
    let [expected, weights] =
        ["whole", "killed"].map(|out| fs::read(folder.join(out).join("model.safetensors")).expect("weights"));
    assert!(weights == expected, "the same model, to the last bit");
    assert!(!Path::new(file).exists(), "a checkpoint goes when its run is done");
    assert!(
        fs::read_dir(&folder).expect("a folder").all(|entry| !path(&entry.expect("an entry").path()).ends_with("part"))
    );
}

#[test]
fn checkpoints_are_kept_and_guarded() {
    let folder = folder("checkpoints");
    let (model, data, out, file) =
        (fixture("tiny-bert"), table(&folder), folder.join("out"), folder.join("run.checkpoint"));
    let (model, data, out, file) = (path(&model), path(&data), path(&out), path(&file));
    let train = ["train", "--model", model, "--data", data, "--out", out, "--epochs", "2", "--batch-size", "8"];
    let with = |more: &[&'static str]| [&train[..], more].concat();
    let output = tabtune(&[&train[..], &["--checkpoint", file, "--keep-checkpoint"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let whole = fs::read(file).expect("a checkpoint");

    refused(&[&train[..], &["--checkpoint", file]].concat(), "Go on with it by --resume");
    refused(&with(&["--checkpoint", "nowhere/at/all"]), "no such file");
    refused(&with(&["--resume", "nowhere"]), "no such file");
    refused(&[&train[..], &["--resume", file, "--dropout", "0.3"]].concat(), "Leave --dropout out");
    refused(&[&train[..], &["--resume", file, "--seeds", "2"]].concat(), "stands in the checkpoint");
    refused(&[&train[..], &["--resume", file, "--split-seed", "5"]].concat(), "learns from other data");
    fs::write(file, &whole[..whole.len() - 100]).expect("a file");
    refused(&[&train[..], &["--resume", file]].concat(), "damaged or not whole");
    assert_eq!(fs::read(file).expect("a file").len(), whole.len() - 100, "nothing takes its place");

    // Of several runs, too: what is left of the second one, and the table of both.
    let (several, rest) = (folder.join("several"), folder.join("rest"));
    let (several, rest) = (path(&several), path(&rest));
    let runs = folder.join("runs.checkpoint");
    let runs = path(&runs);
    let given = |out, more: &[&'static str]| {
        let words = ["train", "--model", model, "--data", data, "--out", out, "--epochs", "2", "--batch-size", "8"];
        [&words[..], more].concat().iter().map(|&word| word.to_owned()).collect::<Vec<String>>()
    };
    let said = |mut words: Vec<String>, option: &str| {
        words.extend([option.to_owned(), runs.to_owned()]);
        let output = tabtune(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let [out, told] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{told}");
        (out, told)
    };
    said(given(several, &["--seeds", "2", "--keep-checkpoint"]), "--checkpoint");
    let (table, told) = said(given(rest, &[]), "--resume");
    assert!(told.contains("Run 2 of 2."), "{told}");
    assert!(table.lines().filter(|line| line.starts_with(['1', '2'])).count() >= 2, "{table}");
    let [one, other] = [several, rest].map(|out| fs::read(Path::new(out).join("model.safetensors")).expect("weights"));
    assert!(one == other, "the same model, to the last bit");

    fs::write(file, &whole).expect("a file");
    let output = tabtune(&[&train[..], &["--resume", file]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("training is over"), "{said}");
}

#[test]
fn a_model_is_exported_for_javascript() {
    let folder = folder("exported");
    let (model, out) = (fixture("tiny-classifier"), path(&folder));
    let files =
        objects(&tabtune(&["export", "--model", path(&model), "--out", out, "--precision", "int8,f32", "--json"]));
    let paths: Vec<&str> = files.iter().filter_map(|file| file["path"].as_str()).collect();
    let expected =
        ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx", "onnx/model_quantized.onnx"];
    assert_eq!(paths, expected);
    for file in &files {
        let written = fs::metadata(folder.join(file["path"].as_str().expect("a path"))).expect("a file").len();
        assert_eq!(file["bytes"], written);
    }
    let json =
        |name: &str| -> Value { serde_json::from_slice(&fs::read(folder.join(name)).expect("a file")).expect("JSON") };
    let config = json("config.json");
    assert_eq!(config["architectures"][0], "BertForSequenceClassification");
    assert_eq!(config["transformers.js_config"]["dtype"], "q8", "the first that was named");
    let tokenizer = json("tokenizer_config.json");
    assert_eq!(
        ["pad_token", "sep_token", "mask_token"].map(|name| tokenizer[name].as_str().unwrap_or_default()),
        ["[PAD]", "[SEP]", "[MASK]"]
    );
    refused(&["export", "--model", path(&fixture("tiny-bert")), "--out", out], "has no head for a task yet");
    refused(&["export", "--model", path(&model), "--out", out, "--precision", "f8"], "f8");
}
