//! K outputs for a text or for each token: `…ForSequenceClassification`, `…ForTokenClassification` and
//! `…ForQuestionAnswering` of every family, and one dense layer over the sentence vectors of a frozen encoder.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::sentence::{pool, unit};
use crate::kernel::Dropout;
use crate::model::batch::DeviceBatch;
use crate::model::config::EncoderConfig;
use crate::model::encoder::Wanted;
use crate::model::family::{HeadDense, HeadShape, Pooling};
use crate::model::layers::{Dense, DenseLayers, Norm};

/// A dense layer, for some families with another one before it.
#[derive(Module, Debug)]
pub struct OutputHead {
    dense: Option<Dense>,
    norm: Option<Norm>,
    output: Dense,
    #[module(skip)]
    shape: HeadShape,
    /// Over texts, or over tokens.
    pools: bool,
    /// Whether dropout comes before the last layer.
    drops: bool,
    /// Whether states are scaled to length 1 before the first layer.
    normalises: bool,
}

impl OutputHead {
    /// For whole texts, as the family's sequence classifier has it.
    pub fn over_texts(config: &EncoderConfig, outputs: usize, device: &Device) -> Self {
        Self::new(config, config.head, outputs, device)
    }

    /// For each token: without a first layer, but in ModernBERT.
    pub fn over_tokens(config: &EncoderConfig, outputs: usize, drops: bool, device: &Device) -> Self {
        let dense = config.head.dense.filter(|dense| dense.norm.is_some());
        let shape = HeadShape { dense, drops_first: false, ..config.head };
        Self { pools: false, drops, ..Self::new(config, shape, outputs, device) }
    }

    /// For whole texts as the vectors of a frozen encoder: pooled, scaled to length 1 if it `normalises`, one dense layer,
    /// no dropout. Zero at first, where logistic regression starts.
    pub fn linear(config: &EncoderConfig, pooling: Pooling, normalises: bool, outputs: usize, device: &Device) -> Self {
        let shape = HeadShape { pooling, dense: None, drops_first: false };
        Self { drops: false, normalises, ..Self::new(config, shape, outputs, device) }
    }

    fn new(config: &EncoderConfig, shape: HeadShape, outputs: usize, device: &Device) -> Self {
        let hidden = config.hidden_size;
        Self {
            dense: shape.dense.map(|HeadDense { bias, .. }| Dense::biased(bias, hidden, hidden, device)),
            norm: shape.dense.and_then(|dense| dense.norm).map(|_| config.norm(hidden, device)),
            output: Dense::new(hidden, outputs, device),
            shape,
            pools: true,
            drops: true,
            normalises: false,
        }
    }

    /// The same head with other values in its last layer: `weight` `[K, H]`, row-major, and `bias` `[K]`.
    ///
    /// # Panics
    ///
    /// If there are not K · H and K of them.
    #[must_use]
    pub fn with_output(self, weight: &[f32], bias: &[f32]) -> Self {
        Self { output: self.output.filled(weight, bias), ..self }
    }

    /// The same head that says `by · y + plus` where this one says y.
    #[must_use]
    pub fn rescaled(self, by: f64, plus: f64) -> Self {
        Self { output: self.output.rescaled(by, plus), ..self }
    }

    /// The same head with its outputs in another order: `order[k]` is the place that output k had.
    #[must_use]
    pub fn reordered(self, order: &[usize]) -> Self {
        Self { output: self.output.reordered(order), ..self }
    }

    /// How it pools.
    pub fn pooling(&self) -> Pooling {
        self.shape.pooling
    }

    /// What lies before the layer that gives the outputs.
    pub(crate) fn shape(&self) -> HeadShape {
        self.shape
    }

    /// Whether its outputs are over texts, else over tokens.
    pub(crate) fn pools(&self) -> bool {
        self.pools
    }

    /// Which hidden states it reads.
    pub fn wants(&self) -> Wanted {
        if self.pools { self.shape.pooling.wants() } else { Wanted::All }
    }

    /// Whether states are scaled to length 1 before the first layer.
    pub fn normalises(&self) -> bool {
        self.normalises
    }

    /// Whether it is [`Self::linear`]: one dense layer over sentence vectors.
    pub fn is_linear(&self) -> bool {
        self.pools && !self.drops && self.dense.is_none()
    }

    /// The layer that gives the outputs.
    pub(crate) fn output(&self) -> &Dense {
        &self.output
    }

    /// K
    pub fn outputs(&self) -> usize {
        self.output.sizes()[1]
    }

    /// The dense layers.
    pub fn dense(&mut self) -> DenseLayers<'_> {
        let first = self.dense.iter_mut().map(|layer| ("dense".to_owned(), layer));
        first.chain([("output".to_owned(), &mut self.output)]).collect()
    }

    /// `[B, T, H]` → `[B, K]` or `[B · T, K]`
    pub fn forward(&self, hidden: Tensor<3>, batch: &DeviceBatch) -> Tensor<2> {
        let [rows, tokens, width] = hidden.dims();
        let states = if self.pools {
            pool(hidden, self.shape.pooling, &batch.real)
        } else {
            hidden.reshape([rows * tokens, width])
        };
        self.over_states(states, &batch.dropout)
    }

    /// `[N, H]` → `[N, K]`; states as they were pooled, of any length.
    pub fn over_states(&self, mut states: Tensor<2>, dropout: &Dropout) -> Tensor<2> {
        if self.normalises {
            states = unit(states);
        }
        if let (Some(layer), Some(HeadDense { activation, .. })) = (&self.dense, self.shape.dense) {
            if self.shape.drops_first {
                states = dropout.apply(states);
            }
            states = activation.apply(layer.forward(states));
        }
        if let Some(norm) = &self.norm {
            states = norm.forward(states);
        }
        if self.drops {
            states = dropout.apply(states);
        }
        self.output.forward(states)
    }
}
