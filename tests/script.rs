//! The folder that goes on in Python: what it holds for each task and method, and that no text of the data is in it.
//! (`tests/reference/continued.py` runs such folders and compares their losses with ours.)

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, empty, ready, texts};
use futures_lite::future::block_on;
use serde_json::{Value, json};
use support::Tensors;
use tabtune::data::Mapping;
use tabtune::recipe::{ClassWeights, Method};
use tabtune::{DeviceKind, File, Recipe, Session, Task};

fn script(session: &mut Session, recipe: &Recipe, base: &str) -> Vec<File> {
    block_on(session.python_files(recipe, base)).expect("files")
}

fn file<'a>(files: &'a [File], path: &str) -> &'a [u8] {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).bytes
}

fn json(files: &[File], path: &str) -> Value {
    serde_json::from_slice(file(files, path)).expect("JSON")
}

#[test]
fn the_folder_holds_the_run_and_no_text_of_the_data() {
    let (mut session, data) = ready(DeviceKind::Cpu, 60, 0.2);
    let recipe = Recipe { class_weights: ClassWeights::Balanced, seed: 3, ..fruit::recipe() };
    let files = script(&mut session, &recipe, "owner/name");
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        names,
        [
            "README.md",
            "train.py",
            "tables.py",
            "packed.py",
            "parquets.py",
            "data.py",
            "spans.py",
            "tasks.py",
            "scores.py",
            "answers.py",
            "requirements.txt",
            "recipe.json",
            "split.json",
            "start.safetensors"
        ]
    );
    for text in texts(60) {
        assert!(files.iter().all(|file| !String::from_utf8_lossy(&file.bytes).contains(&text)), "{text} leaves");
    }
    let plan_json = json(&files, "recipe.json");
    assert_eq!((&plan_json["base_model"], &plan_json["task"]), (&json!("owner/name"), &json!("classification")));
    assert_eq!(plan_json["class"], "BertForSequenceClassification");
    assert_eq!(plan_json["recipe"], json!(recipe));
    assert_eq!(plan_json["config"]["label2id"], json!({ "green": 0, "red": 1, "yellow": 2 }));
    assert_eq!(plan_json["class_weights"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        (&plan_json["max_length"], &plan_json["cuts_at"]),
        (&json!(64), &json!(64)),
        "as many as it has positions"
    );
    let layout = &plan_json["data"]["layout"];
    assert_eq!(
        (&layout["kind"], &layout["delimiter"], &layout["header"]),
        (&json!("delimited"), &json!(","), &json!(true))
    );
    assert_eq!((&layout["skipped"], &plan_json["data"]["marks"]), (&json!(0), &json!("plain")));

    let split = json(&files, "split.json");
    let side = |name: &str| split[name].as_array().expect("places").len();
    assert_eq!((side("train"), side("validation"), &split["rows"]), (data.train, data.validation, &json!(data.train)));
    let mut all: Vec<u64> = ["train", "validation"]
        .iter()
        .flat_map(|name| split[*name].as_array().expect("places"))
        .filter_map(Value::as_u64)
        .collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..60), "every row is on one side");
    let order = split["order"].as_array().expect("epochs");
    assert_eq!(order.len(), 3);
    assert!(order.iter().all(|epoch| epoch.as_array().is_some_and(|batches| batches.len() == data.train.div_ceil(8))));

    let start = Tensors::read(file(&files, "start.safetensors"));
    assert!(
        start.names().eq(["classifier.bias", "classifier.weight"]) || start.names().any(|name| name.contains("pooler"))
    );
    assert_eq!(start.shape("classifier.weight"), [3, 32]);
    assert!(String::from_utf8_lossy(file(&files, "README.md")).contains("begins with `owner/name`"));

    // The run itself goes on as if nothing had been asked.
    let (_, first) = fruit::train(&mut session, &recipe);
    let (mut other, _) = ready(DeviceKind::Cpu, 60, 0.2);
    assert_eq!(fruit::losses(&first), fruit::losses(&fruit::train(&mut other, &recipe).1));
}

