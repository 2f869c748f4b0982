//! Checkpoints: what is loaded is saved again bit by bit, every spelling is read, every damage is named.

mod support;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use half::{bf16, f16};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use support::{Named, Tensors, block_on, fixture, open, parameters, tiny_classifier};
use tabtune::checkpoint::{self, Loaded, WeightsFile, names};
use tabtune::model::{EncoderConfig, FAMILIES};
use tabtune::{DeviceKind, Error, Task};

const TASK: Task = Task::Classification;

/// A tensor of the tiny classifier that an encoder cannot do without.
const QUERY: &str = "bert.encoder.layer.1.attention.self.query.weight";

fn config() -> EncoderConfig {
    EncoderConfig::from_json(&fixture("tiny-classifier/config.json")).expect("a configuration")
}

fn load(weights: &[u8]) -> tabtune::Result<Loaded> {
    checkpoint::load(&config(), &[weights], TASK, 3, &block_on(open(DeviceKind::Cpu)).device)
}

fn tiny() -> Vec<u8> {
    fixture("tiny-classifier/model.safetensors")
}

/// A file with its header changed; tensors stay where they are.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Vec<u8> {
    let (header, data) = parts(bytes);
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    change(header.as_object_mut().expect("an object"));
    assembled(header.to_string().as_bytes(), data)
}

/// Header and data.
fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_first_chunk().expect("a header's length");
    rest.split_at(u64::from_le_bytes(*length) as usize)
}

fn assembled(header: &[u8], data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, data].concat()
}

/// The bytes of a tensor's data within the file.
fn place(bytes: &[u8], name: &str) -> std::ops::Range<usize> {
    let (header, _) = parts(bytes);
    let entry: Value = serde_json::from_slice::<Value>(header).expect("JSON")[name].clone();
    let at = |index: usize| 8 + header.len() + entry["data_offsets"][index].as_u64().expect("an offset") as usize;
    at(0)..at(1)
}

/// The encoder's parameters, without the classifier's.
fn encoder(named: Named) -> Named {
    named.into_iter().filter(|(name, _)| name.starts_with("bert.")).collect()
}

