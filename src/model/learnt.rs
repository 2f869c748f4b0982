//! The parameters of a model that learn, by path: read out, and put back into a model of the same make.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Tensor, TensorData};

use crate::error::Result;
use crate::model::{Model, ModulePath};

/// A parameter that learns.
#[derive(Debug, Clone)]
pub struct Learnt {
    /// Its path in the model, `encoder.layers.0.query.weight` for one.
    pub path: String,
    /// What the module tree knows it by, in this process alone.
    pub id: ParamId,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, outside any graph, row-major.
    pub values: Tensor<1>,
}

/// Gives the values of the parameter at a path, of a shape.
pub type Read<'a> = dyn FnMut(&str, &[usize]) -> Result<Vec<f32>> + 'a;

impl Model {
    /// The parameters that learn, in the order of the modules. To be asked of a model in training.
    pub fn learnt(&self) -> Vec<Learnt> {
        let mut collect = Collect { path: ModulePath::default(), of: None, found: Vec::new() };
        self.visit(&mut collect);
        collect.found
    }

    /// The parameters at these paths, in the order of the modules.
    pub fn at(&self, paths: &HashSet<&str>) -> Vec<Learnt> {
        let mut collect = Collect { path: ModulePath::default(), of: Some(paths), found: Vec::new() };
        self.visit(&mut collect);
        collect.found
    }

    /// The same model with other values at these paths: those that `read` gives for a path and a shape. What learns still
    /// does.
    ///
    /// # Errors
    ///
    /// The first that `read` gives.
    pub fn with_values(self, paths: &HashSet<&str>, read: &mut Read) -> Result<Self> {
        let mut put = Put { path: ModulePath::default(), of: paths, read, failed: Ok(()) };
        let model = self.map(&mut put);
        put.failed.map(|()| model)
    }
}

struct Collect<'a> {
    path: ModulePath,
    /// Paths; `None` for those of all that learns.
    of: Option<&'a HashSet<&'a str>>,
    found: Vec<Learnt>,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.dotted();
        if !self.of.map_or_else(|| param.is_require_grad(), |paths| paths.contains(path.as_str())) {
            return;
        }
        let values = param.val().inner();
        let (shape, size) = (values.dims().to_vec(), values.shape().num_elements());
        self.found.push(Learnt { path, id: param.id, shape, values: values.reshape([size]) });
    }
}

struct Put<'a, 'b> {
    path: ModulePath,
    of: &'a HashSet<&'a str>,
    read: &'a mut Read<'b>,
    failed: Result<()>,
}

impl ModuleMapper for Put<'_, '_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.dotted();
        if self.failed.is_err() || !self.of.contains(path.as_str()) {
            return param;
        }
        let (shape, learns) = (param.lazy_shape(), param.is_require_grad());
        let values = match (self.read)(&path, &shape) {
            Ok(values) => values,
            Err(error) => {
                self.failed = Err(error);
                return param;
            }
        };
        let (id, old, mapper) = param.consume();
        let device = old.inner().device();
        let new = Tensor::from_data(TensorData::new(values, shape), &device);
        let new = if learns { Tensor::from_inner(new).require_grad() } else { new };
        Param::from_mapped_value(id, new, mapper)
    }
}
