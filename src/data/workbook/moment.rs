//! Dates and times, which workbooks keep as days since the beginning of the century before last.

use super::styles::Shown;
use crate::data::calendar::{clock, date};

/// 9999-12-31, the last day that Excel shows.
const LAST_DAY: f64 = 2_958_466.0;

/// From 1970-01-01 back to the day that counts as 0; before 1900-03-01 one day less, since Excel has a 1900-02-29.
const DAYS_TO_1970: i64 = 25_569;

/// From the day that counts as 0 to 1904-01-01, from which some workbooks count.
const DAYS_TO_1904: f64 = 1462.0;

/// A number of days as text: `2024-01-31`, `2024-01-31 14:30:00`, or `14:30:00` for a share of a day or a duration; `None`
/// for what is no date.
pub(super) fn text(days: f64, shown: Shown, from_1904: bool) -> Option<String> {
    // Not a number is not below either.
    if shown == Shown::Number || !(0.0..LAST_DAY).contains(&days) {
        return None;
    }
    let time_only = shown == Shown::Duration || days < 1.0;
    let days = if from_1904 && !time_only { days + DAYS_TO_1904 } else { days };
    let seconds = (days * 86_400.0).round() as i64;
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    if time_only {
        return Some(clock(seconds));
    }
    let date = date(day - DAYS_TO_1970 + i64::from(day < 60));
    Some(if second == 0 { date } else { format!("{date} {}", clock(second)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_and_shares_of_days_times() {
        let moment = |days| text(days, Shown::Moment, false);
        for (days, expected) in [
            (1.0, "1900-01-01"),
            (59.0, "1900-02-28"),
            (61.0, "1900-03-01"),
            (45_322.0, "2024-01-31"),
            (45_351.0, "2024-02-29"),
            (45_322.604_166_666_664, "2024-01-31 14:30:00"),
            (36_526.0, "2000-01-01"),
            (2_958_465.0, "9999-12-31"),
            (0.604_166_666_666_666_6, "14:30:00"),
            (45_321.999_999_9, "2024-01-31"),
        ] {
            assert_eq!(moment(days).as_deref(), Some(expected), "{days}");
        }
        for none in [-1.0, 2_958_466.0, f64::NAN, f64::INFINITY] {
            assert_eq!(moment(none), None, "{none}");
        }
    }

    #[test]
    fn some_count_from_1904_and_some_beyond_a_day() {
        assert_eq!(text(43_860.0, Shown::Moment, true).as_deref(), Some("2024-01-31"));
        assert_eq!(text(1.0, Shown::Moment, true).as_deref(), Some("1904-01-02"));
        assert_eq!(text(1.5, Shown::Duration, false).as_deref(), Some("36:00:00"));
        assert_eq!(text(45_322.0, Shown::Number, false), None);
    }
}
