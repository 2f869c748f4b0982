//! A cell's XML → its text: numbers as they are, not as they are shown, but for dates and times.

use super::moment;
use super::strings::{Strings, TextOf, unescape};
use super::styles::Styles;
use super::xml::{Element, Node};
use crate::error::Result;

/// What cells refer to.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub strings: Strings,
    pub styles: Styles,
    /// Whether days are counted from 1904 on.
    pub from_1904: bool,
}

/// What a cell's value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    /// The number of a text that cells share.
    Shared,
    /// A text within the cell.
    Inline,
    /// 1 for true.
    Boolean,
    /// A formula's text, an error such as `#N/A`, or a date in ISO 8601.
    Text,
}

/// A cell as it is read.
#[derive(Debug)]
pub(super) struct Cell {
    kind: Kind,
    style: usize,
    /// What stands in the file.
    pub value: String,
    /// Whether what comes next is its value.
    pub reads: bool,
    formula: bool,
    inside: TextOf,
    inline: String,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            kind: Kind::Number,
            style: 0,
            value: String::new(),
            reads: false,
            formula: false,
            inside: TextOf::new("is"),
            inline: String::new(),
        }
    }
}

impl Cell {
    pub fn begin(&mut self, element: &Element) {
        self.kind = match element.attribute("t").as_deref() {
            Some("s") => Kind::Shared,
            Some("inlineStr") => Kind::Inline,
            Some("b") => Kind::Boolean,
            Some("str" | "e" | "d") => Kind::Text,
            _ => Kind::Number,
        };
        self.style = element.attribute("s").and_then(|style| style.parse().ok()).unwrap_or(0);
        self.value.clear();
        self.inline.clear();
        self.formula = false;
    }

    /// An element within the cell begins.
    pub fn enter(&mut self, element: &str) {
        self.reads |= element == "v";
        self.formula |= element == "f";
    }

    /// An element within the cell ends.
    pub fn leave(&mut self, element: &str) {
        self.reads &= element != "v";
    }

    /// Takes a piece of a text within the cell.
    ///
    /// # Errors
    ///
    /// A text over 1 MiB.
    pub fn add_inline(&mut self, node: Node) -> Result<()> {
        if let Some(text) = self.inside.add(node)? {
            self.inline = text;
        }
        Ok(())
    }

    /// Whether it has a formula and nobody has computed it yet: programs that write workbooks often do not.
    pub fn has_no_result(&self) -> bool {
        self.formula && self.kind != Kind::Text && self.value.is_empty()
    }

    /// Its text; `None` where it refers to one that is not there.
    pub fn text(&mut self, shared: &Shared) -> Option<String> {
        Some(match self.kind {
            Kind::Inline => std::mem::take(&mut self.inline),
            // A cell that is only coloured.
            _ if self.value.is_empty() => String::new(),
            Kind::Shared => shared.strings.get(self.value.trim().parse().ok()?)?.to_owned(),
            Kind::Boolean => if self.value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            Kind::Text => unescape(self.value.clone()),
            Kind::Number => self.number(shared),
        })
    }

    /// A number as the shortest one that is the same; dates and times as such.
    fn number(&self, shared: &Shared) -> String {
        let value = self.value.trim();
        let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            return value.to_owned();
        };
        let moment = moment::text(number, shared.styles.shown(self.style), shared.from_1904);
        let whole = value.bytes().all(|letter| letter.is_ascii_digit() || letter == b'-');
        moment.unwrap_or_else(|| if whole { value.to_owned() } else { number.to_string() })
    }
}
