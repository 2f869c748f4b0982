//! Bytes of a file → text: finds the encoding and refuses what is not text, with the remedy.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::lines::line_of;
use crate::error::{Error, Result};

/// Largest file in bytes: its decoded text must fit the 32-bit offsets of the table and a browser tab's memory.
const MAX_BYTES: usize = 1 << 30;

/// Bytes looked at to tell text from binary, and UTF-16 from other text.
const SAMPLE: usize = 1 << 20;

/// First bytes of files that are often dropped by mistake, what they are, and what to do instead.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "Save the sheet as CSV, or unpack the archive"),
    (b"PK\x05\x06", "an empty zip archive", "Choose a CSV, TSV or JSONL file"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Excel workbook", "Save the sheet as CSV"),
    (b"PAR1", "a Parquet file", "Export it as CSV or JSONL"),
    (b"ARROW1", "an Arrow file", "Export it as CSV or JSONL"),
    (b"\x1F\x8B", "a gzip archive", "Unpack it"),
    (b"BZh", "a bzip2 archive", "Unpack it"),
    (b"\xFD7zXZ\0", "an xz archive", "Unpack it"),
    (b"\x28\xB5\x2F\xFD", "a zstd archive", "Unpack it"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", "Unpack it"),
    (b"%PDF-", "a PDF", "Copy its table into a spreadsheet and save that as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "Export the table as CSV"),
    (b"\x89PNG", "an image", "Choose a CSV, TSV or JSONL file"),
    (b"\xFF\xD8\xFF", "an image", "Choose a CSV, TSV or JSONL file"),
    (b"GIF8", "an image", "Choose a CSV, TSV or JSONL file"),
    (b"\xFF\xFE\0\0", "text in UTF-32", "Save it in UTF-8"),
    (b"\0\0\xFE\xFF", "text in UTF-32", "Save it in UTF-8"),
];

/// Text with the name of the encoding that it was in.
pub(super) struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// Name for people, such as `UTF-8` or `UTF-16`.
    pub encoding: &'static str,
    /// What a user should know about the decoding, in sentences.
    pub notes: Vec<String>,
}

/// Decodes a file: a byte order mark decides; else UTF-16 by its zero bytes, UTF-8 if (nearly) valid, else windows-1252,
/// which contains Latin-1.
///
/// # Errors
///
/// Files over 1 GiB, known binary formats, other binary data, and NUL characters within text (with their line).
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::table("The file is larger than 1 GiB. Split it, or keep only the columns that are needed."));
    }
    if let Some((_, what, remedy)) = FOREIGN.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(Error::table(format!("This looks like {what}, not a table as text. {remedy}.")));
    }
    let decoded = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => decode_as(encoding, &bytes[mark..], true),
        None => decode_as(guess(bytes), bytes, false),
    };
    refuse_binary(&decoded)?;
    Ok(decoded)
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8], marked: bool) -> Decoded<'a> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let mut notes = Vec::new();
    if broken && let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
        let line = line_of(&text, at);
        notes.push(format!(
            "Some bytes are not valid {} and show as \u{FFFD}, first in line {line}. Save the file again as UTF-8 if they matter.",
            encoding.name()
        ));
    }
    if encoding == WINDOWS_1252 {
        notes.push(
            "The file is not UTF-8 and was read as Latin-1 (windows-1252). If letters look wrong, save it as UTF-8."
                .to_owned(),
        );
    }
    let encoding = match (encoding.name(), marked) {
        ("UTF-8", true) => "UTF-8 with BOM",
        ("windows-1252", _) => "Latin-1",
        ("UTF-16LE" | "UTF-16BE", _) => "UTF-16",
        (name, _) => name,
    };
    Decoded { text, encoding, notes }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    if let Some(encoding) = guess_utf16(sample) {
        encoding
    } else if mostly_utf8(bytes) {
        UTF_8
    } else {
        WINDOWS_1252
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

/// Whether the bytes are UTF-8, or so nearly that a few damaged characters are likelier than another encoding.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut damaged, mut whole) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    damaged * 10 <= whole
}

fn refuse_binary(decoded: &Decoded<'_>) -> Result<()> {
    let text = decoded.text.as_ref();
    let share = if decoded.encoding == "Latin-1" { 0.02 } else { 0.1 };
    if has_many_controls(text.chars().take(SAMPLE), share) {
        return Err(Error::table(
            "This is a binary file, not a table as text. Choose a CSV, TSV or JSONL file, or export your table as one.",
        ));
    }
    match text.find('\0') {
        Some(at) => Err(Error::table_line(
            line_of(text, at),
            "There is a NUL character here, which no text should hold. Remove it, or export the table again.",
        )),
        None => Ok(()),
    }
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
