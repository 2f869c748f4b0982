//! A first pass over a file's bytes: its encoding, and its head to tell the format from.

use encoding_rs::Encoding;

use crate::data::encoding;

/// Bytes of the file that are kept to tell format and columns from.
const HEAD: usize = 1 << 20;

/// Most bytes of a letter in UTF-8 that a piece may cut.
const LETTER: usize = 3;

/// What was seen of a file so far.
#[derive(Debug, Default)]
pub struct Survey {
    name: String,
    head: Vec<u8>,
    bytes: u64,
    counts: encoding::Utf8Counts,
    /// The last bytes of the piece before, which may be the first ones of a letter.
    rest: Vec<u8>,
}

impl Survey {
    /// Nothing seen yet of the file of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Sees the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.rest.extend_from_slice(bytes);
        let cut = encoding::whole_letters(&self.rest, LETTER);
        self.counts.add(&self.rest[..cut]);
        self.rest.drain(..cut);
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes seen.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first bytes, at most a mebibyte.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether the head is all of the file.
    pub(super) fn is_short(&self) -> bool {
        self.bytes == self.head.len() as u64
    }

    /// The file's encoding, and how many bytes of it are a mark of that.
    pub(super) fn encoding(&self) -> (&'static Encoding, usize) {
        let mut counts = self.counts;
        counts.add(&self.rest);
        encoding::find(&self.head, counts)
    }
}
