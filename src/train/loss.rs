//! Cross-entropy with label smoothing and class weights, as `torch.nn.CrossEntropyLoss` defines it.
//!
//! The host folds smoothing, weights and the mean into one matrix of soft targets, so that the device computes
//! `−Σ q · log softmax(logits)` whatever the recipe says.

use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::recipe::{ClassWeights, Recipe};

/// What a run minimises.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    smoothing: f64,
    /// Weight of each class, K long.
    weights: Vec<f64>,
}

impl Objective {
    /// The objective of a recipe, for K classes with so many training rows each.
    pub fn new(recipe: &Recipe, rows_per_class: &[usize]) -> Self {
        let weights = match recipe.class_weights {
            ClassWeights::None => vec![1.0; rows_per_class.len()],
            ClassWeights::Balanced => balanced(rows_per_class),
        };
        Self { smoothing: recipe.label_smoothing, weights }
    }

    /// An objective with explicit class weights, K long.
    pub fn weighted(smoothing: f64, weights: Vec<f64>) -> Self {
        Self { smoothing, weights }
    }

    /// Sum of the targets' class weights: what the loss is divided by.
    pub fn mass(&self, targets: &[usize]) -> f64 {
        targets.iter().map(|&target| self.weights[target]).sum()
    }

    /// Loss `[1]` of logits `[B, K]`: the weighted sum over these rows divided by `mass`, which is [`Self::mass`]
    /// of all rows of the step, so that losses of accumulated batches add up to that of one large batch.
    pub fn loss(&self, logits: Tensor<2>, targets: &[usize], mass: f64) -> Tensor<1> {
        let soft = self.soft_targets(targets, mass, &logits.device().without_autodiff());
        let soft = if logits.is_autodiff() { soft.autodiff() } else { soft };
        (activation::log_softmax(logits, 1) * soft).sum().neg()
    }

    /// `[B, K]`: `w_c · ((1 − ε) · [c = target] + ε / K) / mass`
    fn soft_targets(&self, targets: &[usize], mass: f64, device: &Device) -> Tensor<2> {
        let classes = self.weights.len();
        let spread = self.smoothing / classes as f64;
        let mut values = Vec::with_capacity(targets.len() * classes);
        for &target in targets {
            values.extend(self.weights.iter().enumerate().map(|(class, weight)| {
                let hit = if class == target { 1.0 - self.smoothing } else { 0.0 };
                (weight * (hit + spread) / mass) as f32
            }));
        }
        Tensor::from_data(TensorData::new(values, [targets.len(), classes]), device)
    }
}

/// `n / (K · n_k)`; 0 for a class without training rows, which the loss never meets.
fn balanced(rows_per_class: &[usize]) -> Vec<f64> {
    let (rows, classes) = (rows_per_class.iter().sum::<usize>() as f64, rows_per_class.len() as f64);
    rows_per_class.iter().map(|&count| if count == 0 { 0.0 } else { rows / (classes * count as f64) }).collect()
}
