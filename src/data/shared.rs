//! A text that is a part of a longer one: many of them take the memory of one.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A text that reads as any `str` and is cheap to clone. Of a table's cell it keeps the rows around it in memory, too.
#[derive(Clone)]
pub struct Text {
    all: Arc<str>,
    /// Bytes of `all`.
    start: u32,
    end: u32,
}

impl Text {
    /// The bytes `start` to `end` of a text, which begin and end at letters.
    pub(super) fn part(all: &Arc<str>, start: u32, end: u32) -> Self {
        Self { all: Arc::clone(all), start, end }
    }

    /// As a `str`.
    pub fn as_str(&self) -> &str {
        &self.all[self.start as usize..self.end as usize]
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// # Panics
///
/// The text has 4 GiB or more; those of a table have 1 MiB at most.
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        assert!(u32::try_from(text.len()).is_ok(), "a text of {} bytes", text.len());
        Self { all: text.into(), start: 0, end: text.len() as u32 }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
