//! The values of a page, by their type and their encoding (Parquet's `Encodings.md`).

use std::rc::Rc;

use ::parquet::basic::{Encoding, Type};
use ::parquet::errors::Result;
use bytes::Bytes;

use super::packed::{differences, runs};
use super::pages::{Data, MAX_PAGE, refused, short, too_large};
use super::reading::Reading;

/// 1970-01-01 as a Julian day, and the nanoseconds of a day.
const EPOCH: i64 = 2_440_588;
const DAY: i64 = 86_400_000_000_000;

/// Values of one type.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    Bool(Vec<bool>),
    /// Those of 32 bits, too.
    Int(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    /// Where each begins and ends.
    Bytes(Bytes, Vec<(u32, u32)>),
}

/// The values of a page that are there.
#[derive(Debug)]
pub(super) enum Values {
    Plain(Stored),
    /// The places of each in a dictionary.
    Listed(Vec<u32>, Rc<Stored>),
}

/// How values of a column are stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub kind: Type,
    /// Bytes of those that have as many each.
    pub length: usize,
}

impl Stored {
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Bytes(_, places) => places.len(),
        }
    }
}

impl Values {
    /// The values of a page: so many, without those that are missing.
    ///
    /// # Errors
    ///
    /// Bytes that are fewer than it takes, and encodings that are not known.
    #[allow(deprecated)] // PLAIN_DICTIONARY: the name that it had before; many writers still use it.
    pub fn of(page: &Data, count: usize, shape: Shape, dictionary: Option<&Rc<Stored>>) -> Result<Self> {
        let bytes = &page.values;
        let short = |stored: Option<Stored>| stored.map(Self::Plain).ok_or_else(short);
        match (page.encoding, shape.kind) {
            (Encoding::PLAIN, _) => short(shape.plain(bytes, count)),
            (Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY, _) => {
                let dictionary =
                    dictionary.ok_or_else(|| refused("its values refer to a dictionary, and there is none"))?;
                listed(bytes, count, dictionary)
            }
            (Encoding::RLE, Type::BOOLEAN) => {
                let bits = Reading(bytes).counted().and_then(|bytes| runs(bytes, 1, count));
                short(bits.map(|bits| Stored::Bool(bits.into_iter().map(|bit| bit == 1).collect())))
            }
            (Encoding::DELTA_BINARY_PACKED, Type::INT32 | Type::INT64) => {
                let numbers = differences(&mut Reading(bytes), count).filter(|numbers| numbers.len() == count);
                let wide = shape.kind == Type::INT64;
                let fit = |number: i64| if wide { number } else { i64::from(number as i32) };
                short(numbers.map(|numbers| Stored::Int(numbers.into_iter().map(fit).collect())))
            }
            (Encoding::DELTA_LENGTH_BYTE_ARRAY, Type::BYTE_ARRAY) => short(lengths(bytes, count)),
            (Encoding::DELTA_BYTE_ARRAY, Type::BYTE_ARRAY) => beginnings(bytes, count).map(Self::Plain),
            (Encoding::BYTE_STREAM_SPLIT, _) => {
                let whole = shape.width().and_then(|width| together(bytes, width, count));
                short(whole.and_then(|whole| shape.plain(&whole, count)))
            }
            (other, _) => Err(refused(&format!("its values are encoded as {other}; write it with plain values"))),
        }
    }
}

impl Shape {
    /// Bytes of a value, where all have as many.
    fn width(self) -> Option<usize> {
        match self.kind {
            Type::INT32 | Type::FLOAT => Some(4),
            Type::INT64 | Type::DOUBLE => Some(8),
            Type::INT96 => Some(12),
            Type::FIXED_LEN_BYTE_ARRAY => Some(self.length),
            Type::BOOLEAN | Type::BYTE_ARRAY => None,
        }
    }

