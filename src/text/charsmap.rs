//! Checks SentencePiece's table of precompiled characters, which the library follows without looking where it leads.
//!
//! The table is a double array in the layout of Darts-clone (github.com/s-yata/darts-clone), 4 bytes per unit after 4
//! bytes with its size, and behind it the replacements, each ended by a zero byte. This check can go once
//! `spm_precompiled/lib.rs` returns errors where 0.1.4 indexes.

/// Units of one block: all children of a node lie within one.
const BLOCK: usize = 256;

/// Checks a table in base64.
///
/// # Errors
///
/// What is wrong, as part of a sentence.
pub(super) fn check(base64: &str) -> Result<(), String> {
    let table = base64::decode(base64).ok();
    let sound = table.is_some_and(|table| is_sound(&table).is_some());
    if sound { Ok(()) } else { Err("its precompiled_charsmap is damaged".to_owned()) }
}

/// Follows every path of the table: some, if none leads out of it and each ends at a replacement.
fn is_sound(table: &[u8]) -> Option<()> {
    let (size, rest) = table.split_first_chunk::<4>()?;
    let (array, replacements) = rest.split_at_checked(u32::from_le_bytes(*size) as usize / 4 * 4)?;
    let replacements = std::str::from_utf8(replacements).ok()?;
    let (units, _) = array.as_chunks::<4>();
    let unit = |at: usize| units.get(at).map(|&bytes| u32::from_le_bytes(bytes));
    let offset = |unit: u32| ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize;
    let mut seen = vec![false; units.len()];
    let mut nodes = vec![offset(unit(0)?)];
    while let Some(node) = nodes.pop() {
        if (node | (BLOCK - 1)) >= units.len() {
            return None;
        }
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        for label in 1..BLOCK {
            let child = unit(node ^ label)?;
            if child & (1 << 31 | 0xFF) != label as u32 {
                continue;
            }
            let next = node ^ label ^ offset(child);
            // The bit says that a replacement is found here; the unit at the node itself says where it starts.
            if child >> 8 & 1 == 1 {
                let start = unit(next)? & !(1 << 31);
                replacements.get(start as usize..)?;
            }
            nodes.push(next);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One block in which “a” becomes “b”, with the replacements of `tail`.
    fn table(start: u32, tail: &[u8]) -> Vec<u8> {
        let mut units = vec![0_u32; BLOCK];
        units[0] = 1 << 10;
        let at = 1 ^ usize::from(b'a');
        units[at] = u32::from(b'a') | 1 << 8 | ((at as u32 ^ 2) << 10);
        units[2] = start | 1 << 31;
        let mut bytes = (4 * BLOCK as u32).to_le_bytes().to_vec();
        bytes.extend(units.into_iter().flat_map(u32::to_le_bytes));
        bytes.extend(tail);
        bytes
    }

    fn is_refused(table: &[u8]) -> bool {
        check(&base64::encode(table)).is_err()
    }

    #[test]
    fn paths_end_at_a_replacement() {
        assert!(!is_refused(&table(0, b"b\0")));
        assert!(!is_refused(&table(2, b"b\0")), "nothing is a replacement, too");
        assert!(is_refused(&table(3, b"b\0")));
        assert!(is_refused(&table(1, "é".as_bytes())), "inside of a character");
        assert!(is_refused(&table(0, b"\xFF")));
    }

    #[test]
    fn paths_stay_in_the_table() {
        let mut beyond = table(0, b"b\0");
        beyond[4..8].copy_from_slice(&(300_u32 << 10).to_le_bytes());
        assert!(is_refused(&beyond));
        // A path that comes back to its node ends.
        let mut round = table(0, b"b\0");
        let at = 1 ^ usize::from(b'a');
        round[4 + 4 * at..][..4].copy_from_slice(&(u32::from(b'a') | u32::from(b'a') << 10).to_le_bytes());
        assert!(!is_refused(&round));
    }

    #[test]
    fn sizes_are_checked_before_they_are_used() {
        assert!(is_refused(b""));
        assert!(is_refused(&[0; 4]));
        assert!(is_refused(&[0xFF; 8]));
        assert!(is_refused(&[0xFC, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0]));
        assert!(check("not base64").is_err());
    }
}
