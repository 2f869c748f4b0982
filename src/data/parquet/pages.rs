//! The pages of a column: unpacked here rather than by the library, which takes as much memory as a page says that it needs.

use std::io::{Cursor, Read};
use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding};
use ::parquet::column::page::{Page, PageReader};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::ColumnChunkMetaData;
use ::parquet::file::reader::{ChunkReader, Length};
use ::parquet::file::serialized_reader::SerializedPageReader;
use bytes::Bytes;

use super::packed::runs;
use super::reading::Reading;

/// Most bytes of a page once it is unpacked, and most values; writers aim at one mebibyte.
pub(super) const MAX_PAGE: usize = 1 << 28;
const MAX_VALUES: u32 = 1 << 24;

/// The bytes of a column.
#[derive(Debug)]
struct Chunk {
    bytes: Bytes,
    /// Where they start in the file.
    start: u64,
}

impl Chunk {
    /// What there is of it from a place in the file on.
    fn from(&self, start: u64) -> Result<Bytes> {
        let after = start.checked_sub(self.start).and_then(|after| usize::try_from(after).ok());
        let after = after.filter(|after| *after <= self.bytes.len());
        Ok(self.bytes.slice(after.ok_or_else(|| refused("a page lies outside of its column"))?..))
    }
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Chunk {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(Cursor::new(self.from(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.from(start)?;
        if length > bytes.len() { Err(short()) } else { Ok(bytes.slice(..length)) }
    }
}

/// A page once it is unpacked.
#[derive(Debug)]
pub(super) enum Opened {
    /// Values that other pages refer to.
    Dictionary {
        count: usize,
        values: Bytes,
    },
    Data(Data),
}

/// A page of values.
#[derive(Debug)]
pub(super) struct Data {
    /// Levels of repetition and of definition, one per value, with those that are missing; none where all are the same.
    pub levels: [Vec<u8>; 2],
    /// How many values there are, with those that are missing.
    pub count: usize,
    pub encoding: Encoding,
    pub values: Bytes,
}

/// The pages of a column in some rows.
pub(super) struct Pages {
    /// Gives them as they are, since it takes the column for one that is not compressed.
    packed: SerializedPageReader<Chunk>,
    compression: Compression,
    /// The highest levels of repetition and of definition.
    most: [u8; 2],
}

impl Pages {
    /// Of a column in this file, with its highest levels.
    ///
    /// # Errors
    ///
    /// A column that lies outside of the file, or is compressed in a way that is not known here.
    pub fn open(file: &[u8], column: &ColumnChunkMetaData, most: [u8; 2]) -> Result<Self> {
        let compression = column.compression();
        if !matches!(
            compression,
            Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_)
        ) {
            let name = compression.to_string();
            let name = name.split('(').next().unwrap_or_default();
            return Err(refused(&format!("it is compressed with {name}; write it with snappy, gzip or zstd")));
        }
        let first = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let range = usize::try_from(first).ok().zip(usize::try_from(column.compressed_size()).ok());
        let bytes = range.and_then(|(start, length)| file.get(start..start.checked_add(length)?));
        let bytes = Bytes::copy_from_slice(bytes.ok_or_else(|| refused("it lies outside of the file"))?);
        let chunk = Arc::new(Chunk { bytes, start: first as u64 });
        let plain = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        Ok(Self { packed: SerializedPageReader::new(chunk, &plain, 0, None)?, compression, most })
    }

    /// The next page; none after the last one.
    ///
    /// # Errors
    ///
    /// A page that is damaged, or larger than one may be.
    pub fn next(&mut self) -> Result<Option<Opened>> {
        self.packed.get_next_page()?.map(|page| self.open_page(page)).transpose()
    }

    fn open_page(&self, page: Page) -> Result<Opened> {
        if page.num_values() > MAX_VALUES {
            return Err(refused("a page has more than 16 million values"));
        }
        let count = page.num_values() as usize;
        match page {
            Page::DictionaryPage { buf, .. } => Ok(Opened::Dictionary { count, values: self.unpack(&buf)? }),
            Page::DataPage { buf, encoding, def_level_encoding, rep_level_encoding, .. } => {
                let buf = self.unpack(&buf)?;
                let mut rest = Reading(&buf);
                let mut levels = [Vec::new(), Vec::new()];
                for (place, encoding) in [rep_level_encoding, def_level_encoding].into_iter().enumerate() {
                    if self.most[place] == 0 {
                        continue;
                    }
                    if encoding != Encoding::RLE {
                        return Err(refused(
                            "its levels are written in a way that was given up years ago; write it anew",
                        ));
                    }
                    levels[place] = self.levels(rest.counted().ok_or_else(short)?, place, count)?;
                }
                let values = buf.slice_ref(rest.0);
                Ok(Opened::Data(Data { levels, count, encoding, values }))
            }
            Page::DataPageV2 { buf, encoding, def_levels_byte_len, rep_levels_byte_len, is_compressed, .. } => {
                let mut rest = Reading(&buf);
                let mut levels = [Vec::new(), Vec::new()];
                for (place, length) in [rep_levels_byte_len, def_levels_byte_len].into_iter().enumerate() {
                    let packed = rest.take(length.into()).ok_or_else(short)?;
                    levels[place] = self.levels(packed, place, count)?;
                }
                let values = buf.slice_ref(rest.0);
                let values = if is_compressed { self.unpack(&values)? } else { values };
                Ok(Opened::Data(Data { levels, count, encoding, values }))
            }
        }
    }

    fn levels(&self, bytes: &[u8], place: usize, count: usize) -> Result<Vec<u8>> {
        let most = self.most[place];
        if most == 0 {
            return Ok(Vec::new());
        }
        let levels = runs(bytes, u8::BITS - most.leading_zeros(), count).ok_or_else(short)?;
        let level = |level| u8::try_from(level).ok().filter(|level| *level <= most);
        levels.into_iter().map(|one| level(one).ok_or_else(|| refused("a level is higher than it may be"))).collect()
    }

    fn unpack(&self, packed: &Bytes) -> Result<Bytes> {
        if packed.is_empty() {
            return Ok(Bytes::new());
        }
        match self.compression {
            Compression::SNAPPY => {
                if snap::raw::decompress_len(packed).map_err(broken)? > MAX_PAGE {
                    return Err(too_large());
                }
                Ok(snap::raw::Decoder::new().decompress_vec(packed).map_err(broken)?.into())
            }
            Compression::GZIP(_) => read(flate2::read::MultiGzDecoder::new(packed.as_ref())),
            Compression::ZSTD(_) => read(ruzstd::decoding::StreamingDecoder::new(packed.as_ref()).map_err(broken)?),
            _ => Ok(packed.clone()),
        }
    }
}

/// All that a decoder gives, unless it is more than a page may be.
fn read(decoder: impl Read) -> Result<Bytes> {
    let mut bytes = Vec::new();
    decoder.take(MAX_PAGE as u64 + 1).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() > MAX_PAGE { Err(too_large()) } else { Ok(bytes.into()) }
}

/// Why a column cannot be read.
pub(super) fn refused(why: &str) -> ParquetError {
    ParquetError::General(why.to_owned())
}

pub(super) fn short() -> ParquetError {
    refused("a page is shorter than it says")
}

pub(super) fn too_large() -> ParquetError {
    refused("a page is larger than 256 MB once it is unpacked")
}

fn broken(error: impl std::fmt::Display) -> ParquetError {
    refused(&error.to_string())
}
