//! How good answers are, for every task: pure functions over counts, probabilities, numbers, tags and texts.

mod answers;
mod confusion;
mod counts;
mod entities;
mod interval;
mod metrics;
mod multi_label;
mod probability;
mod ranking;
mod regression;
mod report;
mod row_counts;
mod tagging;
pub mod words;

pub use answers::{AnswerScores, Answers, normalise, score_answer};
pub use confusion::Confusion;
pub use counts::Counts;
pub use entities::{Entity, EntityCounts, Scheme, Scores, entities, entities_of};
pub use interval::{Interval, bootstrap_macro_f1, wilson};
pub use metrics::Metrics;
pub use multi_label::{LabelScores, MultiLabel, THRESHOLD};
pub use probability::{binary_cross_entropy, cross_entropy, perplexity, sigmoid, softmax};
pub use ranking::{Retrieval, cosine};
pub use regression::{Regression, pearson, ranks, spearman};
pub use report::{ClassReport, Report};
pub use tagging::Tagging;
