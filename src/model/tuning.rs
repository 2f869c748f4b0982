//! How much of a model is fine-tuned: what is frozen, what is drawn anew, and how much that leaves to train.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use serde::Serialize;

use crate::model::family::Details;
use crate::model::{EncoderConfig, Model, ModulePath};

/// Where in a model a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The tables of words, positions and types with what follows them, and tables of distances that all layers share.
    Embeddings,
    /// A layer, by its place in the module tree, counted from 0.
    Layer(usize),
    /// ModernBERT's last LayerNorm, after all layers.
    Top,
    /// All that is no part of the encoder, and BERT's and ALBERT's pooling layer.
    Head,
}

impl Place {
    /// The place of a parameter by its path, `encoder.layers.0.query.weight` for one.
    pub fn of(path: &str) -> Self {
        let Some(path) = path.strip_prefix("encoder.") else { return Self::Head };
        if path.starts_with("final_norm.") {
            return Self::Top;
        }
        let layer = path.strip_prefix("layers.").and_then(|rest| rest.split('.').next());
        layer.and_then(|number| number.parse().ok()).map_or(Self::Embeddings, Self::Layer)
    }
}

impl EncoderConfig {
    /// Which layer of the module tree is used at each depth, the lowest first: each once, but in ALBERT.
    pub fn layer_order(&self) -> Vec<usize> {
        match &self.details {
            Details::Shared { order } => order.clone(),
            _ => (0..self.num_hidden_layers).collect(),
        }
    }
}

/// What is left as it is. A layer that ALBERT shares is frozen where all depths that use it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frozen {
    /// Whether the embeddings are.
    pub embeddings: bool,
    /// How many of the lowest layers are.
    pub layers: usize,
}

impl Frozen {
    /// The whole encoder, so that only the head learns.
    pub const ENCODER: Self = Self { embeddings: true, layers: usize::MAX };

    /// Whether a place is frozen in a model whose layers are used in this order.
    pub fn holds(self, place: Place, order: &[usize]) -> bool {
        match place {
            Place::Embeddings => self.embeddings,
            Place::Layer(layer) => order.iter().skip(self.layers).all(|used| *used != layer),
            Place::Top => self.embeddings && self.layers >= order.len(),
            Place::Head => false,
        }
    }
}

/// How many numbers a model is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Parameters {
    /// Those that training changes.
    pub trainable: usize,
    /// Those that it leaves as they are.
    pub frozen: usize,
}

impl Model {
    /// The same model of which parts get no gradient, so that the backward pass stops there and the optimiser keeps
    /// nothing for them. What was frozen before stays so.
    #[must_use]
    pub fn freeze(self, config: &EncoderConfig, frozen: Frozen) -> Self {
        self.map(&mut Freeze { path: ModulePath::default(), frozen, order: config.layer_order() })
    }

    /// The same model with the top layers drawn anew: weights normal with standard deviation `initializer_range`,
    /// biases 0, LayerNorm 1 and 0, as `BertPreTrainedModel._init_weights` has them, whatever the family. Fewer layers
    /// of the pretrained model can be the better start (Zhang et al. 2021, "Revisiting Few-sample BERT Fine-tuning").
    /// A layer that ALBERT shares is drawn anew where all depths that use it are. The same seed gives the same weights.
    #[must_use]
    pub fn reinitialised(self, config: &EncoderConfig, top_layers: usize, seed: u64) -> Self {
        let Ok(normal) = Normal::new(0.0, config.initializer_range as f32) else {
            unreachable!("the configuration admits only finite ranges")
        };
        let order = config.layer_order();
        let kept = order[..order.len().saturating_sub(top_layers)].to_vec();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        self.map(&mut Redraw { path: ModulePath::default(), kept, normal, rng })
    }

    /// Where anything learns. To be asked of a model in training.
    pub fn learning(&self) -> HashSet<Place> {
        let mut learning = Learning { path: ModulePath::default(), places: HashSet::new() };
        self.visit(&mut learning);
        learning.places
    }

    /// How many numbers are trained and how many are not.
    pub fn parameters(&self) -> Parameters {
        let mut count = Count(Parameters::default());
        // Whether a parameter learns shows only while gradients can be recorded.
        self.clone().train().visit(&mut count);
        count.0
    }
}

struct Freeze {
    path: ModulePath,
    frozen: Frozen,
    order: Vec<usize>,
}

impl ModuleMapper for Freeze {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let place = Place::of(&self.path.dotted());
        if self.frozen.holds(place, &self.order) { param.set_require_grad(false) } else { param }
    }
}

struct Redraw {
    path: ModulePath,
    /// Layers of the module tree that some depth still uses as they are.
    kept: Vec<usize>,
    normal: Normal<f32>,
    rng: ChaCha8Rng,
}

impl ModuleMapper for Redraw {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.dotted();
        if !matches!(Place::of(&path), Place::Layer(layer) if !self.kept.contains(&layer)) {
            return param;
        }
        let shape = param.lazy_shape();
        let size = shape.num_elements();
        let values = match path.rsplit('.').next() {
            Some("gamma") => vec![1.0; size],
            Some("bias" | "beta") => vec![0.0; size],
            _ => (0..size).map(|_| self.normal.sample(&mut self.rng)).collect(),
        };
        param.map(|old| Tensor::from_data(TensorData::new(values, shape), &old.device()))
    }
}

struct Learning {
    path: ModulePath,
    places: HashSet<Place>,
}

impl ModuleVisitor for Learning {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            self.places.insert(Place::of(&self.path.dotted()));
        }
    }
}

struct Count(Parameters);

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let size = param.lazy_shape().num_elements();
        if param.is_require_grad() { self.0.trainable += size } else { self.0.frozen += size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_place() {
        for (path, place) in [
            ("encoder.embeddings.word.weight", Place::Embeddings),
            ("encoder.distances_norm.gamma", Place::Embeddings),
            ("encoder.layers.11.query.lora.a", Place::Layer(11)),
            ("encoder.final_norm.gamma", Place::Top),
            ("head.dense.weight", Place::Head),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }

    #[test]
    fn shared_layers_are_frozen_once_every_depth_is() {
        let shared = [0, 0, 1, 1];
        let holds = |layers, layer| Frozen { embeddings: false, layers }.holds(Place::Layer(layer), &shared);
        assert_eq!([0, 1, 2, 3, 4].map(|layers| holds(layers, 0)), [false, false, true, true, true]);
        assert_eq!([0, 1, 2, 3, 4].map(|layers| holds(layers, 1)), [false, false, false, false, true]);
        assert!(Frozen::ENCODER.holds(Place::Top, &shared) && !Frozen::ENCODER.holds(Place::Head, &shared));
    }
}
