//! Walks through a JSON text from value to value, so that a large file is never in memory as a whole but as text, and
//! every mistake has its line.

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::Deserializer;

use super::lines::{Lines, MAX_CELL};
use crate::error::{Error, Result};

/// A place in a JSON text.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    lines: Lines<'a>,
    is_one_line: bool,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, lines: Lines::new(text), is_one_line: !text.trim().contains('\n') }
    }

    /// Line, from 1, of what comes next.
    pub fn line(&mut self) -> u64 {
        self.peek();
        self.lines.at(self.at)
    }

    /// Line of what comes next, or where all of the text stands on one line the number of its row, so that rows can be told
    /// apart: so many are before it.
    pub fn place(&mut self, rows: usize) -> u64 {
        let line = self.line();
        if self.is_one_line { rows as u64 + 1 } else { line }
    }

    /// The first byte of what comes next; `None` at the end.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    /// The value that comes next, as serde reads it.
    ///
    /// # Errors
    ///
    /// What is no such value, or is over 1 MiB; `refuse` makes an error of its line and the reason.
    pub fn value<T: Deserialize<'a>>(&mut self, refuse: impl Fn(u64, &str) -> Error) -> Result<T> {
        let line = self.line();
        let from = self.at;
        let value = self.next_value::<T>().map_err(|error| {
            let reason = error.to_string();
            // serde_json counts lines within what it was given.
            let reason = reason.split(" at line ").next().unwrap_or_default();
            refuse(line + (error.line() as u64).saturating_sub(1), reason)
        })?;
        if self.at - from > MAX_CELL {
            return Err(Error::table_line(line, "What starts here is longer than 1 MiB. Split it."));
        }
        Ok(value)
    }

    /// Passes over the value that comes next, of any size.
    ///
    /// # Errors
    ///
    /// What is no JSON value.
    pub fn skip(&mut self) -> Result<()> {
        let line = self.line();
        self.next_value::<IgnoredAny>().map(drop).map_err(|error| {
            broken(line + (error.line() as u64).saturating_sub(1), "there is no value of JSON, or it does not end")
        })
    }

    fn next_value<T: Deserialize<'a>>(&mut self) -> serde_json::Result<T> {
        let mut values = Deserializer::from_str(&self.text[self.at..]).into_iter::<T>();
        let value = values.next().unwrap_or_else(|| Err(serde_json::Error::custom("the text ends")))?;
        self.at += values.byte_offset();
        Ok(value)
    }

    /// Walks through the list that comes next; `each` reads one item.
    ///
    /// # Errors
    ///
    /// What is no list, and the errors of `each`.
    pub fn list(&mut self, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        let mut items = Items::open(self)?;
        while items.next(self)?.is_some() {
            each(self)?;
        }
        Ok(())
    }

    /// Walks through the object that comes next; `each` reads the value of one key.
    ///
    /// # Errors
    ///
    /// What is no object, and the errors of `each`.
    pub fn object(&mut self, mut each: impl FnMut(&str, &mut Self) -> Result<()>) -> Result<()> {
        let mut items = Items::open_object(self)?;
        while let Some(key) = items.next(self)? {
            each(&key, self)?;
        }
        Ok(())
    }

    /// Refuses text after the end.
    ///
    /// # Errors
    ///
    /// There is some.
    pub fn end(&mut self, of: &str) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => {
                Err(Error::table_line(self.line(), format!("There is text after the end of the {of}; remove it.")))
            }
        }
    }

    fn take(&mut self, byte: u8, missing: &str) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err(broken(self.line(), missing));
        }
        self.at += 1;
        Ok(())
    }
}

/// A list or an object that is walked through, one step at a time.
#[derive(Clone, Copy)]
pub(super) struct Items {
    is_object: bool,
    begun: bool,
    over: bool,
}

impl Items {
    /// Enters the list that comes next.
    ///
    /// # Errors
    ///
    /// What is no list.
    pub fn open(cursor: &mut Cursor) -> Result<Self> {
        cursor.take(b'[', "a list must begin")?;
        Ok(Self { is_object: false, begun: false, over: false })
    }

    /// Enters the object that comes next.
    ///
    /// # Errors
    ///
    /// What is no object.
    pub fn open_object(cursor: &mut Cursor) -> Result<Self> {
        cursor.take(b'{', "an object must begin")?;
        Ok(Self { is_object: true, begun: false, over: false })
    }

    /// Stands before the next value and gives its key, which is empty in a list; `None` behind the last one. The value is
    /// for the caller to read.
    ///
    /// # Errors
    ///
    /// What is no such list or object any more.
    pub fn next(&mut self, cursor: &mut Cursor) -> Result<Option<String>> {
        let (close, missing) = match self.is_object {
            true => (b'}', "a comma or the object's closing brace is missing"),
            false => (b']', "a comma or the list's closing bracket is missing"),
        };
        let first = !std::mem::replace(&mut self.begun, true);
        if self.over {
            return Ok(None);
        }
        match cursor.peek() {
            Some(byte) if byte == close => {
                self.over = true;
                cursor.at += 1;
                return Ok(None);
            }
            Some(b',') if !first => cursor.at += 1,
            _ if first => {}
            _ => return Err(broken(cursor.line(), missing)),
        }
        if !self.is_object {
            return Ok(Some(String::new()));
        }
        let key: String = cursor.value(|line, _| broken(line, "a key in quotes is missing"))?;
        cursor.take(b':', "a colon is missing")?;
        Ok(Some(key))
    }
}

fn broken(line: u64, what: &str) -> Error {
    Error::table_line(line, format!("The JSON is broken here: {what}. Was the file cut off?"))
}
