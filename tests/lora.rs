//! LoRA, natively: against PEFT (the bodies are in `support/lora.rs`), on every family, and its mistakes.

mod support;

use std::path::Path;

use burn::module::Module;
use support::families::{FAMILIES, HEADS, batch, load};
use support::lora::{ADAPTED, adapted, after_a_step, agrees, comes_back, learn, step, trained};
use support::{Tensors, Within, assert_close, block_on, fixture, on_a_gpu, open, parameters, values};
use tabtune::checkpoint::adapter::{self, AdapterConfig, LoraRecipe};
use tabtune::model::{DeviceBatch, EncoderConfig, Model};
use tabtune::train::AdamW;
use tabtune::{AdapterBundle, Compute, DeviceKind, Task};

fn recipe(targets: &[&str]) -> LoraRecipe {
    LoraRecipe { rank: 3, alpha: 6.0, targets: targets.iter().map(|target| (*target).to_owned()).collect() }
}

fn base(family: &str, head: &str, task: Task) -> (Compute, EncoderConfig, Model, Tensors) {
    let compute = block_on(open(DeviceKind::Cpu));
    let folder = format!("families/{family}/{head}");
    let (config, model) = load(&folder, task, &compute);
    (compute, config, model, Tensors::fixture(&format!("{folder}/parity.safetensors")))
}

#[test]
fn adapters_of_peft_say_and_learn_the_same() {
    for family in ADAPTED {
        block_on(agrees(DeviceKind::Cpu, family));
    }
}

#[test]
fn adapters_of_peft_come_back_as_they_were() {
    for family in ADAPTED {
        block_on(comes_back(family));
    }
}

#[test]
fn all_of_it_on_the_gpu() {
    on_a_gpu("LoRA", || {
        for family in ADAPTED {
            block_on(agrees(DeviceKind::Gpu, family));
        }
    });
}

/// On every family and head: new adapters change nothing; a step moves them and the head alone; what is merged and what
/// is saved and loaded say the same. The folders stay for `tests/reference/families_roundtrip.py`.
#[test]
fn new_adapters_on_every_family_and_head() {
    let places = FAMILIES.iter().flat_map(|family| HEADS.iter().map(move |(head, task)| (*family, *head, *task)));
    for (family, head, task) in places {
        for targets in [&[][..], &["all-linear"]] {
            let (compute, config, model, reference) = base(family, head, task);
            let what = format!("{family} {head} {targets:?}");
            let batch = batch(&reference, "padded", task);
            let input = DeviceBatch::new(&batch, &compute.device);
            let says = |model: &Model| block_on(values(model.forward(&input)));
            let plan = recipe(targets).plan(&model, &config, task, &[]).expect("a plan");
            let adapted = model.clone().with_lora(&plan, 5);
            assert_eq!(says(&adapted), says(&model), "{what}: B is zero");
            let classes = config.labels.as_ref().map_or(1, Vec::len);
            let moved = after_a_step(adapted.clone(), &batch, task, classes, &compute);
            let far = says(&moved).iter().zip(says(&model)).fold(0.0_f32, |far, (a, b)| far.max((a - b).abs()));
            assert!(far > 1e-3, "{what}: moved by {far}");
            assert_close(&what, &says(&moved.merged()), &says(&moved), Within::Absolute(1e-5));
            let names =
                |model: &Model| -> Vec<String> { block_on(parameters(model, &config, task)).into_keys().collect() };
            assert_eq!(names(&moved.merged()), names(&model), "{what}: merged, it is saved as any other");

            let settings = adapter::config(&plan, &config, task, "a base model");
            let settings = AdapterConfig::from_json(settings.to_string().as_bytes()).expect("a configuration");
            let weights = block_on(adapter::save(&moved, &config, task, &plan)).expect("a file");
            let (loaded, found) = adapter::load(model.clone(), &config, task, &settings, &weights).expect("an adapter");
            assert_eq!((&found.adapted, &found.whole), (&plan.adapted, &plan.whole), "{what}");
            assert_eq!(says(&loaded), says(&moved), "{what}: saved and loaded");
            leave(&moved, &config, task, &plan, &format!("{family}-{head}-{}", targets.len()), &says(&moved));
        }
    }
}

