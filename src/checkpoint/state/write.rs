//! Arrays and a JSON text → the bytes of a checkpoint, written as they are read from the device: of all arrays together
//! only some megabytes are held at a time.

use std::borrow::Cow;
use std::collections::HashMap;

use burn::tensor::Tensor;
use crc32fast::Hasher;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::place::Sink;
use super::{CHECKSUM, CHECKSUM_BYTES, FORMAT, LENGTH, MAX_HEADER, STATE, VERSION, unusable};
use crate::device::{self, Compute, Held};
use crate::error::Result;

// Arrays are written as they lie in memory.
const _: () = assert!(cfg!(target_endian = "little"), "safetensors is little-endian");

/// Bytes that are read from a GPU at a time. A browser may take a tenth of a second for each reading, whatever its size.
pub(super) const AT_ONCE: usize = 32 << 20;

/// The values of an array, row-major.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // As with `Held`.
pub enum Array<'a> {
    /// Single precision.
    Floats(Held<'a>),
    /// Single precision, row by row.
    Rows(Vec<&'a [f32]>),
    /// Double precision.
    Doubles(Cow<'a, [f64]>),
    /// Whole numbers.
    Numbers(Vec<u32>),
}

/// An array on its way into a file.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its name there.
    pub name: String,
    /// Its shape, whose sides give the number of its values.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Array<'a>,
}

impl Array<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Self::Floats(_) | Self::Rows(_) => Dtype::F32,
            Self::Doubles(_) => Dtype::F64,
            Self::Numbers(_) => Dtype::U32,
        }
    }
}

/// Writes a checkpoint; returns its size in bytes.
///
/// # Errors
///
/// A device that fails while it is read, a place that takes no more, or a text that is too long for a header.
pub async fn write(state: String, mut entries: Vec<Entry<'_>>, compute: &Compute, sink: &mut dyn Sink) -> Result<u64> {
    // Wide values first, so that each lies at a multiple of its size.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.values.dtype().bitsize()));
    let (header, data) = header(state, &entries)?;
    let size = LENGTH as u64 + header.len() as u64 + data;
    sink.begin(size)?;
    let mut out = Summed { sink, sum: Hasher::new() };
    out.put(&(header.len() as u64).to_le_bytes())?;
    out.put(&header)?;
    let mut entries = entries.into_iter().map(|entry| entry.values).peekable();
    while let Some(values) = entries.next() {
        match values {
            Array::Doubles(values) => out.put(bytemuck::cast_slice(&values))?,
            Array::Numbers(values) => out.put(bytemuck::cast_slice(&values))?,
            Array::Rows(rows) => rows.into_iter().try_for_each(|row| out.put(bytemuck::cast_slice(row)))?,
            Array::Floats(Held::Host(values)) => out.put(bytemuck::cast_slice(&values))?,
            Array::Floats(Held::Device(first)) => {
                let mut group = vec![first];
                let mut bytes = size_in_bytes(&group[0]);
                while !compute.is_cpu()
                    && let Some(Array::Floats(Held::Device(next))) = entries.peek()
                    && bytes + size_in_bytes(next) <= AT_ONCE
                {
                    bytes += size_in_bytes(next);
                    group.extend(entries.next().and_then(on_device));
                }
                let one = if group.len() == 1 { group.swap_remove(0) } else { Tensor::cat(group, 0) };
                out.put(bytemuck::cast_slice(&device::read(one).await?))?;
            }
        }
    }
    let Summed { sink, sum } = out;
    sink.write(&sum.finalize().to_le_bytes())?;
    Ok(size)
}

fn on_device(values: Array<'_>) -> Option<Tensor<1>> {
    if let Array::Floats(Held::Device(values)) = values { Some(values) } else { None }
}

fn size_in_bytes(values: &Tensor<1>) -> usize {
    values.shape().num_elements() * size_of::<f32>()
}

/// The header, filled up with spaces to a multiple of 8, and how many bytes of data come after it.
fn header(state: String, entries: &[Entry]) -> Result<(Vec<u8>, u64)> {
    let mut end = 0;
    let mut info = |name: &str, dtype: Dtype, shape: Vec<usize>| {
        let begin = end;
        end += shape.iter().product::<usize>() * dtype.bitsize() / 8;
        (name.to_owned(), TensorInfo { dtype, shape, data_offsets: (begin, end) })
    };
    let mut tensors: Vec<_> =
        entries.iter().map(|entry| info(&entry.name, entry.values.dtype(), entry.shape.clone())).collect();
    tensors.push(info(CHECKSUM, Dtype::U8, vec![CHECKSUM_BYTES]));
    let metadata = HashMap::from([(VERSION.to_owned(), FORMAT.to_owned()), (STATE.to_owned(), state)]);
    let unwritable = |why: &dyn std::fmt::Display| unusable(format!("it cannot be written ({why})."));
    let metadata = Metadata::new(Some(metadata), tensors).map_err(|error| unwritable(&error))?;
    let mut header = serde_json::to_vec(&metadata).map_err(|error| unwritable(&error))?;
    header.resize(header.len().next_multiple_of(LENGTH), b' ');
    if header.len() > MAX_HEADER {
        return Err(unwritable(&"the run's figures are more than it can hold"));
    }
    Ok((header, end as u64))
}

/// Writes and sums up what was written.
struct Summed<'a> {
    sink: &'a mut dyn Sink,
    sum: Hasher,
}

impl Summed<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.sum.update(bytes);
        self.sink.write(bytes)
    }
}
