//! The names of classes for which a file keeps numbers: what Hugging Face's `datasets` says of its columns.

use std::sync::Arc;

use ::parquet::file::metadata::FileMetaData;
use serde_json::Value;

/// Under this key the footer keeps JSON: `{"info": {"features": {…}}}`.
const KEY: &str = "huggingface";

/// What is said of a column, or of all: an object with a type, one of columns, or a list of one item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Classes<'a>(Option<&'a Value>);

/// What a footer says of its columns.
pub(super) fn features(footer: &FileMetaData) -> Option<Value> {
    let said = footer.key_value_metadata()?.iter().find(|said| said.key == KEY)?;
    // What cannot be read says nothing.
    let mut said: Value = serde_json::from_str(said.value.as_deref()?).ok()?;
    said.pointer_mut("/info/features").map(Value::take)
}

impl<'a> Classes<'a> {
    pub fn new(features: Option<&'a Value>) -> Self {
        Self(features)
    }

    /// Of what a column of objects has under a name. A list of objects may be an object of lists for `datasets`.
    pub fn of(self, name: &str) -> Self {
        Self(self.within().and_then(|said| said.get(name)))
    }

    /// Of the items of a list.
    pub fn items(self) -> Self {
        let Some(said) = self.0 else { return self };
        Self(said.get("feature").or_else(|| said.get(0)).or(Some(said)))
    }

    /// The classes' names in the order of their numbers.
    pub fn names(self) -> Option<Arc<[String]>> {
        let said = self.0?;
        if said.get("_type")? != "ClassLabel" {
            return None;
        }
        let names = said.get("names")?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    }

    fn within(self) -> Option<&'a Value> {
        let said = self.0?;
        Some(said.get("feature").filter(|_| said.get("_type").is_some()).unwrap_or(said))
    }
}