/// An adapter's folder, and what it says to the batch `padded` of its base.
fn leave(model: &Model, config: &EncoderConfig, task: Task, plan: &tabtune::model::LoraPlan, name: &str, says: &[f32]) {
    let (family, head) = name.rsplit_once('-').and_then(|(name, _)| name.rsplit_once('-')).expect("three parts");
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/families").join(family).join(head);
    let base = base.to_str().expect("a path in UTF-8").to_owned();
    let report = serde_json::json!({ "padded.logits": says });
    let bundle = AdapterBundle { model, config, task, plan, base: &base, report: &report };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("adapters").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for file in block_on(bundle.files()).expect("files") {
        std::fs::write(folder.join(&file.path), &file.bytes).expect("a file");
    }
}

#[test]
fn encoders_alone_are_adapted_without_their_prefix() {
    let (compute, _, _, reference) = base("bert", "sequence", Task::Classification);
    let config = EncoderConfig::from_json(&fixture("families/bert/sequence/config.json")).expect("a configuration");
    let weights = fixture("families/bert/sequence/model.safetensors");
    let task = Task::Embedding;
    let model = tabtune::checkpoint::load(&config, &[&weights], task, 0, &compute.device).expect("a model").model;
    let plan = recipe(&["dense"]).plan(&model, &config, task, &[]).expect("a plan");
    assert_eq!((plan.adapted.len(), plan.whole.len()), (3 * config.num_hidden_layers, 0));
    let adapted = model.clone().with_lora(&plan, 1);
    let named = block_on(trained(&adapted, &config, task, &plan));
    assert!(named.contains_key("base_model.model.encoder.layer.0.output.dense.lora_A.weight"), "{:?}", named.keys());
    let settings = adapter::config(&plan, &config, task, "base");
    assert_eq!(settings["auto_mapping"]["base_model_class"], "BertModel");
    // `dense` alone would also mean the pooling layer that the model leaves out.
    let targets = settings["target_modules"].as_array().expect("a list");
    assert!(targets.len() == 6 && targets.contains(&"encoder.layer.1.attention.output.dense".into()), "{targets:?}");
    let read = AdapterConfig::from_json(settings.to_string().as_bytes()).expect("a configuration");
    let bytes = block_on(adapter::save(&adapted, &config, task, &plan)).expect("a file");
    let (loaded, found) = adapter::load(model, &config, task, &read, &bytes).expect("an adapter");
    assert_eq!(found, plan);
    let input = DeviceBatch::new(&batch(&reference, "padded", Task::Classification), &compute.device);
    let says = |model: &Model| block_on(values(model.forward(&input)));
    assert_eq!(says(&loaded), says(&adapted));
    leave(&adapted, &config, task, &plan, "bert-sequence-vectors", &says(&adapted));
}

#[test]
fn a_is_drawn_evenly_and_from_the_seed() {
    let (_, config, model, _) = base("bert", "sequence", Task::Classification);
    let plan = LoraRecipe { rank: 64, ..recipe(&["query"]) }.plan(&model, &config, Task::Classification, &[]);
    let plan = plan.expect("a plan");
    let draw = |seed| block_on(trained(&model.clone().with_lora(&plan, seed), &config, Task::Classification, &plan));
    let (first, again, other) = (draw(1), draw(1), draw(2));
    assert_eq!(first, again);
    let bound = (config.hidden_size as f32).sqrt().recip();
    let of = |letter: &str| first.iter().filter(move |(name, _)| name.contains(letter)).collect::<Vec<_>>();
    for (name, (shape, values)) in of("lora_A") {
        assert_eq!(*shape, [64, config.hidden_size], "{name}");
        assert_ne!(values, &other[name].1, "{name}");
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest <= bound && largest > 0.98 * bound, "{name}: {largest} of {bound}");
        // The variance of an even distribution is a third of its bound's square.
        let variance = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        assert!((variance * 3.0 / (bound * bound) - 1.0).abs() < 0.2, "{name}: {variance}");
    }
    assert!(of("lora_B").iter().all(|(_, (_, values))| values.iter().all(|value| *value == 0.0)));
    assert_eq!((of("lora_A").len(), of("lora_B").len()), (2, 2));
}

