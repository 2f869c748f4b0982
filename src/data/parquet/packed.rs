//! Whole numbers as pages have them packed: in runs and by their bits, and as differences (Parquet's `Encodings.md`).
//!
//! Decoded here and not by the library, which takes memory by what bytes say, and panics at some that are damaged.

use super::reading::Reading;

/// Values that are packed together: their bits fill whole bytes.
const GROUP: u64 = 8;

/// Differences come in blocks of so many, or a multiple, and these in parts of so many.
const BLOCK: u64 = 128;
const PART: u64 = 32;

/// So many numbers of so many bits each, at most 32: runs of one value, and groups of eight that are packed. `None`: the
/// bytes end before, or are none of these.
pub(super) fn runs(bytes: &[u8], width: u32, count: usize) -> Option<Vec<u32>> {
    let (mut bytes, mut values) = (Reading(bytes), Vec::new());
    if width > u32::BITS {
        return None;
    }
    while values.len() < count {
        let left = count - values.len();
        let head = bytes.unsigned()?;
        if head & 1 == 0 {
            let mut value = [0; 4];
            let given = bytes.take(width.div_ceil(8).into())?;
            value[..given.len()].copy_from_slice(given);
            let run = usize::try_from(head >> 1).ok().filter(|run| *run > 0)?;
            values.resize(values.len() + run.min(left), u32::from_le_bytes(value));
        } else {
            let groups = head >> 1;
            // Some leave out the bytes of the last group that no value is in.
            let length = groups.checked_mul(width.into())?.min(bytes.0.len() as u64);
            let given = bytes.take(length)?;
            let most = groups.checked_mul(GROUP)?.min(left as u64) as usize;
            values.extend(unpack(given, width, most)?.map(|value| value as u32));
        }
    }
    Some(values)
}

/// So many numbers of so many bits each, at most 64, the least ones first; `None`: there are fewer.
fn unpack(bytes: &[u8], width: u32, count: usize) -> Option<impl Iterator<Item = u64>> {
    let bits = u64::from(width) * count as u64;
    if width > u64::BITS || bits > bytes.len() as u64 * 8 || count == 0 {
        return None;
    }
    let mask = u128::MAX.checked_shr(u128::BITS - width).unwrap_or(0);
    Some((0..count).map(move |place| {
        let bit = place * width as usize;
        let mut window = [0; 16];
        let from = &bytes[bit / 8..];
        let given = from.len().min(9);
        window[..given].copy_from_slice(&from[..given]);
        (u128::from_le_bytes(window) >> (bit % 8) & mask) as u64
    }))
}

/// Numbers that are written as differences, at most so many; the bytes after them are left.
pub(super) fn differences(bytes: &mut Reading, most: usize) -> Option<Vec<i64>> {
    let [block, parts, count] = [bytes.unsigned()?, bytes.unsigned()?, bytes.unsigned()?];
    let count = usize::try_from(count).ok().filter(|count| *count <= most)?;
    let mut last = bytes.signed()?;
    let part = block.checked_div(parts)?;
    if block % BLOCK != 0 || part * parts != block || part == 0 || part % PART != 0 {
        return None;
    }
    let mut values = Vec::new();
    values.extend((count > 0).then_some(last));
    while values.len() < count {
        let least = bytes.signed()?;
        for &width in bytes.take(parts)? {
            let left = count - values.len();
            if left == 0 {
                break;
            }
            let given = bytes.take(part.checked_mul(width.into())? / 8)?;
            for more in unpack(given, width.into(), left.min(usize::try_from(part).ok()?))? {
                last = last.wrapping_add(least).wrapping_add(more.cast_signed());
                values.push(last);
            }
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_runs_and_in_bits() {
        // The examples of the format's own description: 0 to 7 in three bits; a run of a hundred times 4 before it.
        let packed = [3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(runs(&packed, 3, 8), Some((0..8).collect()));
        assert_eq!(runs(&packed, 3, 5), Some((0..5).collect()));
        assert_eq!(runs(&packed, 3, 9), None);
        let both = [&[200, 1, 4][..], &packed].concat();
        assert_eq!(runs(&both, 3, 103), Some([vec![4; 100], vec![0, 1, 2]].concat()));
        assert_eq!(runs(&[0, 4], 3, 1), None, "a run of none would never end");
        assert_eq!(runs(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 1], 3, 9), None);
        assert_eq!(runs(&[8], 0, 4), Some(vec![0; 4]));
        assert_eq!(runs(&[4, 1, 2, 3, 4, 5], 33, 2), None);
        assert_eq!(runs(&[], 3, 0), Some(Vec::new()));
    }

    #[test]
    fn numbers_come_as_differences() {
        // 1 to 5: all differences are 1. 7, 5, 3, 1, 2, 3, 4, 5: two more than −2 in two bits, as the description has it.
        let even = [128, 1, 4, 5, 2, 2, 0, 0, 0, 0];
        assert_eq!(differences(&mut Reading(&even), 5), Some(vec![1, 2, 3, 4, 5]));
        assert_eq!(differences(&mut Reading(&even), 4), None);
        let mut uneven = vec![128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111];
        uneven.extend([0; 6]);
        uneven.push(9);
        let mut reading = Reading(&uneven);
        assert_eq!(differences(&mut reading, 100), Some(vec![7, 5, 3, 1, 2, 3, 4, 5]));
        assert_eq!(reading.0, [9]);
        for hostile in
            [&[0, 0, 5, 2][..], &[128, 1, 0, 5, 2], &[128, 1, 4, 5, 2, 2, 65, 0, 0, 0], &[128, 1, 3, 5, 2, 2]]
        {
            assert_eq!(differences(&mut Reading(hostile), 5), None, "{hostile:?}");
        }
    }
}
