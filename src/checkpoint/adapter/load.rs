//! An `adapter_model.safetensors` of PEFT's or ours → the base model with its adapters and its head.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use burn::module::{Module as _, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use super::{AdapterConfig, PREFIX, dense_layers, in_base, module};
use crate::checkpoint::file::WeightsFile;
use crate::checkpoint::load::transposed;
use crate::checkpoint::names::{self, Layout};
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, LoraPlan, Model, ModulePath};
use crate::task::Task;

/// Where a parameter is in the file.
struct Source {
    name: String,
    layout: Layout,
}

/// Puts an adapter on its base model, which has the head of the task with as many outputs as the adapter's, and says
/// what the adapter consists of. [`Model::merged`] of the result is an ordinary model.
///
/// # Errors
///
/// A tensor that the model has no place for, that is missing, or whose shape fits neither the base model nor the rank;
/// and everything that [`WeightsFile::open`] refuses.
pub fn load(
    model: Model,
    config: &EncoderConfig,
    task: Task,
    settings: &AdapterConfig,
    weights: &[u8],
) -> Result<(Model, LoraPlan)> {
    let plain = |name: &str| name.strip_prefix(PREFIX).unwrap_or(name).to_owned();
    let file = WeightsFile::open(&[weights], plain).map_err(|error| match error {
        Error::Model { message, .. } => Error::model("adapter_model.safetensors", message),
        other => other,
    })?;
    let (plan, sources) = places(&model, config, task, settings, &file)?;
    let mut filler = Filler { path: ModulePath::default(), plan: &plan, sources, file: &file, failed: None };
    let model = model.with_lora(&plan, 0).map(&mut filler);
    match filler.failed {
        Some(error) => Err(error),
        None => Ok((model, plan)),
    }
}

/// What the file adapts and what it holds whole; and where each parameter of the model is in it.
fn places(
    model: &Model,
    config: &EncoderConfig,
    task: Task,
    settings: &AdapterConfig,
    file: &WeightsFile,
) -> Result<(LoraPlan, HashMap<String, Source>)> {
    let sizes: HashMap<String, [usize; 2]> = model.dense_sizes().into_iter().collect();
    let layers: HashMap<String, String> = dense_layers(config, task).map(|layer| (layer.hub, layer.path)).collect();
    let table: HashMap<String, (String, Layout)> = names::table(config, task)
        .into_iter()
        .map(|name| (in_base(&name.hub, config, task).to_owned(), (name.path, name.layout)))
        .collect();
    let (mut adapted, mut whole) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    let mut sources = HashMap::new();
    for name in file.names() {
        let no_place =
            || Error::tensor(shown(name), "the base model has no place for it. Is it another model's adapter?");
        let letter = name.strip_suffix(".weight").and_then(|stem| stem.rsplit_once(".lora_"));
        let (path, layout) = if let Some((layer, letter @ ("A" | "B"))) = letter {
            let path = layers.get(layer).ok_or_else(no_place)?;
            let [inputs, outputs] = *sizes.get(path).ok_or_else(no_place)?;
            let expected = if letter == "A" { [settings.rank, inputs] } else { [outputs, settings.rank] };
            check(name, file.shape(name), &expected)?;
            *adapted.entry(path.clone()).or_default() += 1;
            (format!("{path}.lora.{}", letter.to_lowercase()), Layout::Transposed)
        } else {
            let (path, layout) = table.get(name).ok_or_else(no_place)?;
            whole.insert(module(path).to_owned());
            (path.clone(), *layout)
        };
        sources.insert(path, Source { name: name.to_owned(), layout });
    }
    if let Some((path, _)) = adapted.iter().find(|(_, letters)| **letters != 2) {
        return Err(Error::tensor(path, "one of its adapter's two matrices, lora_A and lora_B, is missing."));
    }
    if adapted.is_empty() {
        let why = "it holds no adapter: no tensor is called lora_A or lora_B.";
        return Err(Error::model("adapter_model.safetensors", why));
    }
    let (adapted, whole) = (adapted.into_keys().collect(), whole.into_iter().collect());
    Ok((LoraPlan { rank: settings.rank, alpha: settings.alpha, adapted, whole }, sources))
}

fn check(name: &str, found: Option<&[usize]>, expected: &[usize]) -> Result<()> {
    match found {
        Some(found) if found == expected => Ok(()),
        found => {
            let found = found.unwrap_or_default();
            let why =
                format!("its shape should be {expected:?}, and it is {found:?}. The files do not belong together.");
            Err(Error::tensor(shown(name), why))
        }
    }
}

/// At most 200 characters of a hostile string.
fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Gives each trained parameter its values from the file.
struct Filler<'a> {
    path: ModulePath,
    plan: &'a LoraPlan,
    sources: HashMap<String, Source>,
    file: &'a WeightsFile<'a>,
    failed: Option<Error>,
}

impl Filler<'_> {
    /// The values of the parameter at a path, row-major in the model's layout.
    fn read(&self, path: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let Some(Source { name, layout }) = self.sources.get(path) else {
            return Err(Error::tensor(path, "the adapter holds other parts of its module, but not this one."));
        };
        let in_file: Vec<usize> = match layout {
            Layout::Same => shape.to_vec(),
            Layout::Transposed => shape.iter().rev().copied().collect(),
        };
        check(name, self.file.shape(name), &in_file)?;
        let values = self.file.values(name)?.unwrap_or_default();
        Ok(match layout {
            Layout::Same => values,
            Layout::Transposed => transposed(&values, in_file[0], in_file[1]),
        })
    }
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.dotted();
        if self.failed.is_some() || !self.plan.trains(&path) {
            return param;
        }
        let shape = param.lazy_shape();
        match self.read(&path, &shape) {
            Ok(values) => param.map(|old| Tensor::from_data(TensorData::new(values, shape), &old.device())),
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }
}
