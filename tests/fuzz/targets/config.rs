//! Any bytes as `config.json`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::model::EncoderConfig;

fuzz_target!(|bytes: &[u8]| {
    let Ok(config) = EncoderConfig::from_json(bytes) else { return };
    let _ = (config.longest(), config.task(), config.problem(), config.named_labels(), config.threshold());
});
