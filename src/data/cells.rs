//! The cells of a table in blocks of text: no allocation per cell, short rows cost nothing, and nothing is moved as the
//! table grows.

use std::sync::Arc;

use super::profile::Profile;
use super::shared::Text;
use crate::error::{Error, Result};

/// Most rows of a table.
const MAX_ROWS: usize = 5_000_000;

/// Most cells that are stored; a hostile file could ask for columns × rows without holding that many bytes.
const MAX_CELLS: usize = 100_000_000;

/// A block is closed once it has so many bytes of text.
const BLOCK: usize = 1 << 18;

/// Bytes that tables and their tokens may take: of the 4 GiB that WebAssembly has, a model and what it computes need the
/// rest; elsewhere what the machine has.
pub const ROOM: usize = if cfg!(target_family = "wasm") { 1 << 31 } else { usize::MAX };

/// Some rows of cells.
#[derive(Debug)]
struct Block {
    text: Arc<str>,
    /// Where each cell ends in `text`; it starts where the one before ends.
    ends: Box<[u32]>,
    /// How many cells there are up to the end of each row.
    rows: Box<[u32]>,
    /// Line of the file in which each row starts.
    lines: Box<[u32]>,
}

/// Rows of cells; a row may have fewer cells than the table has columns, and the missing ones read as empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    blocks: Vec<Arc<Block>>,
    /// The row that each block starts with.
    first: Vec<usize>,
    rows: usize,
    bytes: usize,
}

impl Cells {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of memory that they take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn cell(&self, row: usize, column: usize) -> &str {
        let (block, row) = self.find(row);
        block.cell(row, column).map_or("", |(start, end)| &block.text[start as usize..end as usize])
    }

    /// The same as a text that shares the table's memory.
    pub fn text(&self, row: usize, column: usize) -> Text {
        let (block, row) = self.find(row);
        block.cell(row, column).map_or_else(|| "".into(), |(start, end)| Text::part(&block.text, start, end))
    }

    pub fn line(&self, row: usize) -> u64 {
        let (block, row) = self.find(row);
        u64::from(block.lines[row])
    }

    fn find(&self, row: usize) -> (&Block, usize) {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        let block = self.first.partition_point(|&first| first <= row) - 1;
        (&self.blocks[block], row - self.first[block])
    }
}

impl Block {
    /// Where a cell stands in the text, if its row has it.
    fn cell(&self, row: usize, column: usize) -> Option<(u32, u32)> {
        let first = if row == 0 { 0 } else { self.rows[row - 1] as usize };
        let index = first + column;
        let end = *self.ends.get(index).filter(|_| index < self.rows[row] as usize)?;
        Some((if index == 0 { 0 } else { self.ends[index - 1] }, end))
    }
}

/// Gathers rows, and what their columns hold.
#[derive(Debug)]
pub(super) struct Gathering {
    done: Cells,
    profile: Profile,
    cells: usize,
    room: usize,
    text: String,
    ends: Vec<u32>,
    rows: Vec<u32>,
    lines: Vec<u32>,
}

impl Gathering {
    /// Nothing yet of what may take so many bytes of memory.
    pub fn within(room: usize) -> Self {
        Self {
            done: Cells::default(),
            profile: Profile::default(),
            cells: 0,
            room,
            text: String::with_capacity(BLOCK),
            ends: Vec::new(),
            rows: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub fn rows(&self) -> usize {
        self.done.rows
    }

    /// Adds a row that starts in `line`.
    ///
    /// # Errors
    ///
    /// Too many rows or cells, or more than there is room for.
    pub fn push<'a>(&mut self, line: u64, row: impl IntoIterator<Item = &'a str>) -> Result<()> {
        if self.done.rows == MAX_ROWS {
            return Err(Error::table_line(
                line,
                format!("The table has more than {MAX_ROWS} rows. Take a sample of it, or split it."),
            ));
        }
        for (column, cell) in row.into_iter().enumerate() {
            self.text.push_str(cell);
            self.ends.push(u32::try_from(self.text.len()).map_err(|_| too_large(line))?);
            self.profile.add(column, cell);
        }
        self.rows.push(self.ends.len() as u32);
        self.lines.push(u32::try_from(line).map_err(|_| too_large(line))?);
        self.done.rows += 1;
        if self.cells + self.ends.len() > MAX_CELLS {
            return Err(too_large(line));
        }
        if self.text.len() >= BLOCK || self.ends.len() >= BLOCK {
            self.close();
            if self.done.bytes > self.room {
                return Err(no_room(line, self.done.bytes));
            }
        }
        Ok(())
    }

    /// The cells, and what their columns hold.
    pub fn finish(mut self) -> (Cells, Profile) {
        self.close();
        (self.done, self.profile)
    }

    fn close(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let numbers = self.ends.len() + self.rows.len() + self.lines.len();
        self.cells += self.ends.len();
        self.done.bytes += self.text.len() + size_of::<u32>() * numbers + size_of::<Block>();
        self.done.first.push(self.done.rows - self.rows.len());
        self.done.blocks.push(Arc::new(Block {
            text: self.text.as_str().into(),
            ends: self.ends.as_slice().into(),
            rows: self.rows.as_slice().into(),
            lines: self.lines.as_slice().into(),
        }));
        self.text.clear();
        self.ends.clear();
        self.rows.clear();
        self.lines.clear();
    }
}

fn too_large(line: u64) -> Error {
    Error::table_line(
        line,
        format!(
            "The table has more than {} million cells up to here. Keep only the columns that are needed, or split it.",
            MAX_CELLS / 1_000_000
        ),
    )
}

fn no_room(line: u64, bytes: usize) -> Error {
    Error::table_line(
        line,
        format!(
            "The table takes {} MB up to here, which is all that a tab's memory has room for beside a model and the table \
             that is open. Keep only the columns that are needed, or take fewer rows; if a large table is open, reload the page \
             first.",
            bytes / 1_000_000
        ),
    )
}
