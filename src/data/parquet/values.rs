//! Values of a column, as Parquet keeps them → values of JSON, as the other formats have them.

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use ::parquet::schema::types::ColumnDescriptor;
use half::f16;
use serde_json::{Number, Value};

use super::stored::{Stored, Values};
use crate::data::calendar::{clock, date};

/// Nanoseconds of a second, and seconds of a day.
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// Most digits behind the point of a decimal number, and most bytes of it.
const MAX_SCALE: i32 = 38;
const DECIMAL_BYTES: usize = 16;

/// What values stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// What they are: numbers, or yes and no.
    Plain,
    /// Numbers without a sign, of which these bits count.
    Unsigned(u64),
    Text,
    /// Days since 1970-01-01.
    Date,
    /// So many in a second since midnight, or since 1970-01-01.
    Time(i64),
    Moment(i64),
    /// A number without its point, and the digits behind that.
    Decimal(usize),
    /// A number of 16 bits.
    Half,
}

impl Kind {
    /// What a column's values stand for; none if no text is to be made of them.
    pub fn of(column: &ColumnDescriptor) -> Option<Self> {
        let physical = column.physical_type();
        let converted = column.converted_type();
        let logical = column.logical_type_ref();
        if physical == Type::FIXED_LEN_BYTE_ARRAY && column.type_length() < 1 {
            return None;
        }
        let decimal = |scale: i32| (0..=MAX_SCALE).contains(&scale).then_some(Self::Decimal(scale as usize));
        if let Some(LogicalType::Decimal(decimals)) = logical {
            return decimal(decimals.scale);
        }
        if converted == ConvertedType::DECIMAL {
            return decimal(column.type_scale());
        }
        match (physical, logical) {
            (Type::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Enum | LogicalType::Json)) => Some(Self::Text),
            (Type::BYTE_ARRAY, None) => {
                matches!(converted, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON)
                    .then_some(Self::Text)
            }
            (Type::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Float16)) => Some(Self::Half),
            (Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, _) => None,
            (Type::INT96, _) => Some(Self::Moment(SECOND)),
            (_, Some(LogicalType::Date)) => Some(Self::Date),
            (_, Some(LogicalType::Time(time))) => parts(time.unit).map(Self::Time),
            (_, Some(LogicalType::Timestamp(time))) => parts(time.unit).map(Self::Moment),
            (_, Some(LogicalType::Integer(number))) if !number.is_signed => Some(Self::unsigned(physical)),
            (_, Some(_)) => Some(Self::Plain),
            (_, None) => Some(Self::converted(converted, physical)),
        }
    }

    /// By the older of the two ways to say so.
    fn converted(converted: ConvertedType, physical: Type) -> Self {
        match converted {
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIME_MILLIS => Self::Time(1000),
            ConvertedType::TIME_MICROS => Self::Time(1_000_000),
            ConvertedType::TIMESTAMP_MILLIS => Self::Moment(1000),
            ConvertedType::TIMESTAMP_MICROS => Self::Moment(1_000_000),
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
                Self::unsigned(physical)
            }
            _ => Self::Plain,
        }
    }

    fn unsigned(physical: Type) -> Self {
        Self::Unsigned(if physical == Type::INT32 { u32::MAX.into() } else { u64::MAX })
    }

    /// A whole number.
    fn whole(self, number: i64) -> Value {
        match self {
            Self::Date => date(number).into(),
            Self::Time(parts) => moment(number, parts, false).into(),
            Self::Moment(parts) => moment(number, parts, true).into(),
            Self::Decimal(scale) => decimal(number.into(), scale).into(),
            Self::Unsigned(mask) => (number.cast_unsigned() & mask).into(),
            Self::Plain | Self::Text | Self::Half => number.into(),
        }
    }

    fn bytes(self, bytes: &[u8]) -> Result<Value, &'static str> {
        match self {
            Self::Text => Ok(std::str::from_utf8(bytes).map_err(|_| "is not in UTF-8")?.into()),
            Self::Half => {
                let bits = bytes.try_into().map_err(|_| "has not 2 bytes")?;
                Ok(short(f16::from_le_bytes(bits).into()))
            }
            Self::Decimal(scale) => {
                let negative = bytes.first().is_some_and(|first| *first > 127);
                let mut wide = [if negative { 255 } else { 0 }; DECIMAL_BYTES];
                let from = DECIMAL_BYTES.checked_sub(bytes.len()).ok_or("has more than 38 digits")?;
                wide[from..].copy_from_slice(bytes);
                Ok(decimal(i128::from_be_bytes(wide), scale).into())
            }
            _ => Err("is no text"),
        }
    }
}

/// One of the values of a page, as JSON has it; what is no number is missing. None if the page has fewer.
///
/// # Errors
///
/// What is wrong with the value.
pub(super) fn value(values: &Values, place: usize, kind: Kind) -> Option<Result<Value, &'static str>> {
    let (stored, place) = match values {
        Values::Plain(stored) => (stored, place),
        Values::Listed(places, dictionary) => (&**dictionary, *places.get(place)? as usize),
    };
    Some(match stored {
        Stored::Bool(values) => Ok((*values.get(place)?).into()),
        Stored::Int(values) => Ok(kind.whole(*values.get(place)?)),
        Stored::Float(values) => Ok(short(*values.get(place)?)),
        Stored::Double(values) => Ok(Number::from_f64(*values.get(place)?).into()),
        Stored::Bytes(bytes, places) => {
            let (start, end) = *places.get(place)?;
            kind.bytes(bytes.get(start as usize..end as usize)?)
        }
    })
}

/// A number with as few digits as tell it from others of its 32 bits: 0.1 and not 0.10000000149.
fn short(number: f32) -> Value {
    let digits = number.to_string().parse::<f64>();
    digits.ok().and_then(Number::from_f64).into()
}

fn parts(unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::MILLIS => Some(1000),
        TimeUnit::MICROS => Some(1_000_000),
        TimeUnit::NANOS => Some(SECOND),
    }
}

/// `2024-01-31 14:30:00`, or without the date; with microseconds where there are some, and without a time at midnight.
fn moment(number: i64, parts: i64, with_date: bool) -> String {
    let (seconds, part) = (number.div_euclid(parts), number.rem_euclid(parts));
    let micros = part * (SECOND / parts) / 1000;
    let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let after = if micros > 0 { format!(".{micros:06}") } else { String::new() };
    match (with_date, second, micros) {
        (true, 0, 0) => date(day),
        (true, ..) => format!("{} {}{after}", date(day), clock(second)),
        (false, ..) => format!("{}{after}", clock(second)),
    }
}

/// A whole number with its point: 1250 of scale 2 is `12.50`.
fn decimal(number: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, behind) = digits.split_at(digits.len() - scale);
    let sign = if number < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{behind}") }
}
