//! From the bytes of a table file to labelled examples and padded batches; knows nothing of models or devices.

mod batch;
mod cells;
mod dataset;
mod delimited;
mod encoding;
mod format;
mod jsonl;
mod lines;
mod mapping;
mod places;
mod quotes;
mod report;
mod split;
mod table;
mod truth;
mod words;

pub use batch::{Batch, padding_share, plan, plan_sorted};
pub use dataset::{ClassInfo, Dataset, DatasetInfo, Example};
pub use mapping::Mapping;
pub use table::{ColumnInfo, Table, TableInfo};
pub use truth::Truth;
