//! The encodings of text, and the refusal of what is no text, with the remedy.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{Error, Result};

/// Encodings that tables of the world are written in: their names in the Encoding Standard, and whose they are.
pub const ENCODINGS: &[(&str, &str)] = &[
    ("UTF-8", "Unicode"),
    ("UTF-16LE", "Unicode"),
    ("UTF-16BE", "Unicode"),
    ("windows-1252", "Western"),
    ("macintosh", "Western, Mac"),
    ("windows-1250", "Central European"),
    ("ISO-8859-2", "Central European"),
    ("windows-1257", "Baltic"),
    ("windows-1254", "Turkish"),
    ("windows-1253", "Greek"),
    ("windows-1251", "Cyrillic"),
    ("KOI8-R", "Cyrillic, Russian"),
    ("KOI8-U", "Cyrillic, Ukrainian"),
    ("IBM866", "Cyrillic, DOS"),
    ("windows-1255", "Hebrew"),
    ("windows-1256", "Arabic"),
    ("windows-874", "Thai"),
    ("windows-1258", "Vietnamese"),
    ("Shift_JIS", "Japanese"),
    ("EUC-JP", "Japanese"),
    ("ISO-2022-JP", "Japanese"),
    ("GBK", "Simplified Chinese"),
    ("Big5", "Traditional Chinese"),
    ("EUC-KR", "Korean"),
];

/// Bytes looked at to tell UTF-16 from other text.
const SAMPLE: usize = 1 << 20;

/// First bytes of files that are often dropped by mistake, what they are, and what to do instead.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (b"PK\x05\x06", "an empty zip archive", "Choose an Excel, CSV, TSV or JSONL file"),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "an old Excel workbook, or one with a password",
        "Save it as .xlsx without a password",
    ),
    (
        b"version https://git-lfs.github.com",
        "a pointer of Git LFS, which stands for a large file",
        "Download the file itself, with git lfs pull or from the page that shows it",
    ),
    (b"ARROW1", "an Arrow file", "Export it as CSV or JSONL"),
    (b"BZh", "a bzip2 archive", "Unpack it"),
    (b"\xFD7zXZ\0", "an xz archive", "Unpack it"),
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

/// The name of an encoding for people, marked or not.
pub(super) fn words(encoding: &'static Encoding, marked: bool) -> &'static str {
    match (encoding.name(), marked) {
        ("UTF-8", true) => "UTF-8 with BOM",
        ("UTF-16LE" | "UTF-16BE", _) => "UTF-16",
        (name, _) => name,
    }
}

/// Whether an encoding has all letters.
pub(super) fn is_unicode(encoding: &'static Encoding) -> bool {
    [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding)
}

/// Whose an encoding is, in brackets, if that is known.
pub(super) fn whose(encoding: &'static Encoding) -> String {
    let known = ENCODINGS.iter().find(|(name, _)| *name == encoding.name());
    known.map_or_else(String::new, |(_, whose)| format!(" ({whose})"))
}

/// UTF-16 without a byte order mark: line feeds and ASCII letters put zero bytes on one side of each pair.
pub(super) fn guess_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let sample = &head[..head.len().min(SAMPLE) & !1];
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

/// Refuses what is no text, by its first letters.
pub(super) fn refuse_binary(text: &str, encoding: &'static Encoding) -> Result<()> {
    let share = if is_unicode(encoding) { 0.1 } else { 0.02 };
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
