//! Which of a workbook's styles show a number as a date or a time.

use std::collections::HashSet;
use std::io::BufRead;
use std::ops::ControlFlow;

use super::xml::{self, Element, Node};
use crate::error::Result;

/// Most styles and formats that are looked at, the most that Excel has.
const MOST: usize = 65_536;

/// How numbers of a style are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As a number.
    Number,
    /// As a date, a time of day or both.
    Moment,
    /// As hours, minutes or seconds that count beyond a day.
    Duration,
}

/// How the numbers of each style are shown, by its place.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<Shown>);

impl Styles {
    /// The styles of a part.
    ///
    /// # Errors
    ///
    /// Damaged XML.
    pub fn read(part: impl BufRead, name: &str) -> Result<Self> {
        let (mut moments, mut durations, mut styles) = (HashSet::new(), HashSet::new(), Vec::new());
        let number = |element: &Element| element.attribute("numFmtId").and_then(|id| id.parse::<u32>().ok());
        let mut of_cells = false;
        xml::walk(part, name, |node| {
            match node {
                Node::Start(element) => match (element.name(), number(&element)) {
                    ("cellXfs", _) => of_cells = true,
                    ("numFmt", Some(id)) if moments.len() + durations.len() < MOST => {
                        match shown(&element.attribute("formatCode").unwrap_or_default()) {
                            Shown::Number => false,
                            Shown::Moment => moments.insert(id),
                            Shown::Duration => durations.insert(id),
                        };
                    }
                    // Those of cells alone: cells refer to no others.
                    ("xf", id) if of_cells && styles.len() < MOST => styles.push(match id {
                        Some(id) if durations.contains(&id) => Shown::Duration,
                        Some(id) if moments.contains(&id) => Shown::Moment,
                        Some(id) => built_in(id),
                        None => Shown::Number,
                    }),
                    _ => {}
                },
                Node::End("cellXfs") => return Ok(ControlFlow::Break(())),
                Node::End(_) | Node::Text(_) => {}
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Self(styles))
    }

    /// How a number of the style at this place is shown; of a style that is not there, as a number.
    pub fn shown(&self, style: usize) -> Shown {
        self.0.get(style).copied().unwrap_or(Shown::Number)
    }
}

/// The formats that have no code in the file (ECMA-376, part 1, 18.8.30).
fn built_in(id: u32) -> Shown {
    match id {
        14..=22 | 45 | 47 => Shown::Moment,
        46 => Shown::Duration,
        _ => Shown::Number,
    }
}

/// What a format's code shows: letters of dates and times outside of quotes and brackets, up to the first semicolon;
/// hours, minutes or seconds in brackets count beyond a day.
fn shown(code: &str) -> Shown {
    let mut letters = code.chars();
    let mut found = Shown::Number;
    while let Some(letter) = letters.next() {
        match letter {
            ';' => break,
            '"' => while letters.next().is_some_and(|letter| letter != '"') {},
            // The next one is shown as it is, or as wide as it is.
            '\\' | '_' | '*' => drop(letters.next()),
            '[' => {
                let inside: String = letters.by_ref().take_while(|&letter| letter != ']').collect();
                if matches!(inside.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    return Shown::Duration;
                }
            }
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => found = Shown::Moment,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_dates_are_told_from_those_of_numbers() {
        for (code, expected) in [
            ("General", Shown::Number),
            ("0.00%", Shown::Number),
            ("#,##0\" days\"", Shown::Number),
            ("0\\d", Shown::Number),
            ("[Red]0;yyyy", Shown::Number),
            ("0_y", Shown::Number),
            ("_-* #,##0.00\\ [$€-407]_-", Shown::Number),
            ("yyyy\\-mm\\-dd", Shown::Moment),
            ("[$-407]d. mmmm yyyy;@", Shown::Moment),
            ("h:mm AM/PM", Shown::Moment),
            ("[h]:mm:ss", Shown::Duration),
            ("[Red", Shown::Number),
            ("\"open", Shown::Number),
        ] {
            assert_eq!(shown(code), expected, "{code}");
        }
    }

    #[test]
    fn styles_of_cells_alone_are_counted() {
        let xml = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\"/><numFmt numFmtId=\"165\" formatCode=\"[h]\"/>\
                   <numFmt numFmtId=\"14\" formatCode=\"0\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
                   <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"22\"/><xf/></cellXfs></styleSheet>";
        let styles = Styles::read(xml.as_bytes(), "styles").unwrap();
        let shown: Vec<_> = (0..6).map(|place| styles.shown(place)).collect();
        use Shown::{Duration, Moment, Number};
        assert_eq!(shown, [Number, Moment, Duration, Moment, Number, Number]);
    }
}
