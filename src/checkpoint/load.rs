//! A checkpoint's files → a [`Model`] on the device, with a list of what did not fit by name.

use std::collections::{HashMap, HashSet};

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use crate::checkpoint::file::WeightsFile;
use crate::checkpoint::names::{self, Layout, Name};
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, Head, Model, ModulePath};
use crate::task::Task;

/// A loaded model and what was noticed on the way.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The model, on the device it was loaded to, without autodiff. Parameters in `missing` are zero.
    pub model: Model,
    /// Parameters that the file lacks and that [`initialise`] has to draw, by hub name: some or all of the head.
    pub missing: Vec<String>,
    /// Tensors of the file that the model has no place for, by name.
    pub unexpected: Vec<String>,
    /// What the file holds for heads of any task, so that another one can be put on the encoder; and its pooler.
    pub(super) heads: Tensors,
}

/// Tensors in host memory: shape and values by hub name.
type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// Loads a model with the head of a task that has so many outputs. The head may be missing, whole or in part.
/// `weights` are the bytes of the model's safetensors files: one, or several where it comes in shards.
///
/// # Errors
///
/// A tensor that is missing or of another shape than the configuration says, with its name and both shapes; and
/// everything that [`WeightsFile::open`] refuses.
pub fn load(config: &EncoderConfig, weights: &[&[u8]], task: Task, outputs: usize, device: &Device) -> Result<Loaded> {
    let table = names::table(config, task);
    let heads = Task::ALL.iter().flat_map(|(_, task)| names::head_names(config, *task)).map(|name| name.hub);
    let of_heads: HashSet<String> = heads.chain(names::pooler_names(config)).collect();
    let known: HashSet<&str> = table.iter().map(|name| &name.hub).chain(&of_heads).map(String::as_str).collect();
    let file = WeightsFile::open(weights, |name| names::canonical(name, config.family, |name| known.contains(name)))?;
    check_size(config, weights)?;
    let model = Model::new(config, task, outputs, device);
    let Filled { model, missing, used } = fill(model, &table, &Source::File(&file), device)?;
    let unused = |name: &&str| !names::is_buffer(name) && !used.contains(*name);
    let unexpected = file.names().filter(unused).map(str::to_owned).collect();
    let mut heads = Tensors::new();
    for name in file.names().filter(|name| of_heads.contains(*name)) {
        if let (Some(shape), Some(values)) = (file.shape(name), file.values(name)?) {
            heads.insert(name.to_owned(), (shape.to_vec(), values));
        }
    }
    Ok(Loaded { model, missing, unexpected, heads })
}

/// Refuses a configuration that describes more than the files can hold, before memory is taken for it: every parameter
/// takes a byte at least.
fn check_size(config: &EncoderConfig, weights: &[&[u8]]) -> Result<()> {
    let layers = config.layer_order().into_iter().max().map_or(0, |last| last + 1);
    // 64 bits, whatever the platform's pointers have: the sizes are not known to be sane yet.
    let [layers, hidden, wide, words, narrow] =
        [layers, config.hidden_size, config.intermediate_size, config.vocab_size, config.embedding_size]
            .map(|size| size as u64);
    let parameters = words * narrow + layers * hidden * (4 * hidden + 2 * wide);
    let bytes: u64 = weights.iter().map(|file| file.len() as u64).sum();
    if parameters <= bytes {
        return Ok(());
    }
    Err(Error::model(
        "config.json",
        format!(
            "it describes an encoder of {parameters} parameters or more, but the weights are {bytes} bytes. The files do not \
             belong together."
        ),
    ))
}

impl Loaded {
    /// The same encoder with the head of another task, or of other outputs, from what the file holds for it; with the
    /// names of parameters that it lacks. The layer that gives the outputs is taken only if `outputs_fit`.
    ///
    /// # Errors
    ///
    /// A tensor of another shape than the configuration says.
    pub fn with_head(
        &self,
        config: &EncoderConfig,
        task: Task,
        outputs: usize,
        outputs_fit: bool,
        device: &Device,
    ) -> Result<(Model, Vec<String>)> {
        let table = names::head_names(config, task);
        let fits = |name: &&Name| outputs_fit || !name.path.starts_with("head.output.");
        let kept: HashSet<&str> = table.iter().filter(fits).map(|name| name.hub.as_str()).collect();
        let source = Source::Memory(&self.heads, kept);
        let head = Bare { head: Head::new(config, task, outputs, device) };
        let Filled { model: Bare { head }, missing, .. } = fill(head, &table, &source, device)?;
        Ok((self.model.clone().with_head(head), missing))
    }