fn round_trip(kind: DeviceKind) {
    let (compute, bytes) = (block_on(open(kind)), tiny());
    let (config, model) = tiny_classifier(&compute);
    let saved = block_on(checkpoint::save(&model, &config, TASK)).expect("a file");
    let (before, after) = (Tensors::read(&bytes), Tensors::read(&saved));
    assert!(before.names().eq(after.names()), "the names that transformers writes, all and no others");
    for name in before.names() {
        assert_eq!(before.shape(name), after.shape(name), "{name}");
        assert_eq!(bits(&before.floats(name)), bits(&after.floats(name)), "{name}");
    }
    let metadata: Value = serde_json::from_slice(parts(&saved).0).expect("JSON");
    assert_eq!(metadata["__metadata__"], json!({ "format": "pt" }));

    let again = checkpoint::load(&config, &[&saved], TASK, 3, &compute.device).expect("a checkpoint");
    assert_eq!((again.missing, again.unexpected), (vec![], vec![]));
    assert_eq!(block_on(checkpoint::save(&again.model, &config, TASK)).expect("a file"), saved);
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn what_is_loaded_is_saved_bit_by_bit() {
    round_trip(DeviceKind::Cpu);
}

#[test]
fn what_is_loaded_is_saved_bit_by_bit_on_the_gpu() {
    support::on_a_gpu("Checkpoints", || {
        round_trip(DeviceKind::Gpu);
    });
}

#[test]
fn every_spelling_gives_the_same_encoder() {
    let expected = encoder(block_on(parameters(&load(&tiny()).expect("a checkpoint").model, &config(), TASK)));
    // Without the prefix `bert.`; with it, `gamma`, `beta` and the buffer `position_ids`.
    for file in ["tiny-bert/model.safetensors", "variants/gamma_beta.safetensors"] {
        let loaded = load(&fixture(file)).expect("a checkpoint");
        assert_eq!(loaded.missing, ["classifier.weight", "classifier.bias"], "{file}");
        assert_eq!(loaded.unexpected, [""; 0], "{file}");
        assert_eq!(encoder(block_on(parameters(&loaded.model, &config(), TASK))), expected, "{file}");
    }
}

/// What a value becomes in a narrower type.
type Rounding = fn(f32) -> f32;

#[test]
fn half_precision_is_read_exactly() {
    let exact = encoder(block_on(parameters(&load(&tiny()).expect("a checkpoint").model, &config(), TASK)));
    let kinds: [(&str, Rounding); 2] = [
        ("variants/f16.safetensors", |x| f16::from_f32(x).to_f32()),
        ("variants/bf16.safetensors", |x| bf16::from_f32(x).to_f32()),
    ];
    for (file, rounded) in kinds {
        let loaded = encoder(block_on(parameters(&load(&fixture(file)).expect("a checkpoint").model, &config(), TASK)));
        assert!(loaded.keys().eq(exact.keys()), "{file}");
        for (name, (_, values)) in loaded {
            let expected: Vec<f32> = exact[&name].1.iter().map(|&x| rounded(x)).collect();
            assert_eq!(bits(&values), bits(&expected), "{file}: {name}");
        }
    }
}

#[test]
fn missing_and_unused_tensors_are_listed() {
    let renamed = with_header(&tiny(), |header| {
        for name in ["bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.bias"] {
            let entry = header.remove(name).expect("a tensor");
            header.insert(format!("cls.{name}"), entry);
        }
    });
    let loaded = load(&renamed).expect("a checkpoint");
    assert_eq!(loaded.missing, ["bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.bias"]);
    let expected = ["cls.bert.pooler.dense.bias", "cls.bert.pooler.dense.weight", "cls.classifier.bias"];
    assert_eq!(loaded.unexpected, expected);
    let named = block_on(parameters(&loaded.model, &config(), TASK));
    assert!(loaded.missing.iter().all(|name| named[name].1.iter().all(|&value| value == 0.0)), "zero until drawn");
}

#[test]
fn only_the_named_parameters_are_drawn_and_the_seed_settles_them() {
    let (config, loaded) = (config(), load(&fixture("tiny-bert/model.safetensors")).expect("a checkpoint"));
    let drawn = |seed| {
        let model = checkpoint::initialise(loaded.model.clone(), &config, TASK, &loaded.missing, seed);
        block_on(parameters(&model, &config, TASK))
    };
    let (first, again, other) = (drawn(1), drawn(1), drawn(2));
    assert_eq!(first, again);
    assert_eq!(encoder(first.clone()), encoder(block_on(parameters(&loaded.model, &config, TASK))));
    let weight = |named: &Named| named["classifier.weight"].1.clone();
    assert_ne!(weight(&first), weight(&other));
    assert!(first["classifier.bias"].1.iter().all(|&value| value == 0.0));
    let spread = (weight(&first).iter().map(|x| x * x).sum::<f32>() / 96.0).sqrt();
    assert!((0.015..0.025).contains(&spread), "standard deviation {spread} for 0.02");
}

/// Asserts that a file is refused with the name of this tensor and these words.
#[track_caller]
fn refused_for(tensor: &str, words: &[&str], bytes: &[u8]) {
    match load(bytes) {
        Err(Error::Tensor { name, message }) => {
            assert_eq!(name, tensor, "{message}");
            assert!(words.iter().all(|word| message.contains(word)), "{message} lacks one of {words:?}");
        }
        other => panic!("not a mistake in the tensor {tensor}: {other:?}"),
    }
}

/// Asserts that a file is refused as a whole with these words.
#[track_caller]
fn refused(words: &str, bytes: &[u8]) {
    match load(bytes) {
        Err(Error::Model { file, message }) => {
            assert_eq!(file, "model.safetensors", "{message}");
            assert!(message.contains(words), "{message} lacks {words:?}");
        }
        other => panic!("not a mistake in the file: {other:?}"),
    }
}

#[test]
fn a_tensor_that_does_not_fit_is_named_with_both_shapes() {
    let without = with_header(&tiny(), |header| {
        let entry = header.remove(QUERY).expect("a tensor");
        header.insert("something.else".to_owned(), entry);
    });
    refused_for(QUERY, &["missing"], &without);
    let reshaped = with_header(&tiny(), |header| header[QUERY]["shape"] = json!([16, 64]));
    refused_for(QUERY, &["[32, 32]", "[16, 64]"], &reshaped);
    let flat = with_header(&tiny(), |header| header[QUERY]["shape"] = json!([1024]));
    refused_for(QUERY, &["[32, 32]", "[1024]"], &flat);
    let head = checkpoint::load(&config(), &[&tiny()], TASK, 5, &block_on(open(DeviceKind::Cpu)).device);
    match head {
        Err(Error::Tensor { name, message }) => {
            assert_eq!(name, "classifier.weight");
            assert!(message.contains("[5, 32]") && message.contains("[3, 32]"), "{message}");
        }
        other => panic!("not a mistake in the classifier: {other:?}"),
    }
    let integers = with_header(&tiny(), |header| header[QUERY]["dtype"] = json!("I32"));
    refused_for(QUERY, &["I32", "F32, F16 and BF16"], &integers);
    let twice = with_header(&tiny(), |header| {
        let entry = header.remove("classifier.bias").expect("a tensor");
        header.insert("embeddings.LayerNorm.beta".to_owned(), entry);
    });
    let message = load(&twice).expect_err("two spellings").to_string();
    assert!(message.contains("twice") && message.contains("embeddings.LayerNorm"), "{message}");
}

#[test]
fn values_that_are_not_numbers_are_refused() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut bytes = tiny();
        let at = place(&bytes, QUERY).start + 40;
        bytes[at..at + 4].copy_from_slice(&bad.to_le_bytes());
        refused_for(QUERY, &["NaN or infinity"], &bytes);
    }
    // A tensor that is not used may hold anything.
    let mut unused = with_header(&tiny(), |header| {
        let entry = header.remove("classifier.bias").expect("a tensor");
        header.insert("unused".to_owned(), entry);
    });
    let at = place(&unused, "unused").start;
    unused[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(load(&unused).expect("a checkpoint").unexpected, ["unused"]);
}

