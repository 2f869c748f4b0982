//! `model.safetensors.index.json`: which files a large model's weights are spread over.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::error::{Error, Result};

/// The file that mistakes are laid to.
const FILE: &str = "model.safetensors.index.json";
/// Largest index that is read, in bytes; one of a thousand tensors has 100 kB.
const MAX_BYTES: usize = 16 << 20;
/// Most files; encoders that fit in a browser come in two or three.
const MAX_FILES: usize = 64;

/// The names of the files, sorted, each a plain name in the index's own folder.
///
/// # Errors
///
/// A file that is no index, names paths, or too many files.
pub fn shards(index: &[u8]) -> Result<Vec<String>> {
    if index.len() > MAX_BYTES {
        return Err(Error::model(FILE, "it is larger than 16 MiB; that is no index of an encoder."));
    }
    let index: Value = serde_json::from_slice(index)
        .map_err(|error| Error::model(FILE, format!("it is not valid JSON ({error}). Download it again.")))?;
    let map = index.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| Error::model(FILE, "it has no weight_map, so it is not an index of weights."))?;
    let names: Option<BTreeSet<&str>> = map.values().map(|name| name.as_str().filter(|name| is_plain(name))).collect();
    match names {
        Some(names) if (1..=MAX_FILES).contains(&names.len()) => Ok(names.into_iter().map(str::to_owned).collect()),
        Some(names) => {
            Err(Error::model(FILE, format!("it names {} files; from 1 to {MAX_FILES} are read.", names.len())))
        }
        None => Err(Error::model(FILE, "it must name files of its own folder that end in .safetensors.")),
    }
}

/// Whether a name stays in its folder.
fn is_plain(name: &str) -> bool {
    name.ends_with(".safetensors") && name.len() < 200 && !name.contains(['/', '\\', ':']) && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_once_each_and_stay_in_their_folder() {
        let of = |map: &str| shards(format!(r#"{{"metadata": {{}}, "weight_map": {map}}}"#).as_bytes());
        let two = r#"{"a": "m-2.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"}"#;
        assert_eq!(of(two).expect("an index"), ["m-1.safetensors", "m-2.safetensors"]);
        for bad in [r#"{"a": "../m.safetensors"}"#, r#"{"a": "m.bin"}"#, r#"{"a": 1}"#, "{}", "[]"] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(shards(b"{").is_err());
    }
}
