//! How the program ends when its output goes nowhere, when it is to stop, and when a result cannot be written.

use super::*;

/// Runs the program with standard output and standard error going to these.
fn into(arguments: &[&str], out: Stdio, told: Stdio) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tabtune"));
    program.args(arguments).stdout(out).stderr(told).output().expect("the program runs")
}

/// A place that takes no byte, as a full disk.
#[cfg(target_os = "linux")]
fn full() -> Stdio {
    fs::File::options().write(true).open("/dev/full").expect("a device").into()
}

/// A reader that has gone away.
fn gone() -> Stdio {
    std::io::pipe().expect("a pipe").1.into()
}

const SHORT: [&str; 4] = ["--epochs", "1", "--batch-size", "8"];

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_told_and_costs_no_model() {
    let folder = folder("full");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    for (to, told, code, words) in [
        (full(), Stdio::piped(), 1, "Standard output: it cannot be written to"),
        (gone(), Stdio::piped(), 0, "Written to"),
        (Stdio::piped(), full(), 0, ""),
        (full(), full(), 1, ""),
    ] {
        let output = into(&training(&model, &data, &out, &SHORT), to, told);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words) && said.matches("Standard output").count() < 2, "{said}");
        fs::remove_file(out.join("model.safetensors")).expect("a model");
    }
    let (model, out) = (fixture("tiny-classifier"), folder.join("onnx"));
    for arguments in [
        &["eval", "--model", path(&model), "--data", path(&data)][..],
        &["predict", "--model", path(&model), "good"],
        &["predict", "--model", path(&model), "--data", path(&data)],
        &["export", "--model", path(&model), "--out", path(&out)],
        &["--help"],
    ] {
        let output = into(arguments, full(), Stdio::piped());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("Standard output: it cannot be written to"), "{said}");
        let output = into(arguments, gone(), Stdio::piped());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    refused(&["predict", "--model", "nowhere", "good"], "config.json");
    assert_eq!(into(&["predict", "--model", "nowhere", "good"], full(), full()).status.code(), Some(2));
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn what_was_there_stays_if_the_result_cannot_be_written() {
    let folder = folder("stays");
    let (model, data, out) = (fixture("tiny-classifier"), folder.join("rows.jsonl"), folder.join("old.csv"));
    let rows = "{\"text\": \"an apple\"}\n".repeat(40);
    fs::write(&data, format!("{rows}{{\"text\": \n")).expect("a table");
    fs::write(&out, "old").expect("a file");
    let before = names(&folder);
    refused(
        &["predict", "--model", path(&model), "--data", path(&data), "--text", "text", "--out", path(&out)],
        "Line 41",
    );
    assert_eq!(fs::read_to_string(&out).expect("a file"), "old");
    assert_eq!(names(&folder), before);

    // Of a model's files one has no place: the others stay as they were.
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    assert!(tabtune(&training(&model, &data, &out, &SHORT)).status.success());
    fs::remove_file(out.join("tokenizer.json")).expect("a file");
    fs::create_dir(out.join("tokenizer.json")).expect("a folder");
    let (before, weights) = (names(&out), fs::read(out.join("model.safetensors")).expect("weights"));
    let output = tabtune(&training(&model, &data, &out, &[&SHORT[..], &["--seed", "7"]].concat()));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.lines().last().is_some_and(|last| last.contains("tokenizer.json: it cannot be read or written")),
        "{said}"
    );
    assert!(fs::read(out.join("model.safetensors")).expect("weights") == weights);
    assert_eq!(names(&out), before);
}

