//! An adapted model on the device → the bytes of an `adapter_model.safetensors` that PEFT loads.

use std::collections::HashMap;

use burn::module::Module as _;

use super::{PREFIX, dense_layers, in_base};
use crate::checkpoint::load::transposed;
use crate::checkpoint::names::{self, Layout, Name};
use crate::checkpoint::save::{Collect, Parameter, file};
use crate::device;
use crate::error::Result;
use crate::model::{EncoderConfig, LoraPlan, Model};
use crate::task::Task;

/// Every trained parameter under PEFT's name, in the file's layout: A `[r, I]` and B `[O, r]` of every adapter, and what
/// is trained whole.
///
/// # Errors
///
/// A device that fails while it is read.
///
/// # Panics
///
/// If the model was not adapted by this plan.
pub async fn parameters(
    model: &Model,
    config: &EncoderConfig,
    task: Task,
    plan: &LoraPlan,
) -> Result<Vec<(String, Vec<usize>, Vec<f32>)>> {
    let mut collect = Collect::default();
    model.visit(&mut collect);
    let table = names::table(config, task);
    let by_path: HashMap<&str, &Name> = table.iter().map(|name| (name.path.as_str(), name)).collect();
    let adapted: HashMap<String, String> = dense_layers(config, task).map(|layer| (layer.path, layer.hub)).collect();
    let mut named = Vec::new();
    for Parameter { path, shape, flat } in collect.parameters.into_iter().filter(|one| plan.trains(&one.path)) {
        let (name, layout) = match path.rsplit_once(".lora.") {
            Some((layer, letter)) => {
                let letter = letter.to_uppercase();
                (adapted.get(layer).map(|hub| format!("{hub}.lora_{letter}.weight")), Layout::Transposed)
            }
            None => {
                let name = by_path.get(path.as_str());
                let layout = name.map_or(Layout::Same, |name| name.layout);
                (name.map(|name| in_base(&name.hub, config, task).to_owned()), layout)
            }
        };
        let name = name.unwrap_or_else(|| panic!("no hub name for the parameter {path}: the name table is incomplete"));
        let values = device::read(flat).await?;
        let (shape, values) = match layout {
            Layout::Same => (shape, values),
            Layout::Transposed => (vec![shape[1], shape[0]], transposed(&values, shape[0], shape[1])),
        };
        named.push((format!("{PREFIX}{name}"), shape, values));
    }
    Ok(named)
}

/// The bytes of a safetensors file with [`parameters`], f32.
///
/// # Errors
///
/// A device that fails while it is read.
pub async fn save(model: &Model, config: &EncoderConfig, task: Task, plan: &LoraPlan) -> Result<Vec<u8>> {
    file("adapter_model.safetensors", parameters(model, config, task, plan).await?)
}
