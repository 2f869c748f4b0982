//! Bytes that are read from their beginning on, and the numbers in them; what cannot be is `None`.

/// What is still to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a>(pub &'a [u8]);

impl<'a> Reading<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// So many of the next bytes.
    pub fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// As many bytes as the four before them say.
    pub fn counted(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        self.take(u32::from_le_bytes(*length).into())
    }

    /// Seven bits in each byte, the least ones first.
    pub fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << (7 * place);
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    /// The same with the sign as the last bit.
    pub fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}
