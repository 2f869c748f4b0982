//! A sheet's rows → names of the columns and rows of cells: what stands above and beside the table is left out.

use std::ops::ControlFlow;

use crate::data::cells::Gathering;
use crate::data::format::{SAMPLE_BYTES, SAMPLE_ROWS, has_header, skipped};
use crate::data::places::Places;
use crate::data::preamble::{MOST_TITLES, is_title, title_note};
use crate::data::table::Rows;
use crate::data::words;
use crate::error::Result;

/// Gathers the rows of a sheet.
#[derive(Debug)]
pub(super) struct Taking {
    gathering: Gathering,
    /// Whether the first row names the columns, where that is known.
    header: Option<bool>,
    /// Whether to stop at a sheet that is no table.
    only_tables: bool,
    /// The first rows with their numbers, until there are enough to tell what they are.
    head: Vec<(u64, Vec<String>)>,
    bytes: usize,
    layout: Option<Layout>,
    /// Rows with cells beside the table.
    beside: Places,
    /// Rows with formulas whose results are not in the file.
    pub without_results: Places,
}

/// Where the table is on its sheet.
#[derive(Debug)]
struct Layout {
    /// Names of the columns; empty ones where there is no header.
    columns: Vec<String>,
    header: bool,
    /// Empty columns at the left.
    left: usize,
    /// Rows above the header that are titles.
    titles: usize,
    /// Whether there are two columns and two rows at least.
    table: bool,
}

impl Taking {
    pub fn new(gathering: Gathering, header: Option<bool>, only_tables: bool) -> Self {
        let (head, beside, without_results) = Default::default();
        Self { gathering, header, only_tables, head, bytes: 0, layout: None, beside, without_results }
    }

    /// Takes the next row, and breaks off where the sheet is no table and one is looked for.
    ///
    /// # Errors
    ///
    /// Too many rows or cells, or more than there is room for.
    pub fn add(&mut self, number: u64, cells: &[String]) -> Result<ControlFlow<()>> {
        if self.layout.is_some() {
            self.push(number, cells)?;
        } else {
            self.bytes += cells.iter().map(String::len).sum::<usize>();
            self.head.push((number, cells.to_vec()));
            if self.head.len() == SAMPLE_ROWS || self.bytes > SAMPLE_BYTES {
                self.settle()?;
            }
        }
        let no_table = self.only_tables && self.layout.as_ref().is_some_and(|layout| !layout.table);
        Ok(if no_table { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Tells by the first rows where the table is, unless that is told already, and takes them.
    ///
    /// # Errors
    ///
    /// As [`Self::add`].
    pub fn settle(&mut self) -> Result<()> {
        if self.layout.is_some() {
            return Ok(());
        }
        let head = std::mem::take(&mut self.head);
        let layout = Layout::of(&head, self.header);
        let above = layout.titles + usize::from(layout.header);
        self.layout = Some(layout);
        head.iter().skip(above).try_for_each(|(number, cells)| self.push(*number, cells))
    }

    /// Whether there are two columns and two rows at least.
    pub fn is_table(&self) -> bool {
        self.layout.as_ref().is_some_and(|layout| layout.table)
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.layout.as_ref().is_none_or(|layout| layout.columns.is_empty())
    }

    fn push(&mut self, number: u64, cells: &[String]) -> Result<()> {
        let Some(Layout { columns, left, .. }) = &self.layout else { return Ok(()) };
        let end = left + columns.len();
        let is_beside = |(column, cell): (usize, &String)| (column < *left || column >= end) && !cell.trim().is_empty();
        if cells.iter().enumerate().any(is_beside) {
            self.beside.add(number);
        }
        let row = &cells[cells.len().min(*left)..cells.len().min(end)];
        // A row with cells beside the table alone is none of it.
        if row.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        self.gathering.push(number, row.iter().map(String::as_str))
    }

    /// The rows; in words where they stand, `from column 2, 1 line skipped, header`; and whether there is a header.
    pub fn finish(self) -> (Rows, String, bool) {
        let Layout { columns, header, left, titles, .. } = self.layout.unwrap_or_else(|| Layout::of(&[], None));
        let mut notes: Vec<String> = title_note("row", titles).into_iter().collect();
        if !self.beside.is_empty() {
            notes.push(self.beside.sentence(
                "has cells beside the columns with names; these are passed over",
                "have cells beside the columns with names; these are passed over",
            ));
        }
        if !self.without_results.is_empty() {
            notes.push(self.without_results.sentence(
                "has a formula without a result, which is taken as empty; open the file in Excel and save it, so that it has one",
                "have formulas without results, which are taken as empty; open the file in Excel and save it, so that it has them",
            ));
        }
        let from = if left > 0 { format!("from column {}, ", left + 1) } else { String::new() };
        let layout = format!("{from}{}{}", skipped(titles), if header { "header" } else { "no header" });
        (Rows { columns, gathering: self.gathering, notes }, layout, header)
    }
}

impl Layout {
    /// By the first rows of a sheet, or all of them, and whether one of them is known to name the columns.
    fn of(rows: &[(u64, Vec<String>)], header: Option<bool>) -> Self {
        let rows: Vec<&[String]> = rows.iter().map(|(_, cells)| cells.as_slice()).collect();
        let titles = titles(&rows);
        let rows = &rows[titles..];
        let filled = |cells: &&[String]| cells.iter().position(|cell| !cell.trim().is_empty());
        let left = rows.iter().filter_map(filled).min().unwrap_or(0);
        let rows: Vec<Vec<String>> = rows.iter().map(|cells| cells[cells.len().min(left)..].to_vec()).collect();
        let header = header.unwrap_or_else(|| has_header(&rows));
        let named =
            if header { rows.first().map_or(0, Vec::len) } else { rows.iter().map(Vec::len).max().unwrap_or(0) };
        let table = named > 1 && rows.len() > 1;
        let columns = match rows.into_iter().next() {
            Some(names) if header => names,
            _ => vec![String::new(); named],
        };
        Self { columns, header, left, titles, table }
    }
}

/// How many of the first rows are titles: those with a single cell above the first one with more, as most below it have.
fn titles(rows: &[&[String]]) -> usize {
    let first = rows.iter().take(MOST_TITLES + 1).position(|row| !is_title(row)).unwrap_or(0);
    let (above, below) = rows.split_at(first);
    let wide = below.iter().filter(|row| !is_title(row)).count();
    let named = above.iter().copied().flatten().any(|cell| words::is_known_name(cell));
    if named || wide * 2 < below.len() { 0 } else { first }
}
