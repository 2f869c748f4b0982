//! Any bytes as each of the small files of a folder: those of sentence-transformers and of adapters, and a recipe.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabtune::Recipe;
use tabtune::checkpoint::SentenceModules;
use tabtune::checkpoint::adapter::AdapterConfig;

fuzz_target!(|bytes: &[u8]| {
    let _ = AdapterConfig::from_json(bytes);
    if let Ok(modules) = SentenceModules::from_json(bytes) {
        let _ = (modules.encoder_folder().len(), modules.files().len());
        // Whatever file it asks for, it gets the same bytes.
        let _ = modules.layout(32, |_| Some(bytes));
    }
    if let Ok(recipe) = serde_json::from_slice::<Recipe>(bytes) {
        let _ = recipe.mistakes();
    }
});