#[test]
fn what_is_frozen_has_no_gradient_and_no_moments() {
    for family in FAMILIES {
        let (compute, config, model, reference) = base(family, "sequence", Task::Classification);
        let batch = batch(&reference, "padded", Task::Classification);
        let plan = recipe(&[]).plan(&model, &config, Task::Classification, &[]).expect("a plan");
        let all = model.parameters();
        assert_eq!(all.frozen, 0, "{family}");
        let adapted = model.with_lora(&plan, 5).train();
        let counted = adapted.parameters();
        let named = block_on(trained(&adapted, &config, Task::Classification, &plan));
        let sizes = |of_lora: bool| -> usize {
            let some = named.iter().filter(|(name, _)| name.contains(".lora_") == of_lora);
            some.map(|(_, (_, values))| values.len()).sum()
        };
        assert_eq!(counted.trainable, sizes(true) + sizes(false), "{family}");
        assert_eq!(counted.frozen, all.trainable - sizes(false), "{family}");
        let (_, gradients) = learn(&adapted, &batch, Task::Classification, 3, &compute);
        assert_eq!((gradients.count(), gradients.bytes()), (named.len(), 4 * counted.trainable), "{family}");
        let mut optim = AdamW::new(0.01, 1.0);
        let adapted = optim.place(adapted, &compute);
        let (moved, _) = step(&mut optim, adapted, (&batch, Task::Classification, 3), 0.01, &compute);
        assert_eq!(optim.bytes(), 8 * counted.trainable, "{family}");
        assert_eq!(moved.parameters(), counted, "{family}");
    }
}

#[test]
fn layers_of_the_encoder_that_are_drawn_anew_are_trained_whole() {
    let task = Task::Classification;
    for (family, whole, saved) in [
        ("bert", &["head.dense", "head.output"][..], "pooler"),
        ("albert", &["head.dense", "head.output"], "pooler"),
        ("distilbert", &["head.dense", "head.output"], "pre_classifier"),
        ("modernbert", &["head.dense", "head.norm", "head.output"], "head"),
    ] {
        let (_, config, model, _) = base(family, "sequence", task);
        let drawn = ["bert.pooler.dense.weight", "albert.pooler.weight"].map(str::to_owned);
        let plan = recipe(&["all-linear"]).plan(&model, &config, task, &drawn).expect("a plan");
        assert_eq!(plan.whole, whole, "{family}");
        let settings = adapter::config(&plan, &config, task, "base");
        let saved_modules = settings["modules_to_save"].as_array().expect("a list");
        assert!(saved_modules.contains(&saved.into()), "{family}: {saved_modules:?}");
        assert!(!plan.adapted.iter().any(|path| whole.contains(&path.as_str())), "{family}");
    }
    let (_, config, model, _) = base("bert", "sequence", task);
    let plan = recipe(&["all-linear"]).plan(&model, &config, task, &[]).expect("a plan");
    assert!(plan.adapted.contains(&"head.dense".to_owned()), "as PEFT does, where the pooling layer is pretrained");
}

#[test]
fn every_mistake_in_a_recipe_is_named() {
    let (_, config, model, _) = base("bert", "sequence", Task::Classification);
    let message = |recipe: LoraRecipe| {
        let refused = recipe.plan(&model, &config, Task::Classification, &[]);
        refused.expect_err("a mistake").to_string()
    };
    for (recipe, expected) in [
        (LoraRecipe { rank: 0, ..recipe(&[]) }, "rank of LoRA must be from 1"),
        (LoraRecipe { rank: 1 << 40, ..recipe(&[]) }, "rank of LoRA must be from 1"),
        (LoraRecipe { alpha: 0.0, ..recipe(&[]) }, "alpha of LoRA"),
        (LoraRecipe { alpha: f64::NAN, ..recipe(&[]) }, "alpha of LoRA"),
        (
            recipe(&["query", "q_proj"]),
            "q_proj\u{201d}. LoRA can adapt all-linear, or any of: dense, key, query, value.",
        ),
        (recipe(&[""]), "No layer"),
        (recipe(&["uery"]), "uery"),
        (recipe(&["classifier"]), "classifier\u{201d}. LoRA"),
    ] {
        let message = message(recipe);
        assert!(message.contains(expected), "{message}");
    }
    let (_, config, model, _) = base("bert", "language", Task::Language);
    let drawn = ["cls.predictions.bias".to_owned()];
    let refused = recipe(&[]).plan(&model, &config, Task::Language, &drawn).expect_err("a mistake").to_string();
    assert!(refused.contains("hidden words"), "{refused}");
}

