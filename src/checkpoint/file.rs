//! A safetensors file whose header has been checked: tensors by canonical name, read as f32.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::error::{Error, Result};

/// Largest header that is read, in bytes; the format's own limit.
const MAX_HEADER: u64 = 100_000_000;
/// Most tensors that are read; real encoders have a few hundred.
const MAX_TENSORS: usize = 100_000;
/// Most sides of a tensor; encoders have two.
const MAX_SIDES: usize = 8;

/// The tensors of a file.
pub struct WeightsFile<'a> {
    tensors: BTreeMap<String, TensorView<'a>>,
}

impl<'a> WeightsFile<'a> {
    /// Checks the files of one model and takes note of where their tensors lie, each under the name that `canonical`
    /// makes of its own; copies nothing.
    ///
    /// # Errors
    ///
    /// A file that is cut short or is no safetensors file; a header that lies about types, shapes or offsets, with
    /// the tensor's name; the same name twice, in two spellings or in two files.
    pub fn open(files: &[&'a [u8]], canonical: impl Fn(&str) -> String) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for bytes in files {
            check_header(bytes)?;
            let parsed = SafeTensors::deserialize(bytes).map_err(|error| {
                damaged(format!("its header is not right ({}). Download it again.", shown(&error.to_string())))
            })?;
            for (name, view) in parsed.tensors() {
                if tensors.insert(canonical(&name), view).is_some() {
                    return Err(Error::tensor(
                        shown(&name),
                        "it is there twice, under two spellings of its name or in two files.",
                    ));
                }
            }
        }
        Ok(Self { tensors })
    }

    /// Canonical names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Shape of a tensor in the file, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(TensorView::shape)
    }

    /// A tensor's values as f32, row-major, if it is there.
    ///
    /// # Errors
    ///
    /// A type other than F32, F16 and BF16, and values that are not finite.
    pub fn values(&self, name: &str) -> Result<Option<Vec<f32>>> {
        let Some(view) = self.tensors.get(name) else { return Ok(None) };
        let bytes = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => bytes.as_chunks().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect(),
            Dtype::F16 => bytes.as_chunks().0.iter().map(|&chunk| half::f16::from_le_bytes(chunk).to_f32()).collect(),
            Dtype::BF16 => bytes.as_chunks().0.iter().map(|&chunk| half::bf16::from_le_bytes(chunk).to_f32()).collect(),
            other => {
                return Err(Error::tensor(
                    name,
                    format!("its type {other:?} is not supported; F32, F16 and BF16 are."),
                ));
            }
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::tensor(
                name,
                "it holds values that are not numbers (NaN or infinity). The file is damaged.",
            ));
        }
        Ok(Some(values))
    }
}

/// Looks at the header before the library does, so that a lie is reported with the name of the tensor it is about.
fn check_header(bytes: &[u8]) -> Result<()> {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Err(damaged("it is too short to be a safetensors file. Download it again."));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER {
        return Err(damaged("it is not a safetensors file: its first 8 bytes give an impossible header length."));
    }
    let Some((header, data)) = rest.split_at_checked(length as usize) else {
        return Err(damaged("it is cut short within its header. Download it again."));
    };
    let header: Value = serde_json::from_slice(header)
        .map_err(|error| damaged(format!("its header is not valid JSON ({error}). Is it a safetensors file?")))?;
    let Some(entries) = header.as_object() else {
        return Err(damaged("its header is not a JSON object. Is it a safetensors file?"));
    };
    if entries.len() > MAX_TENSORS {
        return Err(damaged(format!("its header names {} tensors; at most {MAX_TENSORS} are read.", entries.len())));
    }
    let mut spans = Vec::with_capacity(entries.len());
    for (name, entry) in entries.iter().filter(|(name, _)| *name != "__metadata__") {
        spans.push((check_entry(name, entry, data.len() as u64)?, name));
    }
    spans.sort_unstable();
    match spans.windows(2).find(|pair| pair[0].0.1 > pair[1].0.0) {
        Some(pair) => {
            let [first, second] = [pair[0].1, pair[1].1].map(|name| shown(name));
            Err(Error::tensor(second, format!("its bytes overlap those of \u{201c}{first}\u{201d}.")))
        }
        None => Ok(()),
    }
}

/// Begin and end of a tensor in the data, if its entry is truthful.
fn check_entry(name: &str, entry: &Value, data: u64) -> Result<(u64, u64)> {
    let lie = |message: &str| Error::tensor(shown(name), format!("{message} The file is damaged; download it again."));
    let numbers =
        |field: &str| -> Option<Vec<u64>> { entry.get(field)?.as_array()?.iter().map(Value::as_u64).collect() };
    let shape = numbers("shape").filter(|shape| shape.len() <= MAX_SIDES);
    let shape = shape.ok_or_else(|| lie("its header entry has no proper shape."))?;
    let Some([begin, end]) = numbers("data_offsets").and_then(|offsets| <[u64; 2]>::try_from(offsets).ok()) else {
        return Err(lie("its header entry has no proper offsets."));
    };
    if begin > end || end > data {
        return Err(lie(&format!("its bytes {begin} to {end} lie outside the file's {data} bytes of data.")));
    }
    let width = match entry.get("dtype").and_then(Value::as_str) {
        Some("F64" | "I64" | "U64") => 8,
        Some("F32" | "I32" | "U32") => 4,
        Some("F16" | "BF16" | "I16" | "U16") => 2,
        Some("BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2") => 1,
        other => return Err(lie(&format!("its type {:?} is not known.", shown(other.unwrap_or("(none)"))))),
    };
    let size = shape.iter().try_fold(width, |size: u64, &side| size.checked_mul(side));
    if size != Some(end - begin) {
        return Err(lie(&format!("its shape {shape:?} does not fit its {} bytes.", end - begin)));
    }
    Ok((begin, end))
}

/// At most 200 characters of a hostile string.
fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

fn damaged(message: impl Into<String>) -> Error {
    Error::model("model.safetensors", message)
}
