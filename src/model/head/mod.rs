//! Heads, one file per task.

mod classification;

pub use classification::ClassificationHead;