    /// The pooler that the file has beside the encoder, by hub name, as it came: sentence vectors do without one, but
    /// transformers expects it in the file of an encoder alone. Empty where the family or the file has none.
    pub fn pooler(&self, config: &EncoderConfig) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let tensor = |name: String| self.heads.get(&name).map(|(shape, values)| (name, shape.clone(), values.clone()));
        names::pooler_names(config).into_iter().filter_map(tensor).collect()
    }
}

/// A head alone, at the path that it has in a model.
#[derive(Module, Debug)]
struct Bare {
    head: Head,
}

/// Where parameters come from.
enum Source<'a> {
    File(&'a WeightsFile<'a>),
    /// Tensors in memory, of which only the named ones are there.
    Memory(&'a Tensors, HashSet<&'a str>),
}

impl Source<'_> {
    fn shape(&self, name: &str) -> Option<&[usize]> {
        match self {
            Self::File(file) => file.shape(name),
            Self::Memory(tensors, kept) => {
                tensors.get(name).filter(|_| kept.contains(name)).map(|(shape, _)| shape.as_slice())
            }
        }
    }

    fn values(&self, name: &str) -> Result<Option<Vec<f32>>> {
        match self {
            Self::File(file) => file.values(name),
            Self::Memory(tensors, _) => Ok(tensors.get(name).map(|(_, values)| values.clone())),
        }
    }
}

/// A module with its parameters, the names of those that the source lacks, and those that it has.
struct Filled<M> {
    model: M,
    missing: Vec<String>,
    used: HashSet<String>,
}

fn fill<M: Module>(model: M, table: &[Name], source: &Source, device: &Device) -> Result<Filled<M>> {
    let walk = Walk::new(table);
    let mut filler = Filler { walk, source, device, missing: Vec::new(), used: HashSet::new(), failed: None };
    let model = model.map(&mut filler);
    let Filler { missing, used, failed, .. } = filler;
    failed.map_or(Ok(Filled { model, missing, used }), Err)
}

/// Draws the parameters named in `names` anew, as `_init_weights` of transformers does: weights normal with
/// standard deviation `initializer_range`, biases zero. The same seed gives the same weights.
pub fn initialise(model: Model, config: &EncoderConfig, task: Task, names: &[String], seed: u64) -> Model {
    let Ok(normal) = Normal::new(0.0, config.initializer_range as f32) else {
        unreachable!("the configuration admits only finite ranges")
    };
    let table = names::table(config, task);
    model.map(&mut Initialiser { walk: Walk::new(&table), names, normal, rng: ChaCha8Rng::seed_from_u64(seed) })
}

/// Where a walk over the module tree is, and what that place is called on the hub.
struct Walk<'a> {
    by_path: HashMap<&'a str, &'a Name>,
    path: ModulePath,
}

impl<'a> Walk<'a> {
    fn new(table: &'a [Name]) -> Self {
        Self { by_path: table.iter().map(|name| (name.path.as_str(), name)).collect(), path: ModulePath::default() }
    }

    fn name(&self) -> &'a Name {
        let path = self.path.dotted();
        let name = self.by_path.get(path.as_str());
        name.unwrap_or_else(|| panic!("no hub name for the parameter {path}: the name table is incomplete"))
    }
}

/// Gives each parameter its values from the file.
struct Filler<'a> {
    walk: Walk<'a>,
    source: &'a Source<'a>,
    device: &'a Device,
    missing: Vec<String>,
    used: HashSet<String>,
    failed: Option<Error>,
}

impl<'a> Filler<'a> {
    /// The values of a parameter of this shape; `None` if the file may and does lack it.
    fn read(&mut self, name: &'a Name, shape: &[usize]) -> Result<Option<TensorData>> {
        let in_file: Vec<usize> = match name.layout {
            Layout::Same => shape.to_vec(),
            Layout::Transposed => shape.iter().rev().copied().collect(),
        };
        match self.source.shape(&name.hub) {
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
        self.used.insert(name.hub.clone());
        let values = self.source.values(&name.hub)?.unwrap_or_default();
        let values = match name.layout {
            Layout::Same => values,
            Layout::Transposed => transposed(&values, in_file[0], in_file[1]),
        };
        Ok(Some(TensorData::new(values, shape.to_vec())))
    }
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.walk.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.walk.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failed.is_some() {
            return param;
        }
        let name = self.walk.name();
        match self.read(name, &param.lazy_shape()) {
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
    walk: Walk<'a>,
    names: &'a [String],
    normal: Normal<f32>,
    rng: ChaCha8Rng,
}

impl ModuleMapper for Initialiser<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.walk.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.walk.path.exit();
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
