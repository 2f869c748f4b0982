//! Any bytes as the checkpoint of a run, with the checksum that they ought to have: otherwise nothing would come past it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::Session;

fuzz_target!(|bytes: &[u8]| {
    let _ = Session::checkpoint_info(bytes);
    let mut bytes = bytes.to_vec();
    if let Some(end) = bytes.len().checked_sub(4) {
        let sum = crc32fast::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum.to_le_bytes());
        let _ = Session::checkpoint_info(&bytes);
    }
});