#[test]
fn methods_bring_what_they_begin_with() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let mut of = |recipe: Recipe| script(&mut session, &Recipe { batch_size: 8, ..recipe }, "tiny");
    let lora = of(Recipe { method: Method::Lora, ..Recipe::default() });
    assert_eq!(json(&lora, "adapter/adapter_config.json")["r"], 8);
    assert!(
        Tensors::read(file(&lora, "adapter/adapter_model.safetensors")).names().any(|name| name.contains("lora_B"))
    );
    assert_eq!(json(&lora, "recipe.json")["base_model"], Value::Null, "the name of a folder");
    assert!(String::from_utf8_lossy(file(&lora, "README.md")).contains("--model FOLDER"));
    let parts = json(&of(Recipe { frozen_layers: 1, layer_decay: 0.9, ..Recipe::default() }), "recipe.json");
    let frozen = parts["frozen"].as_array().expect("names");
    assert!(frozen.contains(&json!("bert.embeddings.word_embeddings.weight")));
    assert!(!frozen.contains(&json!("bert.encoder.layer.1.output.dense.weight")));
    let factor = parts["factors"]["bert.encoder.layer.1.output.dense.weight"].as_f64().expect("a factor");
    assert!((factor - 0.9).abs() < 1e-12 && parts["factors"].get("classifier.weight").is_none());
    let anew = of(Recipe { reinit_layers: 1, ..Recipe::default() });
    let start = Tensors::read(file(&anew, "start.safetensors"));
    assert!(start.names().any(|name| name.starts_with("bert.encoder.layer.1.")));
    assert!(!start.names().any(|name| name.starts_with("bert.encoder.layer.0.")));

    for method in [Method::Frozen, Method::Probe] {
        let error =
            block_on(session.python_files(&Recipe { method, ..Recipe::default() }, "tiny")).expect_err("no steps");
        assert!(error.to_string().contains("Choose Full or LoRA"), "{error}");
    }
    let error = block_on(empty(DeviceKind::Cpu).python_files(&Recipe::default(), "tiny")).expect_err("nothing is open");
    assert!(error.to_string().contains("Open a model first"), "{error}");
}

/// A script for texts that belong together, over a model's folder.
fn of_pairs(folder: &Folder, recipe: &Recipe) -> Vec<File> {
    let rows: String = (0..24).map(|row| format!("the {row},it is {row}\n")).collect();
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(folder.files(), "tiny").expect("a model");
    session.open_table(format!("anchor,positive\n{rows}").as_bytes(), "t.csv").expect("a table");
    let guess = session.guess_mapping(Task::Embedding).expect("a guess");
    session.map_columns(&Mapping { validation_share: 0.25, ..guess }).expect("a data set");
    script(&mut session, recipe, "tiny")
}

#[test]
fn parameters_are_called_as_in_the_class_that_is_trained() {
    // Of texts as vectors that is the encoder alone.
    let recipe = Recipe { layer_decay: 0.5, frozen_layers: 1, reinit_layers: 1, ..Recipe::default() };
    let files = of_pairs(&Folder::fixture("tiny-bert"), &recipe);
    let plan = json(&files, "recipe.json");
    assert_eq!(plan["factors"]["encoder.layer.0.output.dense.weight"], 0.25);
    let frozen = plan["frozen"].as_array().expect("names");
    assert!(frozen.contains(&json!("embeddings.word_embeddings.weight")), "{frozen:?}");
    let start = Tensors::read(file(&files, "start.safetensors"));
    assert!(start.names().count() > 0 && start.names().all(|name| name.starts_with("encoder.layer.1.")));
}

#[test]
fn only_parameters_that_the_model_has_are_named() {
    // ALBERT uses one layer several times; its family's table of names has one for each depth.
    let mut tokenizer: Value = serde_json::from_slice(&support::fixture("tiny-bert/tokenizer.json")).expect("JSON");
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().expect("words");
    vocabulary.retain(|_, id| id.as_u64().is_some_and(|id| id < 48));
    let [config, weights] =
        ["config.json", "model.safetensors"].map(|name| support::fixture(&format!("families/albert/sequence/{name}")));
    let tokenizer = tokenizer.to_string().into_bytes();
    let folder = Folder { config, tokenizer, weights, ..Folder::fixture("tiny-bert") };
    let files = of_pairs(&folder, &Recipe { layer_decay: 0.5, ..Recipe::default() });
    let factors = json(&files, "recipe.json")["factors"].as_object().expect("factors").clone();
    let layers = factors.keys().filter(|name| name.contains("albert_layers.")).count();
    assert!(layers > 0 && factors.keys().all(|name| !name.contains("groups.1.")), "{factors:?}");
}

#[test]
fn a_head_begins_with_its_labels_in_the_order_of_the_data() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    fruit::train(&mut session, &Recipe { epochs: 1, ..fruit::recipe() });
    let files = block_on(session.export_files(serde_json::Map::new())).expect("files");
    let folder = Folder::exported(&files)
        .with_config("id2label", json!({ "0": "yellow", "1": "green", "2": "red" }))
        .with_config("label2id", json!({ "yellow": 0, "green": 1, "red": 2 }));
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(folder.files(), "tiny").expect("a model");
    session.open_table(fruit::table(60).as_bytes(), "fruit.csv").expect("a table");
    session.map_columns(&fruit::mapping(0.2)).expect("a data set");
    let files = script(&mut session, &Recipe::default(), "tiny");
    let [own, start] = [folder.weights.as_slice(), file(&files, "start.safetensors")]
        .map(|bytes| Tensors::read(bytes).floats("classifier.weight"));
    let rows: Vec<&[f32]> = own.chunks(own.len() / 3).collect();
    assert_eq!(start, [rows[1], rows[2], rows[0]].concat(), "green, red, yellow");
}

