//! Checkpoints: hub files ↔ a model on the device.

pub mod adapter;
mod file;
mod load;
pub mod names;
mod save;
mod sentence;
mod shards;
pub mod state;

pub use file::WeightsFile;
pub use load::{Loaded, initialise, load};
pub(crate) use save::serialize;
pub use save::{Named, parameters, save, save_bare};
pub use sentence::{DenseLayer, ModuleFile, SentenceLayout, SentenceModules};
pub use shards::shards;
