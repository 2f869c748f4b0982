//! What several tests share: fixtures, the tiny model on a device, one measure of closeness, the devices to run on.

// Each test program uses a part of this, and the compiler looks at each program alone.
#![allow(dead_code, unused_imports)]

pub mod curve;
pub mod families;
#[cfg(target_family = "wasm")]
mod fetched;
pub mod lora;
#[cfg(not(target_family = "wasm"))]
mod native;
pub mod parity;
pub mod tuning;

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::Dtype;
use serde::de::DeserializeOwned;
use tabtune::data::{Batch, Truth};
use tabtune::model::{EncoderConfig, Model};
use tabtune::train::{Flat, Gradients, Norm};
use tabtune::{Compute, DeviceKind, Task, checkpoint};

#[cfg(target_family = "wasm")]
pub use fetched::fixture;
#[cfg(not(target_family = "wasm"))]
pub use native::{block_on, fixture, on_a_gpu, say};

/// A JSON file of `tests/fixtures`.
pub fn json<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A device that is ready.
pub async fn open(kind: DeviceKind) -> Compute {
    Compute::open(kind).await.unwrap_or_else(|error| panic!("{error}"))
}

/// How far values may be from the reference's.
pub fn tolerance(kind: DeviceKind) -> f64 {
    match kind {
        DeviceKind::Cpu => 1e-5,
        DeviceKind::Gpu => 1e-4,
    }
}

/// A measure of closeness and its limit.
#[derive(Clone, Copy)]
pub enum Within {
    /// `max |a − b|`
    Absolute(f64),
    /// `‖a − b‖ / ‖b‖`, `b` being the reference.
    Relative(f64),
}

/// Asserts that values are close to the reference's; NaN never is.
#[track_caller]
pub fn assert_close(what: &str, got: &[f32], reference: &[f32], within: Within) {
    assert_eq!(got.len(), reference.len(), "{what}: number of values");
    let differences = || got.iter().zip(reference).map(|(a, b)| f64::from(*a) - f64::from(*b));
    let (distance, limit) = match within {
        Within::Absolute(limit) => {
            let far = |far: f64, d: f64| if d.is_nan() || d.abs() > far { d.abs() } else { far };
            (differences().fold(0.0, far), limit)
        }
        Within::Relative(limit) => {
            let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
            (norm(&mut differences()) / norm(&mut reference.iter().map(|&x| f64::from(x))), limit)
        }
    };
    assert!(distance <= limit, "{what}: {distance:.3e} from the reference, at most {limit:.0e} is allowed");
}

/// The tensors of a safetensors file by name, read by the reference library rather than by Tabtune.
pub struct Tensors {
    by_name: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl Tensors {
    /// Those of a fixture.
    pub fn fixture(name: &str) -> Self {
        Self::read(&fixture(name))
    }

    /// Those of a file's bytes.
    pub fn read(bytes: &[u8]) -> Self {
        let file = safetensors::SafeTensors::deserialize(bytes).expect("a safetensors file");
        let entry = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
            (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        };
        Self { by_name: file.tensors().into_iter().map(entry).collect() }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub fn shape(&self, name: &str) -> &[usize] {
        &self.get(name).1
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        let (dtype, _, bytes) = self.get(name);
        assert_eq!(*dtype, Dtype::F32, "{name}");
        bytes.as_chunks().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
    }

    pub fn integers(&self, name: &str) -> Vec<i32> {
        let (dtype, _, bytes) = self.get(name);
        assert_eq!(*dtype, Dtype::I32, "{name}");
        bytes.as_chunks().0.iter().map(|&chunk| i32::from_le_bytes(chunk)).collect()
    }

    /// The one value of a scalar.
    pub fn scalar(&self, name: &str) -> f32 {
        let values = self.floats(name);
        assert_eq!(values.len(), 1, "{name}");
        values[0]
    }

    /// `PREFIX.ids`, `.mask`, `.types` and `.targets`.
    pub fn batch(&self, prefix: &str) -> Batch {
        let [ids, mask, types, classes] =
            ["ids", "mask", "types", "targets"].map(|part| self.integers(&format!("{prefix}.{part}")));
        let truths = classes.into_iter().map(|class| Truth::Class(class as usize)).collect();
        let shape = self.shape(&format!("{prefix}.ids"));
        let real_tokens = mask.iter().filter(|&&real| real == 1).count();
        Batch { ids, mask, types, truths, batch: shape[0], group: 1, tokens: shape[1], real_tokens }
    }

    fn get(&self, name: &str) -> &(Dtype, Vec<usize>, Vec<u8>) {
        self.by_name.get(name).unwrap_or_else(|| panic!("no tensor {name}"))
    }
}

/// The tiny classifier, on a device without autodiff.
pub fn tiny_classifier(compute: &Compute) -> (EncoderConfig, Model) {
    let config = EncoderConfig::from_json(&fixture("tiny-classifier/config.json")).expect("a configuration");
    let weights = fixture("tiny-classifier/model.safetensors");
    let loaded =
        checkpoint::load(&config, &[&weights], Task::Classification, 3, &compute.device).expect("a checkpoint");
    assert_eq!((loaded.missing.len(), loaded.unexpected.len()), (0, 0));
    (config, loaded.model)
}

/// A tensor's values.
pub async fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data_async().await.expect("a device that reads").try_into_vec().expect("f32")
}

/// A norm's value.
pub async fn norm(norm: Norm) -> f64 {
    match norm {
        Norm::Host(norm) => norm,
        Norm::Device(norm) => f64::from(values(norm).await[0]),
    }
}

/// Values under hub names, each with its shape.
pub type Named = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Every parameter under its hub name, in the file's layout.
pub async fn parameters(model: &Model, config: &EncoderConfig, task: Task) -> Named {
    let parameters = checkpoint::parameters(model, config, task).await.expect("a device that reads");
    parameters.into_iter().map(|(name, shape, values)| (name, (shape, values))).collect()
}

/// Every parameter's gradient under its hub name, in the file's layout: put in the parameters' places and read as
/// they are. A parameter that has none has zeros.
pub async fn by_name(gradients: Gradients, model: Model, config: &EncoderConfig, task: Task) -> Named {
    parameters(&exchanged(gradients, model), config, task).await
}

/// A model with gradients in the places of its parameters, and zeros where there are none.
pub fn exchanged(gradients: Gradients, model: Model) -> Model {
    model.map(&mut Exchange(gradients))
}

struct Exchange(Gradients);

impl ModuleMapper for Exchange {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = param.val().inner();
        let shape: [usize; D] = tensor.dims();
        match self.0.take(param.id) {
            None => Param::from_tensor(tensor.zeros_like()),
            Some(Flat::Host(values)) => {
                Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &tensor.device()))
            }
            Some(Flat::Rows(rows)) => {
                let mut table = vec![0.0; shape.iter().product()];
                for (row, values) in rows.iter() {
                    table[row * rows.width()..][..rows.width()].copy_from_slice(values);
                }
                Param::from_tensor(Tensor::from_data(TensorData::new(table, shape), &tensor.device()))
            }
            Some(Flat::Device(gradient)) => Param::from_tensor(gradient.reshape(shape)),
        }
    }
}
