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
use super::examples::shorten;
use super::format::Format;
use super::table::{Rows, Worksheets};
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

/// The rows of the sheet called `wanted`, or of the one that is read if none is named; the format in words, such as
/// `Excel, sheet 1 of 3, header`; and which sheets there are.
///
/// # Errors
///
/// Archives that are no workbook, workbooks that are damaged, locked or empty, a sheet that is not there, and one that takes
/// more than `room` bytes or breaks the rules of tables, by its row.
pub(super) fn read(bytes: &[u8], room: usize, wanted: Option<&str>) -> Result<(Rows, String, Worksheets)> {
    let room = room.min(ROOM);
    let package = &mut Package::open(bytes)?;
    let contents = Contents::read(package)?;
    let shared = shared(package, &contents, room / STRINGS)?;
    let room = room - shared.strings.bytes();
    if let Some(wanted) = wanted {
        return alone(package, &contents.tabs, find(&contents.tabs, wanted)?, &shared, room);
    }
    let mut small = None;
    for (place, tab) in contents.tabs.iter().enumerate() {
        if tab.hidden {
            continue;
        }
        let Some(taking) = take(package, tab, &shared, room, true)? else { continue };
        if taking.is_table() {
            return taken(taking, &contents.tabs, place);
        }
        small = small.or((!taking.is_empty()).then_some(place));
    }
    let Some(place) = small else {
        return Err(Error::table("The workbook has no sheet with cells. Put the table on its first sheet."));
    };
    alone(package, &contents.tabs, place, &shared, room)
}

/// The place of the sheet of this name.
fn find(tabs: &[Tab], wanted: &str) -> Result<usize> {
    tabs.iter().position(|tab| tab.name == wanted).ok_or_else(|| {
        let all = named(tabs.iter());
        Error::table(format!("The workbook has no sheet “{}”; choose one of {all}.", shorten(wanted)))
    })
}

/// The sheet at a place, table or not.
fn alone(
    package: &mut Package,
    tabs: &[Tab],
    place: usize,
    shared: &Shared,
    room: usize,
) -> Result<(Rows, String, Worksheets)> {
    match take(package, &tabs[place], shared, room, false)? {
        Some(taking) if taking.is_empty() => {
            Err(Error::table(format!("The sheet “{}” is empty. Choose another one.", shorten(&tabs[place].name))))
        }
        Some(taking) => taken(taking, tabs, place),
        None => Err(damaged(&tabs[place].part, &"it is missing")),
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

/// The rows of a sheet, if it is there; with `only_tables` a sheet that is none is left once that is clear.
fn take(package: &mut Package, tab: &Tab, shared: &Shared, room: usize, only_tables: bool) -> Result<Option<Taking>> {
    let Some(part) = package.part(&tab.part)? else { return Ok(None) };
    let mut taking = Taking::new(Gathering::within(room), only_tables);
    taking.without_results = sheet::rows(part, &tab.part, shared, |number, cells| taking.add(number, cells))?;
    taking.settle()?;
    Ok(Some(taking))
}

/// What was taken of the sheet at `place`, with a note on the others.
fn taken(taking: Taking, tabs: &[Tab], place: usize) -> Result<(Rows, String, Worksheets)> {
    let (mut rows, layout) = taking.finish();
    let of = if tabs.len() > 1 { format!(" of {}", tabs.len()) } else { String::new() };
    if tabs.len() > 1 {
        let others = tabs.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, tab)| tab);
        rows.notes.insert(
            0,
            format!(
                "Of the workbook’s {} sheets “{}” is read, not {}.",
                tabs.len(),
                shorten(&tabs[place].name),
                named(others)
            ),
        );
    }
    let worksheets = Worksheets { names: tabs.iter().map(|tab| tab.name.clone()).collect(), at: place };
    Ok((rows, format!("{}, sheet {}{of}, {layout}", Format::Workbook.words(""), place + 1), worksheets))
}

/// A workbook that cannot be read.
fn damaged(part: &str, why: &dyn Display) -> Error {
    Error::table(format!(
        "The Excel workbook is damaged, in {}: {why}. Open it in Excel and save it again, or save the sheet as CSV.",
        shorten(part)
    ))
}
