//! A model on the device → the bytes of a `model.safetensors` that transformers loads.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use safetensors::tensor::{Dtype, TensorView};

use crate::checkpoint::load::transposed;
use crate::checkpoint::names::{self, Layout, Name};
use crate::device;
use crate::error::{Error, Result};
use crate::model::{EncoderConfig, Model, ModulePath};
use crate::task::Task;

/// One parameter on its way to the host.
pub(crate) struct Parameter {
    pub(crate) path: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) flat: Tensor<1>,
}

/// Every parameter of a model in the order of its modules, in the model's own layout; nothing is read yet.
pub(crate) fn on_the_device(model: &Model) -> Vec<Parameter> {
    let mut collect = Collect::default();
    model.visit(&mut collect);
    collect.parameters
}

/// A tensor under its hub name: shape and values.
pub type Named = (String, Vec<usize>, Vec<f32>);

/// Every parameter of a model under its hub name, in the file's layout, as f32. Of a model for sentence vectors those of
/// its encoder: what comes after the encoder has no place in its file.
///
/// # Errors
///
/// A device that fails while it is read.
///
/// # Panics
///
/// If the model has adapters: [`Model::merged`] folds them in.
pub async fn parameters(model: &Model, config: &EncoderConfig, task: Task) -> Result<Vec<Named>> {
    let collected = on_the_device(model);
    let table = names::table(config, task);
    let by_path: HashMap<&str, &Name> = table.iter().map(|name| (name.path.as_str(), name)).collect();
    let mut named = Vec::with_capacity(collected.len());
    for Parameter { path, shape, flat } in collected {
        if task == Task::Embedding && path.starts_with("head.") {
            continue;
        }
        let Some(Name { hub, layout, .. }) = by_path.get(path.as_str()) else {
            panic!("no hub name for the parameter {path}: the name table is incomplete")
        };
        let values = device::read(flat).await?;
        named.push(match layout {
            Layout::Same => (hub.clone(), shape, values),
            Layout::Transposed => (hub.clone(), vec![shape[1], shape[0]], transposed(&values, shape[0], shape[1])),
        });
    }
    Ok(named)
}

/// The bytes of a safetensors file with every parameter, f32, and the metadata `format: pt` that transformers expects.
/// For sentence vectors the encoder alone, see [`save_bare`].
///
/// # Errors
///
/// A device that fails while it is read.
pub async fn save(model: &Model, config: &EncoderConfig, task: Task) -> Result<Vec<u8>> {
    match task {
        Task::Embedding => save_bare(model, config, Vec::new()).await,
        _ => serialize(parameters(model, config, task).await?),
    }
}

/// The encoder alone, whatever head is on it, under the names that the family's `…Model` class of transformers writes;
/// with the pooler that such files carry, if the base model has one ([`crate::checkpoint::Loaded::pooler`]).
///
/// # Errors
///
/// A device that fails while it is read.
pub async fn save_bare(model: &Model, config: &EncoderConfig, pooler: Vec<Named>) -> Result<Vec<u8>> {
    let mut all = parameters(model, config, Task::Embedding).await?;
    all.extend(pooler);
    let bare = |(name, shape, values): Named| (names::bare(&name, config).to_owned(), shape, values);
    serialize(all.into_iter().map(bare).collect())
}

/// The bytes of a `model.safetensors` with these tensors, f32.
pub(crate) fn serialize(tensors: Vec<Named>) -> Result<Vec<u8>> {
    file("model.safetensors", tensors)
}

/// The bytes of the safetensors file of this name.
pub(super) fn file(name: &str, parameters: Vec<Named>) -> Result<Vec<u8>> {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = parameters
        .into_iter()
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, data)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), data)?)))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|error| unwritable(name, &error))?;
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    safetensors::serialize(views, Some(metadata)).map_err(|error| unwritable(name, &error))
}

fn unwritable(name: &str, error: &safetensors::SafeTensorError) -> Error {
    Error::model(name, format!("it cannot be written ({error})."))
}

/// Collects the parameters of a model in the order of its modules.
#[derive(Default)]
pub(super) struct Collect {
    path: ModulePath,
    pub(super) parameters: Vec<Parameter>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let (shape, size) = (tensor.dims().to_vec(), tensor.shape().num_elements());
        self.parameters.push(Parameter { path: self.path.dotted(), shape, flat: tensor.inner().reshape([size]) });
    }
}
