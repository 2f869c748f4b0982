//! Bytes of a file → text, in pieces of any size.

use encoding_rs::{Decoder, DecoderResult, Encoding, WINDOWS_1252};

use super::encoding;
use super::lines::line_of;

/// A decoder between two pieces.
pub(super) struct Decoding {
    decoder: Decoder,
    encoding: &'static Encoding,
    /// Bytes of the mark at the file's start, and how many of them are still to come.
    mark: usize,
    ahead: usize,
    /// Line of the first bytes that are no text.
    broken: Option<u64>,
}

/// A decoder has no `Debug` of its own.
impl std::fmt::Debug for Decoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.encoding.name())
    }
}

impl Decoding {
    /// At the start of a file in an encoding, of which so many bytes are a mark.
    pub fn new(encoding: &'static Encoding, mark: usize) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { decoder, encoding, mark, ahead: mark, broken: None }
    }

    /// The encoding's name for people.
    pub fn words(&self) -> &'static str {
        encoding::words(self.encoding, self.mark > 0)
    }

    /// Adds what the next bytes say to a text that starts in `line` of the file.
    pub fn add(&mut self, bytes: &[u8], last: bool, text: &mut String, line: u64) {
        let passed = self.ahead.min(bytes.len());
        self.ahead -= passed;
        let mut rest = &bytes[passed..];
        loop {
            let room = self.decoder.max_utf8_buffer_length_without_replacement(rest.len());
            text.reserve(room.unwrap_or(rest.len()).max(4));
            let (result, read) = self.decoder.decode_to_string_without_replacement(rest, text, last);
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.broken.get_or_insert_with(|| line - 1 + line_of(text, text.len()));
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }

    /// What a user should know about the decoding, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(line) = self.broken {
            notes.push(format!(
                "Some bytes are not valid {} and show as \u{FFFD}, first in line {line}. Save the file again as UTF-8 if they matter.",
                self.encoding.name()
            ));
        }
        if self.encoding == WINDOWS_1252 {
            notes.push(
                "The file is not UTF-8 and was read as Latin-1 (windows-1252). If letters look wrong, save it as UTF-8."
                    .to_owned(),
            );
        }
        notes
    }
}
