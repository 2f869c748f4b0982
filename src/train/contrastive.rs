//! What sentence vectors are trained with: losses over the vectors of texts that belong together, as
//! sentence-transformers defines them (`sentence_transformer/losses`).

use burn::tensor::{Int, Tensor, TensorData, activation};

use crate::model::{lengths, unit};

/// Added to the score of a text that is left out: far enough for its share of the sum to be zero.
const FAR: f32 = -1e9;

/// What texts that belong together are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Contrast {
    /// That each anchor is nearer to its own positive than to every other text of the batch: other anchors' positives,
    /// and all negatives (`MultipleNegativesRankingLoss`; van den Oord et al. 2018). The cross-entropy of
    /// `scale · cosine` over all B·(1 + N) texts but those that are left out.
    Ranking {
        /// What cosines are multiplied by, the inverse of the temperature; 20 unless one knows better.
        scale: f64,
        /// Whether each positive is to find its anchor, too; half of the loss then comes from there. Not unless asked for.
        both_ways: bool,
    },
    /// That the cosine of two texts is their score: the mean of `(cosine − score)²` (`CosineSimilarityLoss`).
    Cosine,
    /// That each anchor is nearer to its positive than to its negative, by a margin: the mean of
    /// `max(0, ‖a − p‖ − ‖a − n‖ + margin)` (`TripletLoss`; Reimers and Gurevych 2019).
    Triplet {
        /// By how much, as a distance between vectors; 5 unless one knows better.
        margin: f64,
    },
}

/// The vectors of a batch of B examples, each tensor `[B, H]`.
#[derive(Debug, Clone)]
pub struct Contrasted {
    /// The texts to start from: questions, first sentences.
    pub anchors: Tensor<2>,
    /// For each of them a text that belongs to it; for scores the text that it is compared with.
    pub positives: Tensor<2>,
    /// Texts that do not belong to the anchors, N for each; none where the loss can do without.
    pub negatives: Vec<Tensor<2>>,
    /// How alike the two texts of each example are, from −1 to 1, B long; empty where the loss takes no scores.
    pub scores: Vec<f32>,
    /// Where a text is none that an anchor is to be told from, since it belongs to it, too, `[B, B·(1 + N)]`, row-major; empty
    /// where there is no such text.
    pub left_out: Vec<bool>,
}

impl Contrast {
    /// [`Self::Ranking`] with the defaults of sentence-transformers.
    pub const RANKING: Self = Self::Ranking { scale: 20.0, both_ways: false };
    /// [`Self::Triplet`] with the defaults of sentence-transformers.
    pub const TRIPLET: Self = Self::Triplet { margin: 5.0 };

    /// Loss `[1]`, the mean over the batch's examples. Vectors may have any length but zero.
    ///
    /// # Panics
    ///
    /// If scores are asked for and are not B, or triplets do not have one negative each.
    pub fn loss(self, batch: Contrasted) -> Tensor<1> {
        let Contrasted { anchors, positives, negatives, scores, left_out } = batch;
        match self {
            Self::Ranking { scale, both_ways } => {
                let texts = [positives].into_iter().chain(negatives).collect();
                ranking(anchors, texts, &left_out, scale, both_ways)
            }
            Self::Cosine => {
                let [rows, _] = anchors.dims();
                assert_eq!(scores.len(), rows, "one score for each of {rows} pairs");
                let scores = Tensor::from_data(TensorData::new(scores, [rows, 1]), &anchors.device());
                let cosines = (unit(anchors) * unit(positives)).sum_dim(1);
                (cosines - scores).square().mean()
            }
            Self::Triplet { margin } => {
                let Ok([negatives]) = <[Tensor<2>; 1]>::try_from(negatives) else {
                    panic!("one negative for each anchor")
                };
                let (near, far) = (lengths(anchors.clone() - positives), lengths(anchors - negatives));
                activation::relu(near - far + margin).mean()
            }
        }
    }
}

/// Of anchors `[B, H]` and of the positives and negatives, `[B, H]` each.
fn ranking(anchors: Tensor<2>, texts: Vec<Tensor<2>>, left_out: &[bool], scale: f64, both_ways: bool) -> Tensor<1> {
    let [rows, _] = anchors.dims();
    let texts: Vec<Tensor<2>> = texts.into_iter().map(unit).collect();
    // `[B, B·(1 + N)]`, the positives first, so that each anchor's own lies on the diagonal.
    let mut scores = unit(anchors).matmul(Tensor::cat(texts, 0).transpose()) * scale;
    if !left_out.is_empty() {
        let far = left_out.iter().map(|&left_out| if left_out { FAR } else { 0.0 }).collect::<Vec<_>>();
        let far = TensorData::new(far, scores.dims());
        let far = Tensor::from_data(far, &scores.device());
        scores = scores + far;
    }
    if both_ways {
        let back = scores.clone().narrow(1, 0, rows).transpose();
        (diagonal_entropy(scores) + diagonal_entropy(back)) / 2
    } else {
        diagonal_entropy(scores)
    }
}

/// The mean over rows of `−log softmax(scores)` at the diagonal, `[B, ≥ B]` → `[1]`.
fn diagonal_entropy(scores: Tensor<2>) -> Tensor<1> {
    let [rows, _] = scores.dims();
    let places: Vec<i32> = (0..).take(rows).collect();
    let places = Tensor::<2, Int>::from_data(TensorData::new(places, [rows, 1]), &scores.device());
    activation::log_softmax(scores, 1).gather(1, places).mean().neg()
}