#[test]
fn a_model_takes_the_place_of_the_one_before_and_of_nothing_else() {
    let folder = folder("leftovers");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    let train = |more: &[&str]| tabtune(&training(&model, &data, &out, &[&SHORT[..], more].concat()));
    assert!(train(&[]).status.success());
    let whole = names(&out);
    let (stale, other) = (
        ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "adapter_config.json", "vocab.txt"],
        ["notes.txt", "model-of-mine.safetensors", "onnx/notes.txt"],
    );
    fs::create_dir_all(out.join("onnx")).expect("a folder");
    fs::create_dir_all(out.join("1_Pooling")).expect("a folder");
    for name in stale.iter().chain(&other).chain(&["onnx/model_quantized.onnx", "1_Pooling/config.json"]) {
        fs::write(out.join(name), "{}").expect("a file");
    }
    assert!(train(&[]).status.success());
    let mut expected = [whole, ["notes.txt", "model-of-mine.safetensors", "onnx"].map(str::to_owned).to_vec()].concat();
    expected.sort();
    assert_eq!((names(&out), names(&out.join("onnx"))), (expected, vec!["notes.txt".to_owned()]));

    // Of somebody else: refused before anything is read.
    for name in ["model.safetensors.index.json", "config.json", "onnx/model.onnx", "README.md"] {
        let foreign = folder.join("foreign");
        fs::create_dir_all(foreign.join("onnx")).expect("a folder");
        fs::write(foreign.join(name), "{}").expect("a file");
        refused(
            &training(&model, &data, &foreign, &SHORT),
            &format!("there is a {name} in it that Tabtune has not written"),
        );
        fs::remove_dir_all(&foreign).expect("a folder");
    }
    let fresh = folder.join("new/and/deep");
    refused(&training(&model, &folder.join("nowhere.csv"), &fresh, &[]), "there is no such file");
    assert!(!folder.join("new").exists(), "no folder is left of a training that did not begin");
}

/// A training of many steps whose events are read as they come.
#[cfg(unix)]
fn begun(arguments: &[&str]) -> (std::process::Child, impl Iterator<Item = Value> + use<>) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tabtune"));
    program.args(arguments).args(["--json", "--epochs", "120", "--batch-size", "4"]);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    (child, lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")))
}

#[cfg(unix)]
fn send(signal: &str, child: &std::process::Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("a program");
    assert!(sent.success());
}

#[test]
#[cfg(unix)]
fn a_signal_stops_a_training_and_keeps_its_model() {
    let folder = folder("signals");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    let checkpoint = folder.join("run.checkpoint");
    let seeds = ["--seeds", "3"];
    let kept = ["--checkpoint", path(&checkpoint), "--checkpoint-every", "1000000"];
    for (signal, code, more, until) in [("-INT", 130, &kept[..], "epoch"), ("-TERM", 143, &seeds, "trial_done")] {
        let (child, mut events) = begun(&training(&model, &data, &out, more));
        assert!(events.any(|event| event["type"] == until));
        send(signal, &child);
        // What it prints goes into a pipe that holds some 300 steps, so that it cannot have been done by then.
        let last = events.last().expect("an event");
        assert_eq!((&last["type"], &last["reason"]), (&"done".into(), &"stopped".into()), "{last}");
        let ended = child.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{said}");
        assert!(said.contains("Stopping: the best weights so far are kept") && said.contains("Written to"), "{said}");
        let model = tabtune(&["predict", "--model", path(&out), "the good one"]);
        assert!(model.status.success(), "{}", String::from_utf8_lossy(&model.stderr));
        fs::remove_dir_all(&out).expect("a model");
    }
    // The run can be gone on with, too.
    let rest = training(&model, &data, &out, &["--epochs", "120", "--batch-size", "4", "--json"]);
    let events = objects(&tabtune(&[&rest[..], &["--resume", path(&checkpoint)]].concat()));
    assert!(events.first().is_some_and(|event| event["step"].as_u64() > Some(6)), "{:?}", events.first());
    assert_eq!(events.last().map(|event| &event["reason"]), Some(&"completed".into()));

    // Two signals, while nobody reads what it prints: it ends where it is.
    let (child, mut events) = begun(&training(&model, &data, &out, &[]));
    assert!(events.any(|event| event["type"] == "step"));
    send("-INT", &child);
    send("-TERM", &child);
    let ended = child.wait_with_output().expect("an end");
    assert!([Some(130), Some(143)].contains(&ended.status.code()));
}