#[test]
fn lies_in_the_header_are_named() {
    let lie = |field: &'static str, value: Value| with_header(&tiny(), move |header| header[QUERY][field] = value);
    let (data, size) = (parts(&tiny()).1.len(), 4096);
    for (offsets, words) in [
        (json!([0, data + 1]), "lie outside"),
        (json!([data, data + size]), "lie outside"),
        (json!([u64::MAX - 1, u64::MAX]), "lie outside"),
        (json!([size, 0]), "lie outside"),
        (json!([0, 1]), "does not fit"),
        (json!([-1, 4095]), "proper offsets"),
        (json!([0.5, 4096.5]), "proper offsets"),
        (json!([0, 1, 2]), "proper offsets"),
        (json!("0-4096"), "proper offsets"),
    ] {
        refused_for(QUERY, &[words], &lie("data_offsets", offsets));
    }
    for (shape, words) in [
        (json!([u64::MAX, u64::MAX]), "does not fit"),
        (json!([1_u64 << 40, 32]), "does not fit"),
        (json!([32, 33]), "does not fit"),
        (json!([]), "does not fit"),
        (json!([-32, -32]), "proper shape"),
        (json!(null), "proper shape"),
        (json!(vec![1; 100_000]), "proper shape"),
    ] {
        refused_for(QUERY, &[words], &lie("shape", shape));
    }
    for (kind, words) in [(json!("F64"), "does not fit"), (json!("C64x"), "not known"), (json!(4), "not known")] {
        refused_for(QUERY, &[words], &lie("dtype", kind));
    }
    let overlap = with_header(&tiny(), |header| {
        let other = "bert.encoder.layer.1.attention.self.value.weight";
        header[QUERY]["data_offsets"] = header[other]["data_offsets"].clone();
    });
    let message = load(&overlap).expect_err("an overlap").to_string();
    assert!(message.contains("overlap") && message.contains("bert.encoder.layer.1.attention.self."), "{message}");
    refused_for(QUERY, &["proper"], &with_header(&tiny(), |header| header[QUERY] = json!(17)));
}

#[test]
fn files_that_are_no_checkpoint_are_refused() {
    let whole = tiny();
    let (header, data) = parts(&whole);
    refused("too short", b"");
    refused("too short", b"PK\x03\x04");
    refused("impossible header length", &[0xFF; 64]);
    refused("impossible header length", b"PK\x03\x04\x14\0\0\0\x08\0 and the rest of a zip archive");
    refused("cut short within its header", &whole[..1000]);
    refused("cut short within its header", &[&50_000_000_u64.to_le_bytes()[..], b"{}"].concat());
    refused("not valid JSON", &assembled(b"{\"a\": ", data));
    refused("not valid JSON", &assembled(b"", data));
    refused("not valid JSON", &assembled(&b"[".repeat(1_000_000), data));
    refused("not valid JSON", &assembled(b"{\"\xFF\": 1}", data));
    refused("not a JSON object", &assembled(b"[1, 2]", data));
    let crowd: serde_json::Map<String, Value> = (0..100_001).map(|index| (index.to_string(), json!(0))).collect();
    refused("100001 tensors", &assembled(Value::Object(crowd).to_string().as_bytes(), data));
    // Cut within the data: the tensors that lie behind the cut are what is wrong.
    match load(&whole[..8 + header.len() + data.len() / 2]) {
        Err(Error::Tensor { name, message }) => {
            assert!(
                names::table(&config(), TASK).iter().any(|known| known.hub == name) && message.contains("lie outside"),
                "{message}"
            );
        }
        other => panic!("not a mistake in a tensor: {other:?}"),
    }
    let longer = [&whole[..], &[0; 16]].concat();
    assert!(load(&longer).is_err(), "bytes that belong to no tensor");
}

