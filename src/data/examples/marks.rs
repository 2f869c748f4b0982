//! The marks in the numbers of a column: which one stands before decimals, and whether another groups thousands.

use std::borrow::Cow;

use serde::Serialize;

/// How a column writes its numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Marks {
    /// With a decimal point and without groups: 1234.5.
    #[default]
    Plain,
    /// With a decimal point, and commas between thousands: 1,234.5.
    Grouped,
    /// With a decimal comma, and maybe points between thousands: 1.234,5.
    Comma,
}

/// What the marks of one number can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Meaning {
    /// There are none.
    None,
    /// The comma stands before decimals, or points group thousands: 3,5 or 1.234.567.
    Comma,
    /// Commas group thousands: 1,234.50 or 1,234,567.
    Groups,
    /// The point stands before decimals: 3.5.
    Point,
    /// The comma does one or the other: 1,234.
    CommaOrGroups,
    /// The same of a point: 1.234.
    PointOrGroups,
}

/// The marks of a column, and cells to show them by.
#[derive(Debug, Clone, Default)]
pub(in crate::data) struct Numbers {
    pub marks: Marks,
    /// A cell that tells the marks.
    shown: Option<String>,
    /// A cell whose point is taken to stand before decimals, though nothing in the column tells.
    doubtful: Option<String>,
}

impl Numbers {
    /// What the cells of a column tell together. Where they contradict each other it is plain numbers, so that those
    /// that are none are refused one by one.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let (mut comma, mut groups, mut group) = (None, None, None);
        let (mut point, mut bare) = (false, false);
        for cell in cells {
            match meaning(cell) {
                Some(Meaning::Comma) => drop(comma.get_or_insert(cell)),
                Some(Meaning::Groups) => drop(groups.get_or_insert(cell)),
                Some(Meaning::PointOrGroups) => drop(group.get_or_insert(cell)),
                Some(Meaning::Point) => point = true,
                Some(Meaning::None) => bare = true,
                Some(Meaning::CommaOrGroups) | None => {}
            }
        }
        let (marks, shown) = match (comma, groups) {
            (Some(comma), None) if !point => (Marks::Comma, Some(comma)),
            (None, Some(groups)) => (Marks::Grouped, Some(groups)),
            _ => (Marks::Plain, None),
        };
        // Had numbers three decimals by chance, some would have fewer; whole ones among them may be groups as well.
        let doubtful = group.filter(|_| marks == Marks::Plain && bare && !point);
        let own = |cell: &str| cell.trim().to_owned();
        Self { marks, shown: shown.map(own), doubtful: doubtful.map(own) }
    }

    /// What a user should know of how the numbers are read.
    pub fn note(&self) -> Option<String> {
        let value = |cell: &str| self.marks.number(cell).unwrap_or_default();
        match (self.marks, &self.shown, &self.doubtful) {
            (Marks::Comma, Some(cell), _) => {
                Some(format!("Numbers are read with a decimal comma: “{cell}” is {}.", value(cell)))
            }
            (Marks::Grouped, Some(cell), _) => {
                Some(format!("Numbers are read with commas between thousands: “{cell}” is {}.", value(cell)))
            }
            (_, _, Some(cell)) => Some(format!(
                "“{cell}” is read with a decimal point, as {}. If points stand between thousands here, remove them.",
                value(cell)
            )),
            _ => None,
        }
    }
}

impl Marks {
    /// The finite number in a cell.
    pub fn number(self, cell: &str) -> Option<f64> {
        self.plain(cell.trim())?.parse::<f64>().ok().filter(|number| number.is_finite())
    }

    /// A number with a decimal point and nothing else; `None` where its marks are not these. Without any it is as it was.
    fn plain(self, text: &str) -> Option<Cow<'_, str>> {
        if self == Self::Plain || !text.contains(['.', ',']) {
            return Some(text.into());
        }
        match (self, meaning(text)?) {
            (Self::Comma, Meaning::Comma | Meaning::CommaOrGroups | Meaning::PointOrGroups) => {
                Some(text.replace('.', "").replace(',', ".").into())
            }
            (Self::Grouped, Meaning::Groups | Meaning::CommaOrGroups) => Some(text.replace(',', "").into()),
            (Self::Grouped, Meaning::Point | Meaning::PointOrGroups) => Some(text.into()),
            _ => None,
        }
    }
}

/// What the marks of a number mean; `None` for what is no number.
pub(in crate::data) fn meaning(cell: &str) -> Option<Meaning> {
    let text = cell.trim();
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let (text, exponent) = text.split_once(['e', 'E']).map_or((text, "0"), |(text, exponent)| (text, exponent));
    if !all_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)) {
        return None;
    }
    let (before, after) = text.split_once(',').map_or((text, None), |(before, after)| (before, Some(after)));
    match after {
        None => of_points(text),
        Some(after) if all_digits(after) && (all_digits(before) || is_grouped(before, '.')) => {
            let either = after.len() == 3 && all_digits(before) && is_group(before);
            Some(if either { Meaning::CommaOrGroups } else { Meaning::Comma })
        }
        Some(_) => {
            let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
            (is_grouped(whole, ',') && all_digits(decimals)).then_some(Meaning::Groups)
        }
    }
}

