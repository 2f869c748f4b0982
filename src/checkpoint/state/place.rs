//! Where the bytes of a checkpoint go to and come from: piece by piece, since a run and its checkpoint together may not fit
//! into memory.

use crate::error::Result;

/// What a checkpoint is written to.
pub trait Sink {
    /// Says how many bytes will be written in all.
    ///
    /// # Errors
    ///
    /// No room for them.
    fn begin(&mut self, size: u64) -> Result<()>;

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// A place that does not take them.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
}

impl Sink for Vec<u8> {
    fn begin(&mut self, size: u64) -> Result<()> {
        self.reserve_exact(usize::try_from(size).unwrap_or(0));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// What a checkpoint is read from.
pub trait Source {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Copies the bytes from a place on.
    ///
    /// # Panics
    ///
    /// If they go beyond the end: who reads knows the size.
    fn read(&self, at: u64, into: &mut [u8]);
}

impl Source for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, at: u64, into: &mut [u8]) {
        into.copy_from_slice(&self[at as usize..][..into.len()]);
    }
}
