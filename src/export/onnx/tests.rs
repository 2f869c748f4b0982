//! What holds of the graph of every family and task; that the numbers are right is for `tests/onnx` to show.

use std::collections::HashSet;

use futures_lite::future::block_on;
use prost::Message;

use super::graph::{Graph, Setting, Side};
use super::proto::{Element, ModelProto};
use super::{Precision, onnx};
use crate::device::{Compute, DeviceKind};
use crate::model::{EncoderConfig, FAMILIES, Model};
use crate::task::Task;

/// A tiny model of a family, all of its weights as they are at first.
fn model(model_type: &str, task: Task) -> (EncoderConfig, Model) {
    let config = format!(
        r#"{{"model_type": "{model_type}", "vocab_size": 9, "hidden_size": 8, "embedding_size": 6, "num_hidden_layers": 3,
        "dim": 8, "n_layers": 3, "n_heads": 2, "hidden_dim": 10, "num_attention_heads": 2, "intermediate_size": 10,
        "type_vocab_size": 2, "max_position_embeddings": 32, "relative_attention": true, "pos_att_type": "c2p|p2c",
        "norm_rel_ebd": "layer_norm", "position_buckets": 8}}"#
    );
    let config = EncoderConfig::from_json(config.as_bytes()).expect("a configuration");
    let compute = block_on(Compute::open(DeviceKind::Cpu)).expect("a device");
    let model = Model::new(&config, task, 3, &compute.device);
    (config, model)
}

/// Asserts that values are made before they are read, once each, and that nothing is there in vain.
fn is_sound(file: &ModelProto, what: &str) {
    let graph = &file.graph;
    let mut known: HashSet<&str> = HashSet::new();
    let inputs = graph.input.iter().map(|input| input.name.as_str());
    for name in inputs.chain(graph.initializer.iter().map(|tensor| tensor.name.as_str())) {
        assert!(known.insert(name), "{what}: {name} is there twice");
    }
    let mut read: HashSet<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    for node in &graph.node {
        for input in &node.input {
            assert!(known.contains(input.as_str()), "{what}: {} reads {input} too early", node.name);
            read.insert(input);
        }
        for output in &node.output {
            assert!(known.insert(output), "{what}: {output} is made twice");
        }
    }
    assert!(read.is_subset(&known), "{what}: an output is not made");
    for tensor in &graph.initializer {
        assert!(read.contains(tensor.name.as_str()), "{what}: {} is not read", tensor.name);
        let values = tensor.dims.iter().product::<i64>() as usize;
        let width = [(1, 4), (2, 1), (7, 8), (10, 2)].into_iter().find(|(element, _)| *element == tensor.data_type);
        let width = width.map_or(0, |(_, width)| width);
        assert_eq!(tensor.raw_data.len(), values * width, "{what}: {}", tensor.name);
    }
}

#[test]
fn graphs_of_every_family_task_and_precision_are_sound() {
    for family in FAMILIES {
        for (task_name, task) in Task::ALL {
            let (config, model) = model(family.model_type, *task);
            for (name, precision) in Precision::ALL {
                let bytes = block_on(onnx(&model, &config, *task, *precision)).expect("a file");
                let file = ModelProto::decode(bytes.as_slice()).expect("a message");
                is_sound(&file, &format!("{} {task_name} {name}", family.model_type));
                let inputs: Vec<&str> = file.graph.input.iter().map(|input| input.name.as_str()).collect();
                assert_eq!(inputs[..2], ["input_ids", "attention_mask"]);
                assert_eq!(inputs.contains(&"token_type_ids"), config.type_vocab_size > 1, "{}", family.model_type);
            }
        }
    }
}

#[test]
fn narrow_weights_are_narrow_and_there_once() {
    let (config, model) = model("albert", Task::Language);
    let sizes = [Precision::F32, Precision::F16, Precision::Int8].map(|precision| {
        let bytes = block_on(onnx(&model, &config, Task::Language, precision)).expect("a file");
        let file = ModelProto::decode(bytes.as_slice()).expect("a message");
        // The table of words is read forwards and backwards, and one layer at every depth.
        let named = |name: &str| file.graph.initializer.iter().filter(|tensor| tensor.name == name).count();
        assert_eq!(named("encoder.embeddings.word.weight"), 1);
        assert_eq!(named("encoder.layers.0.query.weight"), 1);
        let matrices = file.graph.initializer.iter().filter(|tensor| tensor.name.ends_with("query.weight"));
        matrices.map(|tensor| tensor.raw_data.len()).sum::<usize>()
    });
    assert_eq!(sizes, [4 * 64, 2 * 64, 64]);
}

#[test]
fn a_graph_is_read_back_as_it_was_made() {
    let mut graph = Graph::default();
    let x = graph.input("x", &[Side::Named("n"), Side::Fixed(2)]);
    let wide = graph.cast(x, Element::Float);
    let scaled = graph.times(wide, 0.5);
    let [first, second] = graph.split(scaled, 1);
    let sum = graph.node("Sum", &[first, second], [("made_up", Setting::Float(1.5))]);
    graph.output("y", sum, &[Side::Named("n"), Side::Fixed(1)]);
    let made = graph.finish();
    is_sound(&made, "a small graph");
    let bytes = made.encode_to_vec();
    assert_eq!(bytes.len(), made.encoded_len());
    assert_eq!(ModelProto::decode(bytes.as_slice()), Ok(made.clone()));
    assert_eq!(made.graph.node.last().map(|node| node.output.as_slice()), Some(&["y".to_owned()][..]));
    assert!(ModelProto::decode(&bytes[..bytes.len() - 1]).is_err(), "a file that is cut short");
}
