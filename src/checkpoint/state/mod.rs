//! A run written down: one file that is whole or refused, and the same model known again.
//!
//! The file is a safetensors file. Its metadata hold the version of the format and a JSON text that says what the run is;
//! its last tensor is a checksum of every byte before, so that neither a part of the file nor one of which some pages never
//! reached the disk passes for it. What the text and the other tensors mean is the session's matter.

mod identity;
mod place;
mod read;
mod write;

pub use identity::identity;
pub use place::{Sink, Source};
pub use read::StateFile;
pub use write::{Array, Entry, write};

use crate::error::Error;

/// Version of the format. Another one is refused; where the checksum stands is the same in all.
pub const FORMAT: &str = "1";
/// The metadata that hold the version.
const VERSION: &str = "tabtune_checkpoint";
/// The metadata that hold the JSON text.
const STATE: &str = "state";
/// The last tensor: CRC-32 of all bytes before it, little-endian.
const CHECKSUM: &str = "~checksum";
/// Its size in bytes.
const CHECKSUM_BYTES: usize = 4;
/// Bytes that give the header's length.
const LENGTH: usize = size_of::<u64>();
/// Largest header that is read or written, in bytes: a matrix of a thousand classes by a thousand takes some three million.
const MAX_HEADER: usize = 16 << 20;

/// A checkpoint that cannot be used, in words.
pub fn unusable(message: impl Into<String>) -> Error {
    Error::file("checkpoint", message)
}

/// The same for one that was damaged on its way.
fn damaged(why: &str) -> Error {
    unusable(format!("{why} It is damaged or not whole: use the one before it, or start anew."))
}
