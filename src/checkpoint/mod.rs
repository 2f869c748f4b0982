//! Checkpoints: hub files ↔ a model on the device.

pub mod adapter;
mod file;
mod load;
pub mod names;
mod save;
mod shards;

pub use file::WeightsFile;
pub use load::{Loaded, initialise, load};
pub use save::{parameters, save};
pub use shards::shards;
