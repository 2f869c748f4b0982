//! What is given on the command line: sentences for what is wrong with it, options that would change nothing, tables that come
//! through a pipe, and columns that are guessed.

use std::io::Write;

use super::*;

/// Runs the program with these bytes on its standard input.
fn fed(arguments: &[&str], bytes: &[u8]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tabtune"));
    let program = program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program runs");
    child.stdin.take().expect("its input").write_all(bytes).expect("bytes that are read");
    child.wait_with_output().expect("an end")
}

#[test]
fn a_table_comes_through_a_pipe() {
    let folder = folder("piped");
    let (data, out, model) = (table(&folder), folder.join("out"), fixture("tiny-classifier"));
    let bytes = fs::read(&data).expect("a table");
    let sources = if cfg!(unix) { &["-", "/dev/stdin"][..] } else { &["-"] };
    for source in sources {
        let predicted = folder.join("predicted.csv");
        let run = fed(&["predict", "--model", path(&model), "--data", source, "--out", path(&predicted)], &bytes);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(fs::read_to_string(&predicted).expect("a file").lines().count(), 31);
        let run = fed(&training(&fixture("tiny-bert"), Path::new(source), &out, &["--epochs", "1"]), &bytes);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert!(String::from_utf8_lossy(&run.stderr).contains("24 rows to train on"));
    }
    let eval = fed(&["eval", "--model", path(&model), "--data", "-", "--json"], &bytes);
    assert_eq!(objects(&eval)[0]["examples"], 30);
    assert!(String::from_utf8_lossy(&eval.stderr).contains("standard input: CSV"));
    let workbook = fs::read(fixture("workbooks/reviews.xlsx")).expect("a workbook");
    let run = fed(&["predict", "--model", path(&model), "--data", "-"], &workbook);
    assert!(String::from_utf8_lossy(&run.stdout).contains("\nA fine film.,good,"));
    // A place that is no file has nothing to lose, and is written to as it is.
    #[cfg(target_os = "linux")]
    {
        let run = tabtune(&["predict", "--model", path(&model), "--data", path(&data), "--out", "/dev/stdout"]);
        assert_eq!(String::from_utf8_lossy(&run.stdout).lines().count(), 31);
    }
}

#[test]
fn what_clap_finds_is_one_sentence_with_all_that_it_says() {
    for (given, words) in [
        (&["train", "--model", "m"][..], "not provided: --data <FILE>, --out <DIR>. See “tabtune train --help”."),
        (&["train", "--epoch", "3"], "Did you mean “--epochs”? See “tabtune train --help”."),
        (&["eval", "--device", "gpus"], "Did you mean “gpu”? See “tabtune eval --help”."),
        (&["trian"], "Did you mean “train”? See “tabtune --help”."),
        (&[], "Say what to do: train, script, eval, predict, export. See “tabtune --help”."),
    ] {
        refused(given, words);
    }
}