#[test]
fn a_long_name_makes_no_long_sentence() {
    let name = "x".repeat(1 << 20);
    for change in [json!({"dtype": "F32", "shape": [1], "data_offsets": [0, 1]}), json!(0)] {
        let bytes = with_header(&tiny(), |header| drop(header.insert(name.clone(), change)));
        let sentence = load(&bytes).expect_err("a lie").to_string();
        assert!(sentence.contains("xxx") && sentence.len() < 1000, "{} characters", sentence.len());
    }
    let overlap = with_header(&tiny(), |header| {
        let entry = header[QUERY].clone();
        header.insert(name.clone(), entry);
    });
    assert!(load(&overlap).expect_err("an overlap").to_string().len() < 1000);
    let gap = with_header(&tiny(), |header| {
        let entry = header.remove("classifier.bias").expect("a tensor");
        header.remove(QUERY);
        header.insert(name, entry);
    });
    assert!(load(&gap).expect_err("bytes that belong to no tensor").to_string().len() < 1000);
}

#[test]
fn shapes_are_known_without_reading_values() {
    let bytes = tiny();
    let file = WeightsFile::open(&[&bytes], |name| names::canonical(name, &FAMILIES[0], |_| false)).expect("a file");
    let table: BTreeSet<String> = names::table(&config(), TASK).into_iter().map(|name| name.hub).collect();
    assert_eq!(file.names().map(str::to_owned).collect::<BTreeSet<_>>(), table);
    assert_eq!(file.shape(QUERY), Some(&[32, 32][..]));
    assert_eq!(file.shape("absent"), None);
    assert_eq!(file.values("absent"), Ok(None));
}

/// One change to a file that a broken download, a broken disk or an enemy could make.
fn damaged(whole: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let header = 8 + parts(whole).0.len();
    let anywhere = |random: &mut ChaCha8Rng, end: usize| random.random_range(0..end);
    match random.random_range(0..6) {
        0 => bytes.truncate(anywhere(random, whole.len())),
        1 => bytes.truncate(anywhere(random, header + 64)),
        2 => {
            for _ in 0..random.random_range(1..20) {
                let at = anywhere(random, whole.len());
                bytes[at] ^= 1 << random.random_range(0..8);
            }
        }
        3 => {
            for _ in 0..random.random_range(1..4) {
                let at = anywhere(random, header);
                bytes[at] = random.random();
            }
        }
        // Digits of the header, which hold its lengths, offsets and shapes.
        4 => {
            let digits: Vec<usize> = (8..header).filter(|&at| bytes[at].is_ascii_digit()).collect();
            for _ in 0..random.random_range(1..4) {
                bytes[digits[anywhere(random, digits.len())]] = b'0' + random.random_range(0..10);
            }
        }
        _ => {
            let (from, to) = (anywhere(random, header), anywhere(random, header));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(from..from, piece);
        }
    }
    bytes
}

#[test]
fn no_damage_makes_it_panic() {
    let (whole, mut random) = (tiny(), ChaCha8Rng::seed_from_u64(7));
    let mut refused = 0;
    for case in 0..400 {
        let bytes = damaged(&whole, &mut random);
        let loaded = catch_unwind(AssertUnwindSafe(|| load(&bytes)));
        let loaded = loaded.unwrap_or_else(|_| panic!("case {case} made it panic"));
        if let Err(error) = loaded {
            let sentence = error.to_string();
            assert!(sentence.ends_with(['.', '?']) && sentence.len() < 1000, "case {case}: {sentence}");
            refused += 1;
        }
    }
    assert!((200..400).contains(&refused), "{refused} of 400 were refused; a flip of a weight's bit goes unnoticed");
}