    /// So many values that stand one after the other; none if there are fewer.
    pub fn plain(self, bytes: &Bytes, count: usize) -> Option<Stored> {
        if self.kind == Type::BYTE_ARRAY {
            return counted(bytes, count);
        }
        if self.kind == Type::BOOLEAN {
            let bits = bytes.get(..count.div_ceil(8))?;
            return Some(Stored::Bool((0..count).map(|place| bits[place / 8] >> (place % 8) & 1 == 1).collect()));
        }
        let width = self.width()?;
        let given = bytes.get(..count.checked_mul(width)?)?;
        let values = given.chunks_exact(width.max(1));
        Some(match self.kind {
            Type::INT32 => Stored::Int(values.map(|value| i32::from_le_bytes(array(value)).into()).collect()),
            Type::INT64 => Stored::Int(values.map(|value| i64::from_le_bytes(array(value))).collect()),
            Type::INT96 => Stored::Int(values.map(nanoseconds).collect()),
            Type::FLOAT => Stored::Float(values.map(|value| f32::from_le_bytes(array(value))).collect()),
            Type::DOUBLE => Stored::Double(values.map(|value| f64::from_le_bytes(array(value))).collect()),
            _ => Stored::Bytes(
                bytes.clone(),
                (0..count).map(|place| ((place * width) as u32, ((place + 1) * width) as u32)).collect(),
            ),
        })
    }
}

/// Bytes of a value, of which there are as many as it takes.
fn array<const N: usize>(value: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(value);
    bytes
}

/// Nanoseconds since 1970 of a moment as old files have it: nanoseconds of the day, and a Julian day.
fn nanoseconds(value: &[u8]) -> i64 {
    let (of_day, day) = value.split_at(8);
    let days = i64::from(u32::from_le_bytes(array(day))) - EPOCH;
    days.wrapping_mul(DAY).wrapping_add(i64::from_le_bytes(array(of_day)))
}

/// Texts that have their length before them.
fn counted(bytes: &Bytes, count: usize) -> Option<Stored> {
    let mut rest = Reading(bytes);
    let mut places = Vec::new();
    for _ in 0..count {
        let length = rest.counted()?.len();
        let end = bytes.len() - rest.0.len();
        places.push(((end - length) as u32, end as u32));
    }
    Some(Stored::Bytes(bytes.clone(), places))
}

/// Texts whose lengths come first.
fn lengths(bytes: &Bytes, count: usize) -> Option<Stored> {
    let mut rest = Reading(bytes);
    let lengths = differences(&mut rest, count).filter(|lengths| lengths.len() == count)?;
    let mut places = Vec::new();
    for length in lengths {
        rest.take(u64::try_from(length).ok()?)?;
        let end = bytes.len() - rest.0.len();
        places.push(((end - length as usize) as u32, end as u32));
    }
    Some(Stored::Bytes(bytes.clone(), places))
}

/// Texts that begin as the one before does: how far each, and then what comes after.
fn beginnings(bytes: &Bytes, count: usize) -> Result<Stored> {
    let mut rest = Reading(bytes);
    let shared = differences(&mut rest, count).filter(|shared| shared.len() == count).ok_or_else(short)?;
    let rest = bytes.slice_ref(rest.0);
    let Some(Stored::Bytes(_, ends)) = lengths(&rest, count) else { return Err(short()) };
    let mut text: Vec<u8> = Vec::new();
    let mut places: Vec<(u32, u32)> = Vec::new();
    for (shared, (start, end)) in shared.into_iter().zip(ends) {
        let (before, length) = places.last().map_or((0, 0), |(start, end)| (*start as usize, (end - start) as usize));
        let shared = usize::try_from(shared).ok().filter(|shared| *shared <= length).ok_or_else(short)?;
        let from = text.len();
        text.extend_from_within(before..before + shared);
        text.extend_from_slice(&rest[start as usize..end as usize]);
        if text.len() > MAX_PAGE {
            return Err(too_large());
        }
        places.push((from as u32, text.len() as u32));
    }
    Ok(Stored::Bytes(text.into(), places))
}

/// Values whose first bytes come first, then their second ones, and so on.
fn together(bytes: &[u8], width: usize, count: usize) -> Option<Bytes> {
    if bytes.len() != count.checked_mul(width)? {
        return None;
    }
    let byte = |at: usize| bytes[at % width * count + at / width];
    Some((0..bytes.len()).map(byte).collect::<Vec<u8>>().into())
}

/// The places of values in a dictionary, after a byte that says how many bits they have.
fn listed(bytes: &[u8], count: usize, dictionary: &Rc<Stored>) -> Result<Values> {
    if count == 0 {
        return Ok(Values::Listed(Vec::new(), dictionary.clone()));
    }
    let (&width, packed) = bytes.split_first().ok_or_else(short)?;
    let places = runs(packed, width.into(), count).ok_or_else(short)?;
    if places.iter().any(|place| *place as usize >= dictionary.len()) {
        return Err(refused("its values refer to places that its dictionary has not"));
    }
    Ok(Values::Listed(places, dictionary.clone()))
}
