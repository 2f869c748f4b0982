//! What a workbook says that it has: its sheets, and where they, their texts and their styles are.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::package::Package;
use super::xml::{self, Element, Node};
use crate::error::{Error, Result};

/// Most sheets of a workbook.
const MAX_SHEETS: usize = 1000;

/// Most relations of a part to others: a sheet takes one.
const MAX_RELATIONS: usize = 2 * MAX_SHEETS;

/// A sheet of cells.
#[derive(Debug)]
pub(super) struct Tab {
    pub name: String,
    /// The part that it is in.
    pub part: String,
    pub hidden: bool,
}

/// A workbook's table of contents.
#[derive(Debug)]
pub(super) struct Contents {
    /// Sheets of cells in the order of their tabs.
    pub tabs: Vec<Tab>,
    /// Whether days are counted from 1904 on, not from 1900.
    pub from_1904: bool,
    /// The parts with the texts of cells and with their styles, if there are any.
    pub strings: Option<String>,
    pub styles: Option<String>,
}

/// Where a part leads to.
#[derive(Debug)]
struct Relation {
    /// The last word of its type, such as `worksheet`.
    kind: String,
    part: String,
}

impl Contents {
    /// What the package's workbook has.
    ///
    /// # Errors
    ///
    /// An archive that is no workbook; damaged XML; too many sheets.
    pub fn read(package: &mut Package) -> Result<Self> {
        let root = relations(package, "", "_rels/.rels")?;
        let book = root.into_values().find(|relation| relation.kind == "officeDocument").map(|relation| relation.part);
        let book = book.unwrap_or_else(|| "xl/workbook.xml".to_owned());
        let (folder, file) = book.rsplit_once('/').unwrap_or(("", &book));
        // A document of Word or a presentation has its own there.
        if !file.to_lowercase().ends_with(".xml")
            || !(folder.eq_ignore_ascii_case("xl") || package.has("xl/workbook.xml"))
        {
            return Err(package.refusal());
        }
        let related = relations(package, folder, &format!("{folder}/_rels/{file}.rels"))?;
        let Some(xml) = package.part(&book)? else { return Err(package.refusal()) };
        let (mut tabs, mut from_1904) = (Vec::new(), false);
        xml::walk(xml, &book, |node| {
            let Node::Start(element) = node else { return Ok(ControlFlow::Continue(())) };
            match element.name() {
                "workbookPr" => from_1904 = element.is("date1904", false),
                "sheet" if tabs.len() == MAX_SHEETS => {
                    return Err(Error::table(format!(
                        "The workbook has more than {MAX_SHEETS} sheets. Save the one that is needed as CSV."
                    )));
                }
                "sheet" => tabs.extend(tab(&element, &related)),
                _ => {}
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let part = |kind: &str| related.values().find(|one| one.kind == kind).map(|one| one.part.clone());
        Ok(Self { tabs, from_1904, strings: part("sharedStrings"), styles: part("styles") })
    }
}

/// A sheet of the list, unless it has no cells, as a chart has none.
fn tab(element: &Element, related: &HashMap<String, Relation>) -> Option<Tab> {
    let relation = related.get(&*element.attribute("id")?).filter(|relation| relation.kind == "worksheet")?;
    let name = element.attribute("name").unwrap_or_default().into_owned();
    let hidden = element.attribute("state").is_some_and(|state| state != "visible");
    Some(Tab { name, part: relation.part.clone(), hidden })
}

/// The relations that a part of the package lists for a file in a folder, by their ids; none where it is not there.
fn relations(package: &mut Package, folder: &str, part: &str) -> Result<HashMap<String, Relation>> {
    let mut relations = HashMap::new();
    let Some(xml) = package.part(part)? else { return Ok(relations) };
    xml::walk(xml, part, |node| {
        let Node::Start(element) = node else { return Ok(ControlFlow::Continue(())) };
        let attribute = |name| element.attribute(name).unwrap_or_default();
        if element.name() == "Relationship" && relations.len() < MAX_RELATIONS {
            let kind = attribute("Type").rsplit('/').next().unwrap_or_default().to_owned();
            let part = resolve(folder, &attribute("Target"));
            relations.insert(attribute("Id").into_owned(), Relation { kind, part });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(relations)
}

/// The name of a part, given from a folder or, with a slash, from the root.
fn resolve(folder: &str, target: &str) -> String {
    let from_root = target.starts_with('/');
    let mut path: Vec<&str> = if from_root { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_from_their_folder_or_from_the_root() {
        for (folder, target, part) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/styles.xml", "xl/styles.xml"),
            ("xl", "../docs/./a.xml", "docs/a.xml"),
            ("xl", "../../../a.xml", "a.xml"),
            ("", "xl/workbook.xml", "xl/workbook.xml"),
        ] {
            assert_eq!(resolve(folder, target), part);
        }
    }
}
