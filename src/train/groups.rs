//! Groups of parameters by depth: lower layers learn more slowly (Howard and Ruder 2018, "discriminative fine-tuning").

use crate::model::{EncoderConfig, Place};

/// Multiplies the learning rate by a power of one factor per layer below the head.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerDecay {
    factor: f64,
    /// Which layer of the module tree is used at each depth.
    order: Vec<usize>,
}

impl LayerDecay {
    /// The head learns at the full rate, the top layer at `factor` times that, … the embeddings at `factor`^(L + 1).
    /// A factor of 1 changes nothing.
    pub fn new(config: &EncoderConfig, factor: f64) -> Self {
        Self { factor, order: config.layer_order() }
    }

    /// What the learning rate of the parameter at a path is multiplied by. A layer that ALBERT shares learns as the
    /// highest depth that uses it does.
    pub fn of(&self, path: &str) -> f64 {
        let layers = self.order.len();
        let below_head = match Place::of(path) {
            Place::Head => 0,
            Place::Top => 1,
            Place::Layer(layer) => {
                let highest = self.order.iter().rposition(|used| *used == layer);
                layers - highest.unwrap_or_else(|| panic!("no layer {layer} among {layers} depths"))
            }
            Place::Embeddings => layers + 1,
        };
        self.factor.powi(below_head as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_depth_has_its_factor() {
        let decay = LayerDecay { factor: 0.5, order: vec![0, 1, 2] };
        for (path, factor) in [
            ("head.output.weight", 1.0),
            ("encoder.final_norm.gamma", 0.5),
            ("encoder.layers.2.block.output.bias", 0.5),
            ("encoder.layers.0.query.lora.a", 0.125),
            ("encoder.embeddings.word.weight", 0.0625),
            ("encoder.relative.weight", 0.0625),
        ] {
            assert_eq!(decay.of(path), factor, "{path}");
        }
        let shared = LayerDecay { factor: 0.5, order: vec![0, 0, 0] };
        assert_eq!(shared.of("encoder.layers.0.query.weight"), 0.5);
    }
}
