//! How good answers are: pure functions over counts and logits.

mod confusion;
mod probability;
mod report;

pub use confusion::Confusion;
pub use probability::{cross_entropy, softmax};
pub use report::{ClassReport, Metrics, Report};
