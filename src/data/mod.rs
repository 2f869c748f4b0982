//! From the bytes of a table file to the examples of a task and padded batches; knows nothing of models or devices.

mod batch;
mod cells;
mod columns;
mod conll;
mod dataset;
mod delimited;
mod encoding;
mod entities;
mod examples;
mod format;
mod guess;
mod hash;
mod json;
mod jsonl;
mod limits;
mod lines;
mod mapping;
mod places;
mod quotes;
mod report;
mod sheet;
mod split;
mod squad;
mod table;
mod target;
mod truth;
mod words;

pub use batch::{Batch, padding_share, plan, plan_sorted};
pub use dataset::{ClassInfo, Dataset, DatasetInfo};
pub use examples::cut_words;
pub use mapping::Mapping;
pub use sheet::{Sheet, SheetInfo, Survey};
pub use table::{ColumnInfo, Table, TableInfo};
pub use target::{Answer, Example, Target, Word};
pub use truth::Truth;
