//! Any bytes as `model.safetensors`, whole and in two parts, and every tensor that they claim to hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::checkpoint::{WeightsFile, shards};

fuzz_target!(|bytes: &[u8]| {
    let _ = shards(bytes);
    let (left, right) = bytes.split_at(bytes.len() / 2);
    for files in [&[bytes][..], &[left, right]] {
        let Ok(file) = WeightsFile::open(files, str::to_owned) else { continue };
        let names: Vec<String> = file.names().map(str::to_owned).collect();
        for name in names {
            let _ = (file.shape(&name).map(<[usize]>::len), file.values(&name));
        }
    }
});
