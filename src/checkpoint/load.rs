//! A checkpoint's files → a [`Classifier`] on the device, with a list of what did not fit by name.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use crate::checkpoint::file::WeightsFile;
use crate::checkpoint::names::{self, Layout, Name};
use crate::error::{Error, Result};
use crate::model::{Classifier, EncoderConfig};

/// A loaded model and what was noticed on the way.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The model, on the device it was loaded to, without autodiff. Parameters in `missing` are zero.
    pub model: Classifier,
    /// Parameters that the file lacks and that [`initialise`] has to draw, by hub name.
    pub missing: Vec<String>,
    /// Tensors of the file that the model has no place for, by name.
    pub unexpected: Vec<String>,
}

/// Loads a classifier for `classes` labels. The pooler and the classifier may be missing.
///
/// # Errors
///
/// A tensor that is missing or of another shape than the configuration says, with its name and both shapes; and
/// everything that [`WeightsFile::open`] refuses.
pub fn load(config: &EncoderConfig, weights: &[u8], classes: usize, device: &Device) -> Result<Loaded> {
    let file = WeightsFile::open(weights)?;
    let table = names::bert(config.num_hidden_layers);
    let unexpected = unexpected(&file, &table);
    let mut filler = Filler { walk: Walk::new(table), file: &file, device, missing: Vec::new(), failed: None };
    let model = Classifier::new(config, classes, device).map(&mut filler);
    match filler.failed {
        Some(error) => Err(error),
        None => Ok(Loaded { model, missing: filler.missing, unexpected }),
    }
}

/// Draws the parameters named in `names` anew, as `_init_weights` of transformers does: weights normal with
/// standard deviation `initializer_range`, biases zero. The same seed gives the same weights.
pub fn initialise(model: Classifier, config: &EncoderConfig, names: &[String], seed: u64) -> Classifier {
    let Ok(normal) = Normal::new(0.0, config.initializer_range as f32) else {
        unreachable!("the configuration admits only finite ranges")
    };
    let walk = Walk::new(names::bert(config.num_hidden_layers));
    model.map(&mut Initialiser { walk, names, normal, rng: ChaCha8Rng::seed_from_u64(seed) })
}

fn unexpected(file: &WeightsFile, table: &[Name]) -> Vec<String> {
    let known = |name: &str| names::is_buffer(name) || table.iter().any(|entry| entry.hub == name);
    file.names().filter(|name| !known(name)).map(str::to_owned).collect()
}

/// Where a walk over the module tree is, and what that place is called on the hub.
struct Walk {
    by_path: HashMap<String, Name>,
    path: Vec<String>,
}

impl Walk {
    fn new(table: Vec<Name>) -> Self {
        Self { by_path: table.into_iter().map(|name| (name.path.clone(), name)).collect(), path: Vec::new() }
    }

    fn name(&self) -> Name {
        let path = self.path.join(".");
        let name = self.by_path.get(&path).cloned();
        name.unwrap_or_else(|| panic!("no hub name for the parameter {path}: the name table is incomplete"))
    }
}

/// Gives each parameter its values from the file.
struct Filler<'a> {
    walk: Walk,
    file: &'a WeightsFile<'a>,
    device: &'a Device,
    missing: Vec<String>,
    failed: Option<Error>,
}

impl Filler<'_> {
    /// The values of a parameter of this shape; `None` if the file may and does lack it.
    fn read(&mut self, name: &Name, shape: &[usize]) -> Result<Option<TensorData>> {
        let in_file: Vec<usize> = match name.layout {
            Layout::Same => shape.to_vec(),
            Layout::Transposed => shape.iter().rev().copied().collect(),
        };
        match self.file.shape(&name.hub) {
            None if name.optional => {
                self.missing.push(name.hub.clone());
                return Ok(None);
            }
            None => {
                let why =
                    "it is missing from the weights, so they are not those of the encoder that config.json describes.";
                return Err(Error::tensor(&name.hub, why));
            }
            Some(found) if found != in_file => {
                let why = format!(
                    "config.json asks for shape {in_file:?}, the weights hold {found:?}. The files do not belong together."
                );
                return Err(Error::tensor(&name.hub, why));
            }
            Some(_) => {}
        }
        let values = self.file.values(&name.hub)?.unwrap_or_default();
        let values = match name.layout {
            Layout::Same => values,
            Layout::Transposed => transposed(&values, in_file[0], in_file[1]),
        };
        Ok(Some(TensorData::new(values, shape.to_vec())))
    }
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.walk.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.walk.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failed.is_some() {
            return param;
        }
        let name = self.walk.name();
        match self.read(&name, &param.lazy_shape()) {
            // Not `param.map`, which would first compute the initial value that is thrown away here.
            Ok(Some(data)) => Param::from_tensor(Tensor::from_data(data, self.device)),
            Ok(None) => param,
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }
}

/// Draws parameters from a seed.
struct Initialiser<'a> {
    walk: Walk,
    names: &'a [String],
    normal: Normal<f32>,
    rng: ChaCha8Rng,
}

impl ModuleMapper for Initialiser<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.walk.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.walk.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !self.names.contains(&self.walk.name().hub) {
            return param;
        }
        let (shape, device) = (param.lazy_shape(), param.lazy_device());
        let mut draw = || if D == 1 { 0.0 } else { self.normal.sample(&mut self.rng) };
        let values: Vec<f32> = (0..shape.num_elements()).map(|_| draw()).collect();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &device))
    }
}

/// Rows × columns, row-major → columns × rows, row-major.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for column in 0..columns {
        out.extend((0..rows).map(|row| values[row * columns + column]));
    }
    out
}