#[test]
fn options_that_would_change_nothing_are_refused_or_told() {
    let folder = folder("idle");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    for (more, words) in [
        (&["--epochs", "-1"][..], "--epochs must be a whole number from 1 to 1000; it is “-1”."),
        (&["--lr", "-1"], "must be from"),
        (&["--lr", "nan"], "--learning-rate must be a number from"),
        (&["--validation-share", "-1"], "it must be from 0 to 0.9"),
        (&["--validation-share", "2"], "it must be from 0 to 0.9"),
        (&["--seeds", "0"], "it must be from 2 to 256"),
        (&["--search", "epochs=1..3", "--trials", "0"], "it must be from 1 to 256"),
        (&["--keep-losers"], "--keep-losers is for --grid and --search"),
        (&["--seeds", "2", "--keep-losers"], "--keep-losers is for --grid and --search"),
        (&["--keep-checkpoint"], "say where to write it with --checkpoint"),
        (&["--checkpoint-every", "9"], "say where to write it with --checkpoint"),
        (&["--grid", "epochs=2,2"], "2 is there twice"),
        (&["--frozen-layers", "20"], "--frozen-layers must be from 0 to 2"),
        (&["--reinit-layers", "12"], "--reinit-layers must be from 0 to 2"),
        (&["--resume", "nowhere", "--auto"], "Leave --auto out with --resume"),
        (&["--label", "lable"], "Did you mean “label”?"),
        (&["--text", "Text"], "Did you mean “text”?"),
    ] {
        // The share of validation rows is given here, and can be given once.
        let given = ["train", "--model", path(&model), "--data", path(&data), "--out", path(&out)];
        refused(&[&given[..], more].concat(), words);
        assert!(!out.exists(), "{more:?}");
    }
    let run = tabtune(&training(&model, &data, &out, &["--epochs", "1", "--negative", "text", "--separator", "|"]));
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    for option in ["--negative", "--separator"] {
        assert!(said.contains(&format!("{option} has no part in this task, and changes nothing.")), "{said}");
    }
    let model = fixture("tiny-classifier");
    refused(&["eval", "--model", path(&model), "--data", path(&data), "--task", "tokens"], "Leave --task tokens out");
    for end in ["json", "JSONL", "parquet", "xls"] {
        let out = folder.join(format!("rows.{end}"));
        let given = ["predict", "--model", path(&model), "--data", path(&data), "--out", path(&out)];
        refused(&given, "Choose a name that ends in .xlsx for Excel, or in .csv for text.");
    }
    let (tabs, out) = (folder.join("tabs.txt"), folder.join("rows.tsv"));
    let given = |data, out| ["predict", "--model", path(&model), "--data", data, "--out", out];
    refused(&given(path(&data), path(&out)), "only a table that has tabs between its cells");
    fs::write(&tabs, fs::read_to_string(&data).expect("a table").replace(',', "\t")).expect("a table");
    assert!(tabtune(&given(path(&tabs), path(&out))).status.success());
    assert!(fs::read_to_string(&out).expect("a table").starts_with("text\tlabel\tpredicted_label\t"));
}

#[test]
fn an_adapter_is_not_mixed_with_a_model() {
    let folder = folder("adapters");
    let (model, data, out) = (fixture("tiny-bert"), table(&folder), folder.join("out"));
    let with = |out: &Path, more: &[&str]| -> Vec<String> {
        training(&model, &data, out, more).iter().map(|&word| word.to_owned()).collect()
    };
    let refused = |given: Vec<String>, words| refused(&given.iter().map(String::as_str).collect::<Vec<_>>(), words);
    let lora = ["--method", "lora", "--epochs", "1", "--adapter"];
    let same = folder.join("other/../out/.");
    fs::create_dir(folder.join("other")).expect("a folder");
    refused(with(&out, &[&lora[..], &[path(&same)]].concat()), "--adapter and --out are the same folder");
    refused(with(&out, &[&lora[..], &[path(&model)]].concat()), "would be mixed with the model that it is for");
    let adapter = folder.join("adapter");
    refused(with(&model, &[&lora[..], &[path(&adapter)]].concat()), "which --out would replace");

    // A run that makes no adapter is not gone on with for one.
    let file = folder.join("run.checkpoint");
    let more = ["--epochs", "2", "--checkpoint", path(&file), "--keep-checkpoint"];
    let run = tabtune(&training(&model, &data, &out, &more));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let given = with(&out, &["--resume", path(&file), "--adapter", path(&adapter)]);
    refused(given, "its run makes no adapter, which only the method LoRA does");
    assert!(!adapter.exists());
}

/// A folder with a script of somebody else.
fn other(folder: &Path) -> PathBuf {
    let other = folder.join("other");
    fs::create_dir_all(&other).expect("a folder");
    fs::write(other.join("train.py"), "mine").expect("a file");
    other
}

#[test]
fn columns_that_are_not_named_are_others_than_those_that_are() {
    let folder = folder("swapped");
    let (model, out) = (fixture("tiny-bert"), folder.join("it's out"));
    let data = table(&folder);
    let said = |more: &[&str]| {
        let given = ["script", "--model", path(&model), "--data", path(&data), "--out", path(&out)];
        String::from_utf8_lossy(&tabtune(&[&given[..], more].concat()).stderr).into_owned()
    };
    let swapped = said(&["--text", "label"]);
    assert!(swapped.contains("“text” from “label”"), "{swapped}");
    let plain = said(&["--text", "text"]);
    assert!(plain.contains("“label” from “text”"), "{plain}");
    refused(
        &["script", "--model", path(&model), "--data", path(&data), "--out", path(&other(&folder))],
        "there is a train.py in it that Tabtune has not written",
    );
    let script = format!("accelerate launch '{}", path(&out.join("train.py")).replace('\'', r"'\''"));
    assert!(plain.contains(&script), "{plain}");
}
