//! Whether a column holds dates, which are no classes, however often they recur.

use crate::data::table::Table;

/// Cells that are looked at.
const SAMPLE: usize = 100;

/// Whether all cells that are not empty are dates, with or without a time: `2024-05-01`, `1.5.2024 12:30`, `5/1/24`.
pub(super) fn are_dates(table: &Table, column: usize) -> bool {
    let cells = (0..table.rows()).map(|row| table.cell(row, column).trim()).filter(|cell| !cell.is_empty());
    let mut cells = cells.take(SAMPLE).peekable();
    cells.peek().is_some() && cells.all(is_date)
}

fn is_date(cell: &str) -> bool {
    let (date, time) = cell.split_once(['T', ' ']).unwrap_or((cell, ""));
    ['-', '.', '/'].iter().any(|mark| is_day(&date.split(*mark).collect::<Vec<_>>())) && is_time(time)
}

/// Year, month and day, or the year last; one of two digits only beside days and months of two.
fn is_day(parts: &[&str]) -> bool {
    let number = |part: &str, digits: usize| -> Option<u32> { part.parse().ok().filter(|_| part.len() == digits) };
    let small = |part: &str| number(part, 1).or_else(|| number(part, 2)).is_some_and(|day| (1..=31).contains(&day));
    let year = |part: &str| number(part, 4).is_some_and(|year| (1000..3000).contains(&year));
    match parts {
        [first, second, third] => {
            let short = [first, second, third].iter().all(|part| number(part, 2).is_some());
            small(second) && ((year(first) && small(third)) || (small(first) && (year(third) || short)))
        }
        _ => false,
    }
}

fn is_time(time: &str) -> bool {
    let known = |letter: char| letter.is_ascii_digit() || ":.+- ZAPMTU".contains(letter);
    time.is_empty() || (time.contains(':') && time.to_uppercase().chars().all(known))
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_told_from_other_numbers_with_marks() {
        for date in [
            "2024-05-01",
            "2024/5/1",
            "01.05.2024",
            "1.5.2024 12:30",
            "5/31/2024",
            "12/31/99",
            "2024-05-01T12:30:00Z",
            "2024-05-01 12:30:00.25+02:00",
            "1/5/2024 1:30 pm",
        ] {
            assert!(is_date(date), "{date}");
        }
        for other in ["1.2.3", "1.250.000", "2024", "12.5", "2024-05", "2024-05-01 done", "192.168.1.1", "a-b-c", ""] {
            assert!(!is_date(other), "{other}");
        }
    }
}
