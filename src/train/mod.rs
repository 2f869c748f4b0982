//! Training: loss, gradients, optimiser, schedule and the loop body.

mod checkpointing;
mod contrastive;
mod footprint;
mod gradients;
mod groups;
mod lbfgs;
mod linear;
mod loss;
mod masking;
mod optim;
mod schedule;
mod trainer;
mod units;

pub use checkpointing::backward as checkpointed_backward;
pub use contrastive::{Contrast, Contrasted};
pub use footprint::{Footprint, Plan};
pub use gradients::{Flat, Gradients, Norm, RowsOfTable};
pub use groups::LayerDecay;
pub use lbfgs::{Lbfgs, MEMORY};
pub use linear::{LinearFit, LinearHead, LinearProblem, MAX_ITERATIONS};
pub use loss::{Objective, balanced};
pub use masking::Masking;
pub use optim::{AdamW, Find, Kept, Restored};
pub use schedule::{learning_rate, warmup_steps};
pub use trainer::{PadRule, Rows, Step, Trainer};
pub use units::Units;
