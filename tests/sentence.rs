//! Folders of sentence-transformers: what the library wrote is read and gives its vectors, what is written is read again,
//! and what is not supported is named.

mod support;

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde_json::{Value, json};
use support::families::FAMILIES;
use support::{Tensors, Within, assert_close, block_on, fixture, on_a_gpu, open, tolerance, values};
use tabtune::checkpoint::{self, DenseLayer, Loaded, SentenceLayout, SentenceModules};
use tabtune::data::Batch;
use tabtune::model::{
    Activation, DeviceBatch, EncoderConfig, Head, Model, OutputHead, Pooling, SentenceHead, Wanted, pool, unit,
};
use tabtune::text::Tokenizer;
use tabtune::{Bundle, Compute, DeviceKind, File, SentenceBundle, Task};

#[derive(Deserialize)]
struct Facts {
    texts: Vec<String>,
    max_length: usize,
    cases: Vec<Case>,
    encoders: Vec<Bare>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    vectors: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Bare {
    family: String,
    class: String,
    tensors: Vec<String>,
}

type Files = BTreeMap<String, Vec<u8>>;

fn facts() -> Facts {
    support::json("sentence/vectors.json")
}

fn tokenizer() -> Tokenizer {
    Tokenizer::from_json(&fixture("tiny-bert/tokenizer.json")).expect("a tokenizer")
}

/// The files of a folder of fixtures that its modules ask for.
fn saved(folder: &str) -> Files {
    let modules = fixture(&format!("{folder}/modules.json"));
    let names = SentenceModules::from_json(&modules).expect("modules").files().into_iter().map(|file| file.path);
    let mut files: Files = names.map(|name| (name.clone(), fixture(&format!("{folder}/{name}")))).collect();
    files.insert("modules.json".to_owned(), modules);
    files
}

fn layout(files: &Files, hidden: usize) -> tabtune::Result<SentenceLayout> {
    SentenceModules::from_json(&files["modules.json"])?.layout(hidden, |path| files.get(path).map(Vec::as_slice))
}

/// The model that a layout makes of an encoder; what a dense layer gives is as it comes.
fn with_layout(model: Model, config: &EncoderConfig, layout: &SentenceLayout, compute: &Compute) -> Model {
    let SentenceLayout { pooling, normalises, dense, .. } = layout;
    model.with_head(match dense {
        None => Head::Sentence(SentenceHead::new(*pooling, *normalises)),
        Some(DenseLayer { weight, bias, .. }) => {
            let head = OutputHead::linear(config, *pooling, *normalises, bias.len(), &compute.device);
            Head::Outputs(head.with_output(weight, bias))
        }
    })
}

fn open_model(folder: &str, weights: &[u8], compute: &Compute) -> (EncoderConfig, Loaded) {
    let config = EncoderConfig::from_json(&fixture(&format!("{folder}/config.json"))).expect("a configuration");
    let loaded = checkpoint::load(&config, &[weights], Task::Embedding, 0, &compute.device).expect("a checkpoint");
    (config, loaded)
}

fn batch(texts: &[String], max_length: usize) -> Batch {
    let tokenizer = tokenizer();
    let encodings: Vec<_> =
        texts.iter().map(|text| tokenizer.encode(text, Some(max_length)).expect("an encoding")).collect();
    Batch::pad(&encodings.iter().collect::<Vec<_>>(), &[], tokenizer.pad_id(), 1, max_length)
}

/// Every folder that sentence-transformers saved gives the vectors that it gave.
async fn vectors_agree(kind: DeviceKind) {
    let (compute, facts) = (open(kind).await, facts());
    let (config, loaded) = open_model("tiny-bert", &fixture("tiny-bert/model.safetensors"), &compute);
    let input = DeviceBatch::new(&batch(&facts.texts, facts.max_length), &compute.device);
    assert_eq!(facts.cases.len(), 4);
    for Case { name, vectors } in facts.cases {
        let layout = layout(&saved(&format!("sentence/{name}")), 32).expect("a layout");
        let after = layout.dense.as_ref().map(|dense| (dense.activation, dense.normalises));
        let mut found = with_layout(loaded.model.clone(), &config, &layout, &compute).forward(&input);
        let expected = match name.as_str() {
            "mean" => (Pooling::Mean, false, None),
            "cls-normalised" => (Pooling::First, true, None),
            "linear" => (Pooling::Mean, true, Some((None, false))),
            _ => (Pooling::Mean, false, Some((Some(Activation::Tanh), true))),
        };
        assert_eq!((layout.pooling, layout.normalises, after), expected, "{name}");
        if let Some((Some(activation), true)) = after {
            found = unit(activation.apply(found));
        }
        assert_close(&name, &values(found).await, &vectors.concat(), Within::Absolute(tolerance(kind)));
    }
}

#[test]
fn folders_of_the_library_give_its_vectors() {
    block_on(vectors_agree(DeviceKind::Cpu));
}

#[test]
fn folders_of_the_library_give_its_vectors_on_the_gpu() {
    on_a_gpu("Sentence vectors", || {
        block_on(vectors_agree(DeviceKind::Gpu));
    });
}

#[test]
fn a_linear_head_says_the_same_over_cached_states() {
    let compute = block_on(open(DeviceKind::Cpu));
    let (config, loaded) = open_model("tiny-bert", &fixture("tiny-bert/model.safetensors"), &compute);
    let input = DeviceBatch::new(&batch(&facts().texts, 12), &compute.device);
    let hidden = loaded.model.encoder().forward(&input, Wanted::All);
    for (pooling, normalises) in [(Pooling::Mean, true), (Pooling::First, true), (Pooling::Mean, false)] {
        let head = OutputHead::linear(&config, pooling, normalises, 3, &compute.device);
        assert!(head.is_linear() && head.outputs() == 3);
        let zero = block_on(values(head.forward(hidden.clone(), &input)));
        assert!(zero.iter().all(|&output| output == 0.0), "zero until it is filled");
        let head = head.with_output(&ramp(3 * 32), &[0.5, -1.0, 2.0]);
        let whole = block_on(values(head.forward(hidden.clone(), &input)));
        let cached = head.over_states(pool(hidden.clone(), pooling, &input.real), &input.dropout);
        assert_eq!(block_on(values(cached)), whole);
    }
    assert!(!OutputHead::over_texts(&config, 3, &compute.device).is_linear());
    assert!(!OutputHead::over_tokens(&config, 3, false, &compute.device).is_linear());
}

/// Different numbers around zero.
fn ramp(size: usize) -> Vec<f32> {
    (0..size).map(|at| ((at * 37) % 101) as f32 / 50.0 - 1.0).collect()
}

#[test]
fn a_row_of_zeros_stays_one() {
    let device = block_on(open(DeviceKind::Cpu)).device;
    let rows = Tensor::<2>::from_data(TensorData::new(vec![3.0_f32, -4.0, 0.0, 0.0, 0.0, 0.0], [2, 3]), &device);
    assert_close("lengths", &block_on(values(unit(rows))), &[0.6, -0.8, 0.0, 0.0, 0.0, 0.0], Within::Absolute(1e-7));
}

/// A family's weights file with a pooler beside the encoder, as published files have it.
fn with_pooler(bytes: &[u8], prefix: &str, bare: &[String], hidden: usize) -> Vec<u8> {
    let file = safetensors::SafeTensors::deserialize(bytes).expect("a safetensors file");
    let data: Vec<u8> = ramp(hidden * hidden).iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut tensors: BTreeMap<String, TensorView> = file.tensors().into_iter().collect();
    for name in bare.iter().filter(|name| name.starts_with("pooler")) {
        let shape = if name.ends_with("bias") { vec![hidden] } else { vec![hidden, hidden] };
        let size = 4 * shape.iter().product::<usize>();
        let view = TensorView::new(Dtype::F32, shape, &data[..size]).expect("a tensor");
        tensors.insert(format!("{prefix}.{name}"), view);
    }
    safetensors::serialize(tensors, None).expect("a file")
}

/// Exports a model with the layout and reads the folder back.
fn exported(model: &Model, config: &EncoderConfig, base: &Loaded, tokenizer: &Tokenizer, labels: &[String]) -> Files {
    let bundle = Bundle {
        model,
        config,
        task: if labels.is_empty() { Task::Embedding } else { Task::Classification },
        labels,
        may_lack: false,
        max_length: 12,
        threshold: 0.5,
        tokenizer,
        tokenizer_config: None,
        report: &Value::Null,
    };
    let files = block_on(SentenceBundle { bundle, base }.files()).expect("files");
    files.into_iter().map(|File { path, bytes }| (path, bytes)).collect()
}

#[test]
fn every_family_is_written_as_its_bare_class_and_read_again() {
    let (compute, facts, tokenizer) = (block_on(open(DeviceKind::Cpu)), facts(), tokenizer());
    for family in FAMILIES {
        let folder = format!("families/{family}/sequence");
        let expected = facts.encoders.iter().find(|bare| bare.family == *family).expect("a family");
        let weights = fixture(&format!("{folder}/model.safetensors"));
        let config = EncoderConfig::from_json(&fixture(&format!("{folder}/config.json"))).expect("a configuration");
        let weights = with_pooler(&weights, config.family.prefix, &expected.tensors, config.hidden_size);
        let (config, base) = open_model(&folder, &weights, &compute);
        let pooled: Vec<String> = base.pooler(&config).into_iter().map(|(name, ..)| name).collect();
        let head = SentenceHead::new(Pooling::Mean, true);
        let model = base.model.clone().with_head(Head::Sentence(head));
        let files = exported(&model, &config, &base, &tokenizer, &[]);

        let written = Tensors::read(&files["model.safetensors"]);
        assert!(
            written.names().eq(expected.tensors.iter().map(String::as_str)),
            "{family}: {:?}",
            written.names().collect::<Vec<_>>()
        );
        let before = Tensors::read(&weights);
        for name in written.names() {
            let hub = format!("{}.{name}", config.family.prefix);
            assert_eq!(
                (written.shape(name), written.floats(name)),
                (before.shape(&hub), before.floats(&hub)),
                "{family} {name}"
            );
        }
        assert_eq!(expected.tensors.iter().filter(|name| name.starts_with("pooler")).count(), pooled.len());
        let json: Value = serde_json::from_slice(&files["config.json"]).expect("JSON");
        assert_eq!(json["architectures"], json!([expected.class]), "{family}");

        let again = EncoderConfig::from_json(&files["config.json"]).expect("a configuration");
        let loaded = checkpoint::load(&again, &[&files["model.safetensors"]], Task::Embedding, 0, &compute.device);
        let loaded = loaded.expect("a checkpoint");
        assert_eq!(loaded.missing, [""; 0]);
        assert_eq!(
            block_on(checkpoint::save_bare(&loaded.model, &again, loaded.pooler(&again))).expect("a file"),
            files["model.safetensors"]
        );
        let alone = block_on(checkpoint::save(&loaded.model, &again, Task::Embedding)).expect("a file");
        let encoder: Vec<&str> =
            expected.tensors.iter().map(String::as_str).filter(|name| !name.starts_with("pooler")).collect();
        assert!(Tensors::read(&alone).names().eq(encoder), "{family}: what has no pooler is written without one");
    }
}

#[test]
fn a_dense_layer_has_a_folder_of_its_own() {
    let compute = block_on(open(DeviceKind::Cpu));
    let (config, base) = open_model("tiny-bert", &fixture("tiny-bert/model.safetensors"), &compute);
    let (weight, bias) = (ramp(3 * 32), vec![0.5, -1.0, 2.0]);
    let labels = ["apple", "pear", "quince"].map(str::to_owned);
    let around = ["config.json", "config_sentence_transformers.json", "model.safetensors", "modules.json"];
    let more = ["sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json", "training_report.json"];
    for (pooling, normalises, folder) in [(Pooling::Mean, true, "3_Dense"), (Pooling::First, false, "2_Dense")] {
        let dense = DenseLayer { weight: weight.clone(), bias: bias.clone(), activation: None, normalises: false };
        let expected =
            SentenceLayout { pooling, normalises, dense: Some(dense), max_length: Some(12), lowercases: false };
        let model = with_layout(base.model.clone(), &config, &expected, &compute);
        let files = exported(&model, &config, &base, &tokenizer(), &labels);
        let own = [
            "1_Pooling/config.json".to_owned(),
            format!("{folder}/config.json"),
            format!("{folder}/model.safetensors"),
        ];
        let mut names: Vec<&str> = own.iter().map(String::as_str).chain(around).chain(more).collect();
        names.sort_unstable();
        assert!(files.keys().map(String::as_str).eq(names), "{:?}", files.keys());
        assert_eq!(layout(&files, 32).expect("a layout"), expected);
        let tensors = Tensors::read(&files[&format!("{folder}/model.safetensors")]);
        assert!(tensors.names().eq(["linear.bias", "linear.weight"]));
        let json: Value = serde_json::from_slice(&files["config.json"]).expect("JSON");
        assert_eq!((&json["id2label"]["2"], &json["architectures"][0]), (&json!("quince"), &json!("BertModel")));
    }
}

/// What a folder with some of its files changed is refused with.
fn refused(change: impl FnOnce(&mut Files)) -> String {
    let mut files = saved("sentence/linear");
    change(&mut files);
    layout(&files, 32).expect_err("a mistake").to_string()
}

/// The same with one field of one file changed.
fn refused_for(path: &str, field: &str, value: Value) -> String {
    refused(|files| {
        let mut json: Value = serde_json::from_slice(&files[path]).expect("JSON");
        json[field] = value;
        files.insert(path.to_owned(), json.to_string().into_bytes());
    })
}

#[test]
fn what_is_not_supported_is_named() {
    let (pooling, dense, weights) = ("1_Pooling/config.json", "3_Dense/config.json", "3_Dense/model.safetensors");
    for (path, field, value, words) in [
        (pooling, "pooling_mode", json!("lasttoken"), "\u{201c}lasttoken\u{201d} is not supported"),
        (pooling, "pooling_mode", json!(["mean", "cls"]), "\u{201c}mean and cls\u{201d}"),
        (pooling, "pooling_mode", json!(7), "should be a name"),
        (pooling, "embedding_dimension", json!(64), "64, but the encoder's states have 32"),
        (dense, "activation_function", json!("torch.nn.modules.activation.Softplus"), "Softplus"),
        (dense, "activation_function", json!("os.system"), "os.system"),
        (dense, "in_features", json!(16), "in_features is 16"),
        (dense, "out_features", json!(4), "[4, 32]"),
        (dense, "out_features", json!(1e15), "from 1 to 65536"),
        (dense, "use_residual", json!(true), "use_residual"),
        (dense, "module_input_name", json!("token_embeddings"), "sentence_embedding"),
        ("sentence_bert_config.json", "max_seq_length", json!(0), "max_seq_length"),
    ] {
        let message = refused_for(path, field, value);
        assert!(message.contains(words), "{message} lacks {words:?}");
        assert!(message.starts_with(path) || message.contains("linear.weight"), "{message}");
    }
    for path in [pooling, dense, weights] {
        let message = refused(|files| drop(files.remove(path)));
        assert!(message.starts_with(path) && message.contains("missing"), "{message}");
        let message = refused(|files| drop(files.insert(path.to_owned(), b"{".to_vec())));
        assert!(message.starts_with(path), "{message}");
    }
}

#[test]
fn modules_that_are_not_known_or_lead_elsewhere_are_named() {
    let module =
        |kind: &str, path: &str| json!({ "type": format!("sentence_transformers.models.{kind}"), "path": path });
    let message =
        |modules: Value| SentenceModules::from_json(modules.to_string().as_bytes()).expect_err("a mistake").to_string();
    let (transformer, pooling) = (module("Transformer", ""), module("Pooling", "1_Pooling"));
    let foreign = json!({ "type": "custom_st.Transformer", "path": "" });
    for (modules, words) in [
        (json!([transformer, pooling, module("LSTM", "2_LSTM")]), "sentence_transformers.models.LSTM"),
        (json!([foreign, pooling]), "custom_st.Transformer"),
        (json!([transformer]), "a Transformer and a Pooling"),
        (json!([pooling, transformer]), "a Transformer and a Pooling"),
        (json!([transformer, pooling, module("Dense", "2"), module("Dense", "3")]), "at most one Dense"),
        (json!([transformer, module("Pooling", "../1_Pooling")]), "../1_Pooling"),
        (json!([transformer, module("Pooling", "/etc")]), "/etc"),
        (json!([transformer, module("Pooling", "")]), "own folder"),
        (json!([transformer, { "type": "sentence_transformers.models.Pooling" }]), "a type and a path"),
        (json!({ "0": transformer }), "no list"),
        (json!(vec![&transformer; 17]), "at most 16"),
    ] {
        let message = message(modules);
        assert!(message.starts_with("modules.json: ") && message.contains(words), "{message} lacks {words:?}");
    }
}

#[test]
fn old_spellings_are_read() {
    let modules = json!([
        { "idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer" },
        { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
        { "idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" },
    ]);
    let read = SentenceModules::from_json(modules.to_string().as_bytes()).expect("modules");
    assert_eq!(read.encoder_folder(), "0_Transformer");
    let asked: Vec<(String, bool)> = read.files().into_iter().map(|file| (file.path, file.required)).collect();
    let config = "0_Transformer/sentence_bert_config.json".to_owned();
    assert_eq!(asked, [(config, false), ("1_Pooling/config.json".to_owned(), true)]);
    for (mode, pooling) in [
        (json!({ "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false }), Pooling::First),
        (json!({ "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false }), Pooling::Mean),
        (json!({ "word_embedding_dimension": 32 }), Pooling::Mean),
    ] {
        let files: Files = [
            ("1_Pooling/config.json", mode),
            ("0_Transformer/sentence_roberta_config.json", json!({ "max_seq_length": 128, "do_lower_case": true })),
        ]
        .into_iter()
        .map(|(path, json)| (path.to_owned(), json.to_string().into_bytes()))
        .collect();
        let layout = read.layout(32, |path| files.get(path).map(Vec::as_slice)).expect("a layout");
        let expected =
            SentenceLayout { pooling, normalises: true, dense: None, max_length: Some(128), lowercases: true };
        assert_eq!(layout, expected);
    }
    let both = json!({ "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true }).to_string();
    let message = read.layout(32, |path| path.starts_with("1_").then_some(both.as_bytes())).expect_err("two ways");
    assert!(message.to_string().contains("max and mean"), "{message}");
}
