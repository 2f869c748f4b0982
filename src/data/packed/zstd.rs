//! Files in zstd (RFC 8878), which are one frame after the other.

use std::io::{Error, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// All frames of a file as one text.
pub(super) struct Zstd<'a> {
    rest: &'a [u8],
    frame: Option<StreamingDecoder<&'a [u8], FrameDecoder>>,
}

impl<'a> Zstd<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, frame: None }
    }

    /// The next frame, but for those that hold nothing of the text; `None` behind the last one.
    fn next(&mut self) -> std::io::Result<Option<StreamingDecoder<&'a [u8], FrameDecoder>>> {
        while !self.rest.is_empty() {
            match StreamingDecoder::new(self.rest) {
                Ok(frame) => return Ok(Some(frame)),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    // The length of such a frame comes behind eight bytes that say what it is and how long.
                    let end = usize::try_from(length).ok().and_then(|length| length.checked_add(8));
                    self.rest = end.and_then(|end| self.rest.get(end..)).unwrap_or_default();
                }
                Err(error) => return Err(Error::other(error.to_string())),
            }
        }
        Ok(None)
    }
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let Some(mut frame) = self.frame.take().map_or_else(|| self.next(), |frame| Ok(Some(frame)))? else {
                return Ok(0);
            };
            let read = frame.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.frame = Some(frame);
                return Ok(read);
            }
            self.rest = frame.into_inner();
        }
    }
}
