//! The encoding of a file, from bytes that come in pieces of any size.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use super::encoding::guess_utf16;

/// Most bytes of a letter in UTF-8 that a piece may cut.
const LETTER: usize = 3;

/// Bytes beyond ASCII that are enough to tell an encoding by; far fewer are.
const ENOUGH: usize = 1 << 16;

/// What an encoding is told by.
pub(super) struct Detection {
    counts: Utf8Counts,
    /// The last bytes of the piece before, which may be the first ones of a letter in UTF-8.
    rest: Vec<u8>,
    detector: EncodingDetector,
    /// Bytes beyond ASCII that the detector has seen.
    seen: usize,
}

/// A detector has no `Debug` of its own.
impl std::fmt::Debug for Detection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detection").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Default for Detection {
    fn default() -> Self {
        // ISO-2022-JP looks like ASCII: found where it is not, it would turn plain text into other text.
        let detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        Self { counts: Utf8Counts::default(), rest: Vec::new(), detector, seen: 0 }
    }
}

impl Detection {
    /// Sees the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let cut = whole_letters(&self.rest);
        self.counts.add(&self.rest[..cut]);
        self.rest.drain(..cut);
        self.detect(bytes);
    }

    /// Has the detector see them, as far as it has not seen enough: the same bytes wherever pieces are cut.
    fn detect(&mut self, bytes: &[u8]) {
        let wanted = ENOUGH - self.seen;
        if wanted == 0 {
            return;
        }
        let more = bytes.iter().filter(|byte| !byte.is_ascii()).count();
        let end = if more > wanted {
            let beyond = bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii());
            beyond.take(wanted).last().map_or(0, |(at, _)| at + 1)
        } else {
            bytes.len()
        };
        self.detector.feed(&bytes[..end], false);
        self.seen += more.min(wanted);
    }

    /// The encoding of the file that was seen, of which these are the first bytes; and how many bytes mark it.
    ///
    /// A byte order mark decides; else UTF-16 by its zero bytes, UTF-8 if (nearly) valid, else the one whose letters make the
    /// likeliest words, of those that browsers know.
    pub fn find(&self, head: &[u8]) -> (&'static Encoding, usize) {
        Encoding::for_bom(head).unwrap_or_else(|| {
            let mut counts = self.counts;
            counts.add(&self.rest);
            let by_letters =
                || if counts.are_mostly_utf8() { UTF_8 } else { self.detector.guess(None, Utf8Detection::Deny) };
            (guess_utf16(head).unwrap_or_else(by_letters), 0)
        })
    }
}

/// How many letters beyond ASCII are whole, and how many damaged, if bytes are taken for UTF-8.
#[derive(Debug, Clone, Copy, Default)]
struct Utf8Counts {
    damaged: usize,
    whole: usize,
}

impl Utf8Counts {
    /// Counts bytes that cut no letter.
    fn add(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            // The first bytes of letters beyond ASCII.
            self.whole += chunk.valid().bytes().filter(|byte| *byte >= 0b1100_0000).count();
            self.damaged += usize::from(!chunk.invalid().is_empty());
        }
    }

    /// Whether they are UTF-8, or so nearly that a few damaged characters are likelier than another encoding.
    fn are_mostly_utf8(self) -> bool {
        self.damaged * 10 <= self.whole
    }
}

/// How many of the bytes do not belong to a letter that the next bytes may complete, if they are UTF-8.
fn whole_letters(bytes: &[u8]) -> usize {
    let from = bytes.len().saturating_sub(LETTER);
    match std::str::from_utf8(&bytes[from..]) {
        Err(error) if error.error_len().is_none() => from + error.valid_up_to(),
        // Where the last bytes start within a letter, they are looked at from the next one on.
        Err(_) => {
            let starts = |byte: &u8| byte & 0b1100_0000 == 0b1100_0000;
            match bytes[from..].iter().rposition(starts) {
                Some(at)
                    if std::str::from_utf8(&bytes[from + at..]).is_err_and(|error| error.error_len().is_none()) =>
                {
                    from + at
                }
                _ => bytes.len(),
            }
        }
        Ok(_) => bytes.len(),
    }
}
