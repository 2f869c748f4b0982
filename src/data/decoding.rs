//! Bytes of a file → text, in pieces of any size.

use encoding_rs::{Decoder, DecoderResult, Encoding};

use super::encoding;
use super::lines::line_of;

/// Which encoding a file's letters are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    pub encoding: &'static Encoding,
    /// Bytes at the file's start that mark it.
    pub mark: usize,
    /// Whether a user says so.
    pub named: bool,
}

/// A decoder between two pieces.
pub(super) struct Decoding {
    decoder: Decoder,
    letters: Letters,
    /// Bytes of the mark that are still to come.
    ahead: usize,
    /// Line of the first bytes that are no text.
    broken: Option<u64>,
}

/// A decoder has no `Debug` of its own.
impl std::fmt::Debug for Decoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.letters.encoding.name())
    }
}

impl Decoding {
    /// At the start of a file.
    pub fn new(letters: Letters) -> Self {
        let decoder = letters.encoding.new_decoder_without_bom_handling();
        Self { decoder, letters, ahead: letters.mark, broken: None }
    }

    /// The encoding's name for people.
    pub fn words(&self) -> &'static str {
        encoding::words(self.letters.encoding, self.letters.mark > 0)
    }

    /// The encoding's name in the Encoding Standard.
    pub fn name(&self) -> String {
        self.letters.encoding.name().to_owned()
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
        let Letters { encoding, named, .. } = self.letters;
        if let Some(line) = self.broken {
            notes.push(format!(
                "Some bytes are not valid {} and show as \u{FFFD}, first in line {line}. Choose another encoding, or save the file \
                 again as UTF-8, if they matter.",
                encoding.name()
            ));
        }
        if !named && !encoding::is_unicode(encoding) {
            notes.push(format!(
                "The file is not UTF-8; by its letters it was read as {}{}. If any look wrong, choose another encoding, or save \
                 it as UTF-8.",
                encoding.name(),
                encoding::whose(encoding)
            ));
        }
        notes
    }
}
