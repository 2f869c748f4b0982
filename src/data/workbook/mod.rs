//! Excel workbooks (Office Open XML, ECMA-376): one sheet as rows of text.
//!
//! Where none is named, it is the first that is not hidden and has a table, two columns and two rows at least; else the
//! first that is not empty. Memory is taken for what a file holds, never for what it says that it holds.

mod cell;
mod contents;
mod moment;
mod package;
mod sheet;
mod strings;
mod styles;
mod taking;
mod xml;

use std::fmt::Display;

use self::cell::Shared;
use self::contents::{Contents, Tab};
use self::package::Package;
use self::strings::Strings;
use self::styles::Styles;
use self::taking::Taking;
use super::cells::Gathering;
use super::dialect::Dialect;
use super::examples::shorten;
use super::format::Format;
use super::table::Rows;
use crate::error::{Error, Result};

/// Bytes of memory that a workbook may take, 16 GiB where there are so many: cells that share a long text cost a file next to
/// nothing.
const ROOM: usize = if cfg!(target_pointer_width = "64") { (1_u64 << 34) as usize } else { 1 << 31 };

/// Share of it for the texts that cells refer to, which grow by doubling.
const STRINGS: usize = 4;

/// Worksheets that are named in a note or a mistake.
const NAMED: usize = 5;

/// Whether a file is a zip archive, as workbooks are.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
}

/// What was read of a workbook.
pub(super) struct Book {
    pub rows: Rows,
    /// The format in words, such as `Excel, sheet 1 of 3, header`.
    pub words: String,
    /// The names of its sheets.
    pub worksheets: Vec<String>,
    /// Which of them was read, and whether it has a header.
    pub dialect: Dialect,
}

/// The rows of the sheet that is named, or of the one that is read if none is.
///
/// # Errors
///
/// Archives that are no workbook, workbooks that are damaged, locked or empty, a sheet that is not there, and one that takes
/// more than `room` bytes or breaks the rules of tables, by its row.
pub(super) fn read(bytes: &[u8], room: usize, known: &Dialect) -> Result<Book> {
    let room = room.min(ROOM);
    let mut package = Package::open(bytes)?;
    let contents = Contents::read(&mut package)?;
    let shared = shared(&mut package, &contents, room / STRINGS)?;
    let room = room - shared.strings.bytes();
    let mut sheets = Sheets { package, tabs: contents.tabs, shared, room, header: known.header };
    if let Some(wanted) = &known.worksheet {
        let place = sheets.find(wanted)?;
        return sheets.alone(place);
    }
    let mut small = None;
    for place in 0..sheets.tabs.len() {
        if sheets.tabs[place].hidden {
            continue;
        }
        let Some(taking) = sheets.take(place, true)? else { continue };
        if taking.is_table() {
            return Ok(sheets.taken(taking, place));
        }
        small = small.or((!taking.is_empty()).then_some(place));
    }
    let Some(place) = small else {
        return Err(Error::table("The workbook has no sheet with cells. Put the table on its first sheet."));
    };
    sheets.alone(place)
}

/// The sheets of a workbook, and what is needed to read one.
struct Sheets<'a> {
    package: Package<'a>,
    tabs: Vec<Tab>,
    shared: Shared,
    room: usize,
    /// Whether the first row names the columns, where that is known.
    header: Option<bool>,
}

impl Sheets<'_> {
    /// The place of the sheet of this name.
    fn find(&self, wanted: &str) -> Result<usize> {
        self.tabs.iter().position(|tab| tab.name == wanted).ok_or_else(|| {
            let all = named(self.tabs.iter());
            Error::table(format!("The workbook has no sheet “{}”; choose one of {all}.", shorten(wanted)))
        })
    }

    /// The sheet at a place, table or not.
    fn alone(&mut self, place: usize) -> Result<Book> {
        match self.take(place, false)? {
            Some(taking) if taking.is_empty() => {
                let name = shorten(&self.tabs[place].name);
                Err(Error::table(format!("The sheet “{name}” is empty. Choose another one.")))
            }
            Some(taking) => Ok(self.taken(taking, place)),
            None => Err(damaged(&self.tabs[place].part, &"it is missing")),
        }
    }

    /// The rows of a sheet, if it is there; with `only_tables` a sheet that is none is left once that is clear.
    fn take(&mut self, place: usize, only_tables: bool) -> Result<Option<Taking>> {
        let name = &self.tabs[place].part;
        let Some(part) = self.package.part(name)? else { return Ok(None) };
        let mut taking = Taking::new(Gathering::within(self.room), self.header, only_tables);
        taking.without_results = sheet::rows(part, name, &self.shared, |number, cells| taking.add(number, cells))?;
        taking.settle()?;
        Ok(Some(taking))
    }

    /// What was taken of the sheet at `place`, with a note on the others.
    fn taken(&self, taking: Taking, place: usize) -> Book {
        let tabs = &self.tabs;
        let (mut rows, layout, header) = taking.finish();
        let of = if tabs.len() > 1 { format!(" of {}", tabs.len()) } else { String::new() };
        if tabs.len() > 1 {
            let others = tabs.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, tab)| tab);
            let note = format!(
                "Of the workbook’s {} sheets “{}” is read, not {}.",
                tabs.len(),
                shorten(&tabs[place].name),
                named(others)
            );
            rows.notes.insert(0, note);
        }
        Book {
            rows,
            words: format!("{}, sheet {}{of}, {layout}", Format::Workbook.words(""), place + 1),
            worksheets: tabs.iter().map(|tab| tab.name.clone()).collect(),
            dialect: Dialect { worksheet: Some(tabs[place].name.clone()), header: Some(header), ..Dialect::default() },
        }
    }
}

/// The names of the first few sheets, and whether there are more.
fn named<'a>(tabs: impl Iterator<Item = &'a Tab>) -> String {
    let mut names: Vec<String> = tabs.take(NAMED + 1).map(|tab| format!("“{}”", shorten(&tab.name))).collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    names.truncate(NAMED);
    names.join(", ") + more
}

/// Texts and styles of all sheets.
fn shared(package: &mut Package, contents: &Contents, room: usize) -> Result<Shared> {
    let mut shared = Shared { from_1904: contents.from_1904, ..Shared::default() };
    if let Some(name) = &contents.strings
        && let Some(part) = package.part(name)?
    {
        shared.strings = Strings::read(part, name, room)?;
    }
    if let Some(name) = &contents.styles
        && let Some(part) = package.part(name)?
    {
        shared.styles = Styles::read(part, name)?;
    }
    Ok(shared)
}

/// A workbook that cannot be read.
fn damaged(part: &str, why: &dyn Display) -> Error {
    Error::table(format!(
        "The Excel workbook is damaged, in {}: {why}. Open it in Excel and save it again, or save the sheet as CSV.",
        shorten(part)
    ))
}
