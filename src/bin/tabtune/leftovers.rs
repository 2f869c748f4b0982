//! Files of a model that was in a folder before: mixed with those of another one, they would be read as part of it.

use std::fs;
use std::path::Path;

use tabtune::{Error, File, Result};

use crate::folder::wrong;

/// What every model that was written by this program comes with.
const REPORT: &str = "training_report.json";
/// Written with each model, and not a model's alone.
const CARD: &str = "README.md";

/// Files of models, as transformers, sentence-transformers and PEFT name them.
const NAMES: [&str; 25] = [
    "config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "tf_model.h5",
    "flax_model.msgpack",
    "rust_model.ot",
    "adapter_config.json",
    "adapter_model.safetensors",
    "adapter_model.bin",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    REPORT,
];

/// Files of weights that are one of several.
const SHARDS: [(&str, &str); 2] = [("model-", ".safetensors"), ("pytorch_model-", ".bin")];

/// Modules of sentence-transformers that have a folder, after a number.
const MODULES: [&str; 3] = ["_Pooling", "_Normalize", "_Dense"];

/// Refuses a folder with a model, or a card of something, that this program did not write: its files would be replaced by
/// those of a trained model, or be mixed with them.
///
/// # Errors
///
/// The first such file.
pub fn refuse_foreign(folder: &Path) -> Result<()> {
    if folder.join(REPORT).exists() {
        return Ok(());
    }
    let card = Some(CARD.to_owned()).filter(|card| folder.join(card).exists());
    match of_model(folder).into_iter().next().or(card) {
        None => Ok(()),
        Some(path) => Err(foreign(folder, &path)),
    }
}

/// Refuses to write files over others, but for those of a folder with this mark of such files' own.
///
/// # Errors
///
/// The first file that is there already.
pub fn refuse_over(folder: &Path, files: &[File], mark: &str) -> Result<()> {
    let is_own = folder.join(mark).exists();
    match files.iter().find(|file| !is_own && folder.join(&file.path).exists()) {
        None => Ok(()),
        Some(file) => Err(foreign(folder, &file.path)),
    }
}

fn foreign(folder: &Path, path: &str) -> Error {
    Error::file(
        folder.display().to_string(),
        format!(
            "there is a {path} in it that Tabtune has not written, and that the new files would replace or be mixed with. Choose \
             a new or an empty folder."
        ),
    )
}

/// Removes the files of a model that was trained before and that the new one, of these files, does not have. Nothing else goes.
///
/// # Errors
///
/// A file that cannot be removed.
pub fn remove(folder: &Path, files: &[File]) -> Result<()> {
    if !folder.join(REPORT).exists() {
        return Ok(());
    }
    for name in of_model(folder).into_iter().filter(|name| files.iter().all(|file| file.path != *name)) {
        let path = folder.join(name);
        fs::remove_file(&path).map_err(|error| wrong(&path, &error))?;
        // A folder that is empty then; one that is not stays.
        let _ = path.parent().filter(|parent| *parent != folder).map(fs::remove_dir);
    }
    Ok(())
}

/// The files in a folder that are a model's, by their paths in it, sorted.
fn of_model(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (name, is_folder) in entries(folder) {
        if !is_folder {
            found.extend(Some(name).filter(|name| NAMES.contains(&name.as_str()) || is_shard(name)));
            continue;
        }
        let inside =
            entries(&folder.join(&name)).into_iter().filter(|(file, is_folder)| !is_folder && belongs(&name, file));
        found.extend(inside.map(|(file, _)| format!("{name}/{file}")));
    }
    found.sort();
    found
}

/// What is in a folder, with whether that is a folder, too, and no link to one. A folder that cannot be read has nothing.
fn entries(folder: &Path) -> Vec<(String, bool)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.file_type().ok()?.is_dir())))
        .collect()
}

/// Whether a file in a folder of a model's folder is the model's.
fn belongs(folder: &str, file: &str) -> bool {
    let module = MODULES.iter().find_map(|module| folder.strip_suffix(module));
    if folder == "onnx" {
        file.starts_with("model") && (file.ends_with(".onnx") || file.ends_with(".onnx_data"))
    } else {
        module.is_some_and(is_number) && ["config.json", "model.safetensors", "pytorch_model.bin"].contains(&file)
    }
}

/// Whether a name is like `model-00001-of-00002.safetensors`.
fn is_shard(name: &str) -> bool {
    let numbers = |(start, end): &(&str, &str)| name.strip_prefix(start)?.strip_suffix(end)?.split_once("-of-");
    SHARDS.iter().filter_map(numbers).any(|(one, all)| is_number(one) && is_number(all))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
