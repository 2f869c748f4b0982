//! LoRA (Hu et al. 2021): beside a frozen weight, two thin matrices that learn its change.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::kernel::{self, Dropout, Mask};
use crate::model::{Model, ModulePath};

/// `dropout(x)·A·B · α / r`, added to what a frozen layer gives, as PEFT's `lora.Linear` computes it.
#[derive(Module, Debug)]
pub struct Lora {
    /// `[I, r]`
    a: Param<Tensor<2>>,
    /// `[r, O]`; zero at first, so that training starts from the pretrained model.
    b: Param<Tensor<2>>,
    /// α / r
    #[module(skip)]
    scale: f64,
    /// What of x is dropped in the step at hand; nothing outside training.
    #[module(skip)]
    mask: Mask,
}

impl Lora {
    /// A as PEFT draws it, `kaiming_uniform_` with a = √5: evenly from −1/√I to 1/√I; B zero.
    fn new([inputs, outputs]: [usize; 2], rank: usize, alpha: f64, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let bound = (inputs as f32).sqrt().recip();
        let values: Vec<f32> = (0..inputs * rank).map(|_| rng.random_range(-bound..bound)).collect();
        Self {
            a: Param::from_tensor(Tensor::from_data(TensorData::new(values, [inputs, rank]), device)),
            b: Param::from_tensor(Tensor::zeros([rank, outputs], device)),
            scale: alpha / rank as f64,
            mask: Mask::none(),
        }
    }

    /// I and O.
    pub fn sizes(&self) -> [usize; 2] {
        let ([inputs, _], [_, outputs]) = (self.a.lazy_shape().dims(), self.b.lazy_shape().dims());
        [inputs, outputs]
    }

    /// `[.., I]` → `[.., O]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let (a, b) = (self.a.val(), self.b.val());
        let ([_, rank], [_, outputs]) = (a.dims(), b.dims());
        let zero = |size: usize, device: &Device| Tensor::zeros([size], device);
        let device = x.device();
        // Scaled where it is thin.
        let thin = kernel::linear(self.mask.over(x), a, zero(rank, &device)) * self.scale;
        kernel::linear(thin, b, zero(outputs, &device))
    }

    /// Drops these values of what goes into it from now on. Wherever it is used within a step, and where a step computes it
    /// once more, the same are dropped.
    pub fn drop_inputs(&mut self, mask: Mask) {
        self.mask = mask;
    }

    /// Whether something of what goes into it is dropped, so that it is no change of the weight.
    pub fn drops_inputs(&self) -> bool {
        self.mask.drops()
    }

    /// What it changes a weight by, `A·B · α / r`, `[I, O]`.
    pub fn change(&self) -> Tensor<2> {
        self.a.val().matmul(self.b.val()) * self.scale
    }
}

/// Which parts of a model get adapters, and which are trained whole beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraPlan {
    /// Columns of A and rows of B, r.
    pub rank: usize,
    /// α: a change is multiplied by α / r.
    pub alpha: f64,
    /// Paths of the dense layers with an adapter, `encoder.layers.0.query` for one.
    pub adapted: Vec<String>,
    /// Paths of the modules that are trained whole, `head.output` for one.
    pub whole: Vec<String>,
}

impl Model {
    /// The same model with adapters as a plan has them. Only they and the modules that are trained whole still get
    /// gradients. Nothing changes in what the model says: B is zero. The same seed gives the same A.
    ///
    /// # Panics
    ///
    /// If the rank is 0, or the plan names a layer that the model does not have.
    #[must_use]
    pub fn with_lora(mut self, plan: &LoraPlan, seed: u64) -> Self {
        assert!(plan.rank > 0, "an adapter has a rank");
        let device = self.encoder.word_table().lazy_device();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut wanted: HashSet<&str> = plan.adapted.iter().map(String::as_str).collect();
        for (path, layer) in self.dense() {
            if wanted.remove(path.as_str()) {
                layer.adapt(Lora::new(layer.sizes(), plan.rank, plan.alpha, &mut rng, &device));
            }
        }
        assert!(wanted.is_empty(), "no dense layers at {wanted:?}");
        self.map(&mut Freeze { path: ModulePath::default(), plan })
    }

    /// The same model with what goes into its adapters dropped as drawn here, one mask for each; drawn with a share of 0,
    /// nothing is dropped any more.
    #[must_use]
    pub fn with_adapter_dropout(mut self, dropout: &Dropout) -> Self {
        for (_, layer) in self.dense() {
            layer.drop_adapter_inputs(dropout);
        }
        self
    }

    /// An ordinary model that says the same, without autodiff: every adapter is folded into its weight, and nothing is
    /// frozen any more.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut model = self.valid();
        model.dense().into_iter().for_each(|(_, layer)| layer.merge());
        model.set_require_grad(true)
    }

    /// I and O of every dense layer, by path.
    pub fn dense_sizes(&self) -> Vec<(String, [usize; 2])> {
        self.clone().dense().into_iter().map(|(path, layer)| (path, layer.sizes())).collect()
    }
}

/// Takes the gradient from all that a plan does not train.
struct Freeze<'a> {
    path: ModulePath,
    plan: &'a LoraPlan,
}

impl ModuleMapper for Freeze<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.dotted();
        let trains = self.plan.trains(&path);
        param.set_require_grad(trains)
    }
}

impl LoraPlan {
    /// Whether the parameter at a path is trained.
    pub fn trains(&self, path: &str) -> bool {
        let of = |module: &String| path.strip_prefix(module.as_str()).is_some_and(|rest| rest.starts_with('.'));
        path.ends_with(".lora.a") || path.ends_with(".lora.b") || self.whole.iter().any(of)
    }
}
