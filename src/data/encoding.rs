//! Which encoding the bytes of a file are in, and the refusal of what is not text, with the remedy.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::{Error, Result};

/// Bytes looked at to tell text from binary, and UTF-16 from other text.
const SAMPLE: usize = 1 << 20;

/// First bytes of files that are often dropped by mistake, what they are, and what to do instead.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (b"PK\x05\x06", "an empty zip archive", "Choose an Excel, CSV, TSV or JSONL file"),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "an old Excel workbook, or one with a password",
        "Save it as .xlsx without a password",
    ),
    (b"PAR1", "a Parquet file", "Export it as CSV or JSONL"),
    (b"ARROW1", "an Arrow file", "Export it as CSV or JSONL"),
    (b"\x1F\x8B", "a gzip archive", "Unpack it"),
    (b"BZh", "a bzip2 archive", "Unpack it"),
    (b"\xFD7zXZ\0", "an xz archive", "Unpack it"),
    (b"\x28\xB5\x2F\xFD", "a zstd archive", "Unpack it"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", "Unpack it"),
    (b"%PDF-", "a PDF", "Copy its table into a spreadsheet and save that as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "Export the table as CSV"),
    (b"\x89PNG", "an image", "Choose an Excel, CSV, TSV or JSONL file"),
    (b"\xFF\xD8\xFF", "an image", "Choose an Excel, CSV, TSV or JSONL file"),
    (b"GIF8", "an image", "Choose an Excel, CSV, TSV or JSONL file"),
    (b"\xFF\xFE\0\0", "text in UTF-32", "Save it in UTF-8"),
    (b"\0\0\xFE\xFF", "text in UTF-32", "Save it in UTF-8"),
];

/// Refuses what is often dropped by mistake, by its first bytes.
pub(super) fn refuse_foreign(bytes: &[u8]) -> Result<()> {
    match FOREIGN.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        Some((_, what, remedy)) => Err(Error::table(format!("This looks like {what}, not a table as text. {remedy}."))),
        None => Ok(()),
    }
}

/// The encoding of a file of which these are the first bytes, whose other bytes were counted; and how many bytes mark it.
///
/// A byte order mark decides; else UTF-16 by its zero bytes, UTF-8 if (nearly) valid, else windows-1252, which contains
/// Latin-1.
pub(super) fn find(head: &[u8], counts: Utf8Counts) -> (&'static Encoding, usize) {
    Encoding::for_bom(head).unwrap_or_else(|| {
        let sample = &head[..head.len().min(SAMPLE) & !1];
        let by_counts = if counts.are_mostly_utf8() { UTF_8 } else { WINDOWS_1252 };
        (guess_utf16(sample).unwrap_or(by_counts), 0)
    })
}

/// The name of an encoding for people, marked or not.
pub(super) fn words(encoding: &'static Encoding, marked: bool) -> &'static str {
    match (encoding.name(), marked) {
        ("UTF-8", true) => "UTF-8 with BOM",
        ("windows-1252", _) => "Latin-1",
        ("UTF-16LE" | "UTF-16BE", _) => "UTF-16",
        (name, _) => name,
    }
}

/// UTF-16 without a byte order mark: line feeds and ASCII letters put zero bytes on one side of each pair.
fn guess_utf16(sample: &[u8]) -> Option<&'static Encoding> {
    let zeros = sample.iter().filter(|&&byte| byte == 0).count();
    let ascii_like =
        std::str::from_utf8(sample).is_ok() && !has_many_controls(sample.iter().map(|&b| char::from(b)), 0.1);
    if zeros == 0 || ascii_like {
        return None;
    }
    [UTF_16LE, UTF_16BE].into_iter().find(|&encoding| {
        let units: Vec<u16> = sample
            .chunks_exact(2)
            .map(|pair| [pair[0], pair[1]])
            .map(if encoding == UTF_16LE { u16::from_le_bytes } else { u16::from_be_bytes })
            .collect();
        let plain = units.iter().filter(|&&unit| matches!(unit, 0x20..=0x7E | 0x09 | 0x0A | 0x0D)).count();
        let breaks = units.iter().any(|unit| matches!(unit, 0x0A | 0x0D));
        // A pair that the sample cuts may leave one unpaired surrogate at its end.
        let broken = char::decode_utf16(units.iter().copied()).filter(std::result::Result::is_err).count();
        breaks && plain * 50 >= units.len() && broken <= 1 && !units.contains(&0)
    })
}

/// How many letters beyond ASCII are whole, and how many damaged, if bytes are taken for UTF-8.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Utf8Counts {
    damaged: usize,
    whole: usize,
}

impl Utf8Counts {
    /// Counts bytes that cut no letter.
    pub fn add(&mut self, bytes: &[u8]) {
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

/// How many of the bytes do not belong to a letter that the next bytes may complete, if they are UTF-8; all but the last
/// `most` in any case.
pub(super) fn whole_letters(bytes: &[u8], most: usize) -> usize {
    let from = bytes.len().saturating_sub(most);
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

/// Refuses what is no text, by its first letters.
pub(super) fn refuse_binary(text: &str, encoding: &'static Encoding) -> Result<()> {
    let share = if encoding == WINDOWS_1252 { 0.02 } else { 0.1 };
    if has_many_controls(text.chars(), share) {
        return Err(Error::table(
            "This is a binary file, not a table as text. Choose an Excel, CSV, TSV or JSONL file, or export your table as one.",
        ));
    }
    Ok(())
}

/// Whether more than `share` of the characters are control characters other than tab, line break and form feed.
fn has_many_controls(text: impl Iterator<Item = char>, share: f64) -> bool {
    let (mut controls, mut all) = (0_usize, 0_usize);
    for letter in text {
        all += 1;
        controls += usize::from(letter.is_ascii_control() && !matches!(letter, '\t' | '\n' | '\r' | '\x0C'));
    }
    controls >= 4 && controls as f64 > share * all as f64
}