#[test]
fn every_task_has_a_script() {
    let word = |row: usize| ["good", "bad", "green"][row % 3];
    let rows = |cell: &dyn Fn(usize) -> String| {
        (0..24).map(|row| format!("the {} one {row}\t{}\n", word(row), cell(row))).collect::<String>()
    };
    let many = format!("text\tlabels\n{}", rows(&|row| format!("{}|x", word(row))));
    let scored = format!("text\tscore\n{}", rows(&|row| format!("{}.5", row % 3)));
    let tagged: String = (0..24).map(|row| format!("the O\n{} B-X\none O\n\n", word(row))).collect();
    let asked =
        format!("question\tcontext\tanswers\n{}", rows(&|row| format!("it is {} and ripe\t{}", word(row), word(row))));
    let paired = format!("anchor\tpositive\n{}", rows(&|row| format!("it is {}", word(row))));
    let plain = format!("text\n{}", (0..24).map(|row| format!("the {} one {row}\n", word(row))).collect::<String>());
    for (file_name, table, task, kind, class) in [
        ("t.tsv", &many, Task::MultiLabel, "delimited", "BertForSequenceClassification"),
        ("t.tsv", &scored, Task::Regression, "delimited", "BertForSequenceClassification"),
        ("t.conll", &tagged, Task::Tokens, "conll", "BertForTokenClassification"),
        ("t.tsv", &asked, Task::Answers, "delimited", "BertForQuestionAnswering"),
        ("t.tsv", &paired, Task::Embedding, "delimited", "BertModel"),
        ("t.csv", &plain, Task::Language, "delimited", "BertForMaskedLM"),
    ] {
        let mut session = empty(DeviceKind::Cpu);
        session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
        session.open_table(table.as_bytes(), file_name).expect("a table");
        let guess = session.guess_mapping(task).expect("a guess");
        session.map_columns(&Mapping { validation_share: 0.25, ..guess }).expect("a data set");
        let files = script(&mut session, &Recipe::default(), "owner/name");
        let plan = json(&files, "recipe.json");
        assert_eq!((&plan["task"], &plan["class"]), (&json!(task), &json!(class)));
        assert_eq!(plan["data"]["layout"]["kind"], kind);
        assert!(Tensors::read(file(&files, "start.safetensors")).names().count() > 0 || task == Task::Embedding);
    }
}

#[test]
fn the_script_puts_words_together_to_sentences_as_the_table_was() {
    let rows: String = (0..48).map(|row| format!("{},w{},{}\n", row / 4, row % 5, ["O", "B-X"][row % 2])).collect();
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(format!("sentence_id,word,tag\n{rows}").as_bytes(), "t.csv").expect("a table");
    let mapping = session.guess_mapping(Task::Tokens).expect("a guess");
    session.map_columns(&Mapping { validation_share: 0.25, ..mapping }).expect("a data set");
    let files = script(&mut session, &Recipe::default(), "owner/name");
    let layout = &json(&files, "recipe.json")["data"]["layout"];
    assert_eq!((&layout["kind"], &layout["sentences"]), (&json!("delimited"), &json!("sentence_id")));
    assert_eq!(layout["columns"], json!(["sentence_id", "word", "tag"]));
}

#[test]
fn the_script_passes_over_as_many_lines_as_the_table_did() {
    let rows: String = (0..12).map(|row| format!("word {row},{}\n", ["x", "y"][row % 2])).collect();
    for (above, lines) in [("", 0), ("Mails of 2024\n", 1), ("# by hand\nMails of 2024\n", 2)] {
        let mut session = empty(DeviceKind::Cpu);
        session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
        session.open_table(format!("{above}text,label\n{rows}").as_bytes(), "t.csv").expect("a table");
        let mapping = session.guess_mapping(Task::Classification).expect("a guess");
        session.map_columns(&mapping).expect("a data set");
        let files = script(&mut session, &Recipe::default(), "owner/name");
        let layout = &json(&files, "recipe.json")["data"]["layout"];
        assert_eq!((&layout["skipped"], &layout["delimiter"]), (&json!(lines), &json!(",")));
    }
}

#[test]
fn the_script_reads_the_sheet_of_a_workbook_where_the_table_stands() {
    let layout = |name: &str, task: Task| {
        let path = format!("{}/tests/fixtures/workbooks/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut session = empty(DeviceKind::Cpu);
        session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
        session.open_table(&std::fs::read(&path).expect("a fixture"), name).expect("a table");
        let mapping = session.guess_mapping(task).expect("a guess");
        session.map_columns(&Mapping { validation_share: 0.3, ..mapping }).expect("a data set");
        let layout =
            json(&script(&mut session, &Recipe::default(), "owner/name"), "recipe.json")["data"]["layout"].take();
        assert_eq!((&layout["kind"], &layout["header"]), (&json!("workbook"), &json!(true)));
        ["sheet", "left", "skipped", "sentences"].map(|key| layout[key].clone())
    };
    assert_eq!(layout("reviews.xlsx", Task::Classification), [json!(1), json!(1), json!(1), Value::Null]);
    assert_eq!(layout("words.xlsx", Task::Tokens), [json!(0), json!(0), json!(0), json!("Sentence #")]);
}
