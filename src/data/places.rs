//! How many rows something happened to and the first of their lines, in words.

use std::fmt;

/// Lines that are named; the rest is only counted.
const NAMED: usize = 5;

/// Counts rows and remembers the first few lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    count: usize,
    first: Vec<u64>,
}

impl Places {
    pub fn add(&mut self, line: u64) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(line);
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The sentence's subject and verb: `1 row {one}` or `3 rows {many}`, followed by the lines in parentheses.
    pub fn sentence(&self, one: &str, many: &str) -> String {
        match self.count {
            1 => format!("1 row {one} ({self})."),
            count => format!("{count} rows {many} ({self})."),
        }
    }
}

/// `line 4`, `lines 4, 9`, or `lines 4, 9, 12, 30, 31 and 7 more`.
impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = self.first.iter().map(u64::to_string).collect();
        let word = if self.count == 1 { "line" } else { "lines" };
        write!(f, "{word} {}", named.join(", "))?;
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