/// The same without commas.
fn of_points(text: &str) -> Option<Meaning> {
    match text.split_once('.') {
        None => all_digits(text).then_some(Meaning::None),
        Some((whole, decimals)) if is_group(whole) && decimals.len() == 3 && all_digits(decimals) => {
            Some(Meaning::PointOrGroups)
        }
        Some(_) if is_grouped(text, '.') => Some(Meaning::Comma),
        Some((whole, decimals)) => {
            let digits = [whole, decimals].iter().all(|part| part.is_empty() || all_digits(part));
            (digits && text.len() > 1).then_some(Meaning::Point)
        }
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether these may be the first digits of a number in groups.
fn is_group(digits: &str) -> bool {
    digits.len() <= 3 && all_digits(digits) && !digits.starts_with('0')
}

/// Whether a whole number is in groups of three, at least two of them.
fn is_grouped(text: &str, mark: char) -> bool {
    let mut groups = text.split(mark);
    let first = groups.next().is_some_and(is_group);
    let mut rest = groups.peekable();
    first && rest.peek().is_some() && rest.all(|group| group.len() == 3 && all_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[&str]) -> Numbers {
        Numbers::of(cells.iter().copied())
    }

    #[test]
    fn marks_mean_what_only_they_can() {
        for (cells, meant) in [
            (["3,5", "0,125", "1234,567", "1.100,10", "1.234,567", "1.234.567", "-1,5E+03"].as_slice(), Meaning::Comma),
            (&["1,234.50", "1,234,567", "12,345,678.9", "+1,234.5"], Meaning::Groups),
            (&["3.5", "0.125", "1234.567", ".5", "5.", "1.5e-3"], Meaning::Point),
            (&["1,234", "999,000"], Meaning::CommaOrGroups),
            (&["1.234", "10.265"], Meaning::PointOrGroups),
            (&["3", "-17", "1e5"], Meaning::None),
        ] {
            for cell in cells {
                assert_eq!(meaning(cell), Some(meant), "{cell}");
            }
        }
        for none in
            ["", ".", ",5", "5,", "1,2,3", "1.2.3", "1,23.4", "3.x", "nan", "inf", "1 234", "1,000-5,000", "1e", "e"]
        {
            assert_eq!(meaning(none), None, "{none}");
        }
    }

    #[test]
    fn a_column_has_the_marks_that_all_its_cells_can_have() {
        for (cells, marks) in [
            (["1,4", "1,234", "2", "10.265", ""].as_slice(), Marks::Comma),
            (&["1.100,10", "nothing"], Marks::Comma),
            (&["1,234.5", "1,234", "7", "10.265", "0.5"], Marks::Grouped),
            (&["1,234,567"], Marks::Grouped),
            (&["1.5", "2,5"], Marks::Plain),
            (&["1,234.5", "2,5"], Marks::Plain),
            (&["1,234", "999"], Marks::Plain),
            (&["3", "0.5", "1.234"], Marks::Plain),
            (&[], Marks::Plain),
        ] {
            assert_eq!(of(cells).marks, marks, "{cells:?}");
        }
    }

    #[test]
    fn numbers_are_read_with_their_marks() {
        for (marks, cell, number) in [
            (Marks::Comma, " 3,5 ", 3.5),
            (Marks::Comma, "-1.234.567,25", -1_234_567.25),
            (Marks::Comma, "10.265", 10_265.0),
            (Marks::Comma, "1,5E+03", 1500.0),
            (Marks::Comma, "7", 7.0),
            (Marks::Grouped, "1,234,567.25", 1_234_567.25),
            (Marks::Grouped, "1,234", 1234.0),
            (Marks::Grouped, "10.265", 10.265),
            (Marks::Plain, "-1e-2", -0.01),
        ] {
            assert_eq!(marks.number(cell), Some(number), "{cell}");
        }
        for (marks, cell) in [
            (Marks::Comma, "3,5,1"),
            (Marks::Comma, "12.5"),
            (Marks::Grouped, "3,5"),
            (Marks::Plain, "3,5"),
            (Marks::Plain, "1e999"),
        ] {
            assert_eq!(marks.number(cell), None, "{cell}");
        }
    }

    #[test]
    fn what_is_read_otherwise_than_it_may_be_meant_is_told() {
        assert_eq!(of(&["3", "3,5"]).note().as_deref(), Some("Numbers are read with a decimal comma: “3,5” is 3.5."));
        let grouped = of(&["9,999", "1,234.5"]).note().expect("a note");
        assert!(grouped.contains("commas between thousands: “1,234.5” is 1234.5."), "{grouped}");
        assert!(of(&["863", "10.265"]).note().expect("a note").contains("“10.265” is read with a decimal point"));
        for told in [&["863", "10.265", "0.5"][..], &["1.234", "2.345"], &["1", "2.5"]] {
            assert_eq!(of(told).note(), None, "{told:?}");
        }
    }
}
