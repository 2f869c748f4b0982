//! Tabtune
pub mod error;
pub mod recipe;
pub use error::{Error, Result};
pub use recipe::Recipe;
