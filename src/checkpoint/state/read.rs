//! The bytes of a checkpoint → its arrays and its JSON text, once all of it has been found to be whole.

use crc32fast::Hasher;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::place::Source;
use super::{CHECKSUM, CHECKSUM_BYTES, FORMAT, LENGTH, MAX_HEADER, STATE, VERSION, damaged, unusable};
use crate::error::{Error, Result};

/// Bytes that are summed up at a time.
const PIECE: usize = 1 << 20;

/// A checkpoint that is whole.
pub struct StateFile<'a> {
    source: &'a dyn Source,
    metadata: Metadata,
    /// Where the header ends and the data begin.
    data: u64,
}

impl<'a> StateFile<'a> {
    /// Checks a checkpoint from its first byte to its last; copies no array.
    ///
    /// # Errors
    ///
    /// Bytes that are no checkpoint, are not whole or not as they were written, or of another version of the format.
    pub fn open(source: &'a dyn Source) -> Result<Self> {
        let file = Self::begin(source)?;
        check_sum(source, &file.metadata, source.size())?;
        file.check_version()
    }

    /// What a checkpoint says of itself, for a question that is to be answered at once: its arrays are not looked at.
    ///
    /// # Errors
    ///
    /// As [`StateFile::open`], but for arrays that are not as they were written.
    pub fn glance(source: &'a dyn Source) -> Result<Self> {
        Self::begin(source)?.check_version()
    }

    fn begin(source: &'a dyn Source) -> Result<Self> {
        let size = source.size();
        let header = header(source, size)?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| damaged(&format!("its header is not right ({}).", shown(&error.to_string()))))?;
        let data = (LENGTH + header.len()) as u64;
        let file = Self { source, metadata, data };
        file.said(VERSION).ok_or_else(no_checkpoint)?;
        let whole = data + file.metadata.data_len() as u64;
        if whole != size {
            return Err(damaged(&format!("its {size} bytes should be {whole}, as its header has it.")));
        }
        Ok(file)
    }

    fn check_version(self) -> Result<Self> {
        match self.said(VERSION) {
            Some(version) if version == FORMAT => Ok(self),
            version => Err(unusable(format!(
                "it was written by another version of Tabtune (format {}; this one reads format {FORMAT}). Go on with \
                 that version, or start anew.",
                shown(version.unwrap_or_default())
            ))),
        }
    }

    /// What stands in the header beside the arrays.
    fn said(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref().and_then(|said| said.get(key)).map(String::as_str)
    }

    /// The JSON text.
    pub fn state(&self) -> &str {
        self.said(STATE).unwrap_or_default()
    }

    /// The shape of an array, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.metadata.info(name).map(|info| info.shape.as_slice())
    }

    /// The names that begin in a way, without that beginning.
    pub fn below(&self, beginning: &str) -> Vec<String> {
        let names = self.metadata.offset_keys().into_iter();
        names.filter_map(|name| name.strip_prefix(beginning).map(str::to_owned)).collect()
    }

    /// An array of single precision.
    ///
    /// # Errors
    ///
    /// One that is missing or has another shape or type.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.values(name, shape, Dtype::F32)
    }

    /// An array of double precision.
    ///
    /// # Errors
    ///
    /// One that is missing or has another shape or type.
    pub fn doubles(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>> {
        self.values(name, shape, Dtype::F64)
    }

    /// An array of whole numbers.
    ///
    /// # Errors
    ///
    /// One that is missing or has another shape or type.
    pub fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<u32>> {
        self.values(name, shape, Dtype::U32)
    }

    fn values<T: bytemuck::Pod>(&self, name: &str, shape: &[usize], dtype: Dtype) -> Result<Vec<T>> {
        let info = self.metadata.info(name);
        let TensorInfo { data_offsets: (begin, end), .. } =
            info.filter(|info| info.shape == shape && info.dtype == dtype).ok_or_else(|| {
                let found =
                    info.map_or("it is missing".to_owned(), |info| format!("it is {:?} {:?}", info.dtype, info.shape));
                let why =
                    format!("{dtype:?} {shape:?} is expected in the checkpoint, and {found}. It is another run's.");
                Error::tensor(shown(name), why)
            })?;
        // The header has been checked: so many bytes are there, and the shape gives as many values.
        let mut values = vec![T::zeroed(); (end - begin) / size_of::<T>()];
        self.source.read(self.data + *begin as u64, bytemuck::cast_slice_mut(&mut values));
        Ok(values)
    }
}

/// The bytes of the header, if there can be one.
fn header(source: &dyn Source, size: u64) -> Result<Vec<u8>> {
    let mut length = [0; LENGTH];
    if size < (LENGTH + CHECKSUM_BYTES) as u64 {
        return Err(damaged("it is too short to be a checkpoint."));
    }
    source.read(0, &mut length);
    let length = u64::from_le_bytes(length);
    let length = usize::try_from(length).ok().filter(|&length| length <= MAX_HEADER).ok_or_else(no_checkpoint)?;
    if (LENGTH + length) as u64 > size {
        return Err(damaged("it is cut short within its header."));
    }
    let mut header = vec![0; length];
    source.read(LENGTH as u64, &mut header);
    Ok(header)
}

/// Compares the sum of all bytes with the one that was written after them.
fn check_sum(source: &dyn Source, metadata: &Metadata, size: u64) -> Result<()> {
    let last = metadata.info(CHECKSUM).map(|info| (info.shape.as_slice(), info.dtype, info.data_offsets.1));
    if last != Some((&[CHECKSUM_BYTES], Dtype::U8, metadata.data_len())) {
        return Err(damaged("it does not end with a checksum."));
    }
    let (mut sum, mut piece) = (Hasher::new(), vec![0; PIECE]);
    let (mut at, end) = (0, size - CHECKSUM_BYTES as u64);
    while at < end {
        let piece = &mut piece[..usize::try_from(end - at).unwrap_or(PIECE).min(PIECE)];
        source.read(at, piece);
        sum.update(piece);
        at += piece.len() as u64;
    }
    let mut written = [0; CHECKSUM_BYTES];
    source.read(end, &mut written);
    if sum.finalize() == u32::from_le_bytes(written) {
        Ok(())
    } else {
        Err(damaged("its checksum does not fit its bytes."))
    }
}

fn no_checkpoint() -> Error {
    unusable("this is no checkpoint of a run. Choose a file that was written during training.")
}

/// At most 200 characters of a hostile string.
fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}