#[test]
fn every_mistake_in_a_configuration_is_named() {
    let source: serde_json::Value = support::json("families/bert/lora/adapter_config.json");
    for (field, value, expected) in [
        ("peft_type", "IA3".into(), "peft_type"),
        ("use_dora", true.into(), "use_dora is set"),
        ("use_rslora", true.into(), "use_rslora is set"),
        ("bias", "all".into(), "bias is set"),
        ("rank_pattern", serde_json::json!({"query": 8}), "rank_pattern is set"),
        ("alora_invocation_tokens", serde_json::json!([1]), "alora_invocation_tokens is set"),
        ("init_lora_weights", "pissa".into(), "init_lora_weights"),
        ("r", 0.into(), "r must be"),
        ("r", (-1).into(), "r must be"),
        ("lora_alpha", "8".into(), "lora_alpha must be"),
    ] {
        let mut changed = source.clone();
        changed[field] = value;
        let refused = AdapterConfig::from_json(changed.to_string().as_bytes()).expect_err("a mistake").to_string();
        assert!(refused.starts_with("adapter_config.json: ") && refused.contains(expected), "{refused}");
    }
    for bytes in [&b"{"[..], b"[]", b"", &vec![b' '; 2 << 20]] {
        let refused = AdapterConfig::from_json(bytes).expect_err("a mistake").to_string();
        assert!(refused.starts_with("adapter_config.json: "), "{refused}");
    }
}

#[test]
fn every_mistake_in_an_adapter_is_named() {
    let (compute, config, model, _) = base("bert", "sequence", Task::Classification);
    let (_, other, plan) = adapted("bert", &compute);
    let whole = block_on(adapter::parameters(&other, &config, Task::Classification, &plan)).expect("parameters");
    let load = |tensors: Vec<(String, Vec<usize>, Vec<f32>)>, rank| {
        let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let view = |shape: &[usize], data| {
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), data).expect("a tensor")
        };
        let views = bytes.iter().map(|(name, shape, data)| (name, view(shape, data)));
        let file = safetensors::serialize(views, None).expect("a file");
        let settings = AdapterConfig { base: None, rank, alpha: 8.0 };
        adapter::load(model.clone(), &config, Task::Classification, &settings, &file)
    };
    assert!(load(whole.clone(), 4).is_ok());
    let without = |part: &str| whole.iter().filter(|(name, ..)| !name.contains(part)).cloned().collect::<Vec<_>>();
    let renamed = |from: &str, to: &str| {
        let rename = |(name, shape, values): &(String, Vec<usize>, Vec<f32>)| {
            (name.replace(from, to), shape.clone(), values.clone())
        };
        whole.iter().map(rename).collect::<Vec<_>>()
    };
    let narrow = whole.iter().map(|(name, shape, values)| match name.ends_with("classifier.bias") {
        true => (name.clone(), vec![2], values[..2].to_vec()),
        false => (name.clone(), shape.clone(), values.clone()),
    });
    for (refused, expected) in [
        (load(whole.clone(), 5), "should be [5, 12], and it is [4, 12]"),
        (load(without("layer.1.attention.self.query.lora_B"), 4), "lora_A and lora_B, is missing"),
        (load(without(".lora_"), 4), "holds no adapter"),
        (load(without("classifier.bias"), 4), "but not this one"),
        (load(renamed("layer.1.", "layer.7."), 4), "no place for it"),
        (load(renamed("self.query", "self.nothing"), 4), "no place for it"),
        (load(narrow.collect(), 4), "should be [3], and it is [2]"),
    ] {
        let message = refused.expect_err("a mistake").to_string();
        assert!(message.contains(expected), "{message}");
    }
    let settings = AdapterConfig { base: None, rank: 4, alpha: 8.0 };
    let broken =
        adapter::load(model.clone(), &config, Task::Classification, &settings, b"\x08\0\0\0\0\0\0\0{").map(|_| ());
    assert!(broken.expect_err("a mistake").to_string().starts_with("adapter_model.safetensors: "));
}
