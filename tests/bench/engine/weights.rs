//! The starting weights and the batch that work.js describes, the weights as a safetensors file in memory.

use tabtune::checkpoint::names;
use tabtune::model::EncoderConfig;

/// Half the width of the uniform distribution that weights come from: its standard deviation is 0.02.
const SPREAD: f64 = 0.034_641_016_2;
/// Streams of the batch; those below belong to the parameters.
const IDS: u32 = 1000;
const LABELS: u32 = 1001;

/// The values of a stream, each from its place alone.
struct Uniform {
    key: u32,
}

impl Uniform {
    fn new(stream: u32) -> Self {
        Self { key: mix(stream + 1) }
    }

    /// From 0 up to 1, in 24 bits.
    fn at(&self, place: usize) -> f64 {
        f64::from(mix(place as u32 ^ self.key) >> 8) / f64::from(1 << 24)
    }
}

/// "lowbias32", as in work.js.
fn mix(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

/// Token ids, row after row, and the class of each row.
pub fn batch(rows: usize, tokens: usize, vocabulary: usize, classes: usize) -> (Vec<i32>, Vec<usize>) {
    let (ids, labels) = (Uniform::new(IDS), Uniform::new(LABELS));
    let id = |place| (ids.at(place) * vocabulary as f64) as i32;
    let label = |place| (labels.at(place) * classes as f64) as usize;
    ((0..rows * tokens).map(id).collect(), (0..rows).map(label).collect())
}

/// All parameters of a classifier as a safetensors file.
pub fn file(config: &EncoderConfig, classes: usize) -> Vec<u8> {
    let table = names::table(config, tabtune::Task::Classification);
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for name in &table {
        let shape = shape(&name.hub, config, classes);
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        let entry = serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, end] });
        header.insert(name.hub.clone(), entry);
    }
    let mut header = serde_json::Value::Object(header).to_string();
    // Readers want the numbers aligned.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    for (stream, name) in table.iter().enumerate() {
        let uniform = Uniform::new(stream as u32);
        let weight = |place| ((2.0 * uniform.at(place) - 1.0) * SPREAD) as f32;
        let mut push = |value: f32| bytes.extend_from_slice(&value.to_le_bytes());
        match (shape(&name.hub, config, classes).as_slice(), name.layout) {
            (&[size], _) => {
                let value = if name.hub.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
                (0..size).for_each(|_| push(value));
            }
            (&[rows, columns], names::Layout::Same) => (0..rows * columns).for_each(|place| push(weight(place))),
            // The stream runs over [inputs, outputs], the file over [outputs, inputs].
            (&[outputs, inputs], names::Layout::Transposed) => {
                for output in 0..outputs {
                    (0..inputs).for_each(|input| push(weight(input * outputs + output)));
                }
            }
            (other, _) => unreachable!("{}: a parameter of shape {other:?}", name.hub),
        }
    }
    bytes
}

/// The shape of a parameter in the file, by its name on the hub.
fn shape(hub: &str, config: &EncoderConfig, classes: usize) -> Vec<usize> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let (module, kind) = hub.rsplit_once('.').unwrap_or((hub, ""));
    let outputs = match module {
        "bert.embeddings.word_embeddings" => config.vocab_size,
        "bert.embeddings.position_embeddings" => config.max_position_embeddings,
        "bert.embeddings.token_type_embeddings" => config.type_vocab_size,
        "classifier" => classes,
        dense if dense.ends_with("intermediate.dense") => wide,
        _ => hidden,
    };
    let is_down = module.ends_with("output.dense") && !module.ends_with("attention.output.dense");
    let inputs = if is_down { wide } else { hidden };
    if kind == "bias" || module.ends_with("LayerNorm") { vec![outputs] } else { vec![outputs, inputs] }
}
