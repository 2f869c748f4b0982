//! Model folders and files on disk, with mistakes in words.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use tabtune::checkpoint::SentenceModules;
use tabtune::{Error, File, Result};

/// The bytes of a model folder's files.
pub struct Folder {
    pub config: Vec<u8>,
    pub vocabulary: Words,
    pub weights: Vec<Vec<u8>>,
    pub tokenizer_config: Option<Vec<u8>>,
    /// Files of a sentence-transformers model beside its encoder's, by path.
    pub modules: Vec<(String, Vec<u8>)>,
}

/// What texts are cut into tokens with.
pub enum Words {
    Tokenizer(Vec<u8>),
    Vocab(Vec<u8>),
}

/// Reads a model folder: `tokenizer.json` or else `vocab.txt`, and weights in one file or in shards.
///
/// # Errors
///
/// A file that is missing or cannot be read.
pub fn read_model(folder: &Path) -> Result<Folder> {
    let vocab = folder.join("vocab.txt");
    let tokenizer = folder.join("tokenizer.json");
    let index = folder.join("model.safetensors.index.json");
    Ok(Folder {
        config: read(&folder.join("config.json"))?,
        vocabulary: if !tokenizer.exists() && vocab.exists() {
            Words::Vocab(read(&vocab)?)
        } else {
            Words::Tokenizer(read(&tokenizer)?)
        },
        weights: if index.exists() {
            let names = tabtune::checkpoint::shards(&read(&index)?)?;
            names.iter().map(|name| read(&folder.join(name))).collect::<Result<_>>()?
        } else {
            vec![read(&folder.join("model.safetensors"))?]
        },
        tokenizer_config: fs::read(folder.join("tokenizer_config.json")).ok(),
        modules: read_modules(folder)?,
    })
}

/// `modules.json` and the files that it names, where there is one.
fn read_modules(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let Ok(bytes) = fs::read(folder.join("modules.json")) else { return Ok(Vec::new()) };
    let named = SentenceModules::from_json(&bytes)?.files();
    let present = named.into_iter().filter_map(|file| Some((fs::read(folder.join(&file.path)).ok()?, file.path)));
    Ok(present.map(|(bytes, path)| (path, bytes)).chain([("modules.json".to_owned(), bytes.clone())]).collect())
}

/// Reads a file.
///
/// # Errors
///
/// A file that is missing or cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| wrong(path, &error))
}

/// Makes sure, before hours of training, that a folder can be written to.
///
/// # Errors
///
/// A folder that cannot be made or written to.
pub fn prepare(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| wrong(folder, &error))?;
    let probe = folder.join(".tabtune-probe");
    fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(|error| wrong(folder, &error))
}

/// Writes the files of a trained model.
///
/// # Errors
///
/// A file that cannot be written.
pub fn write(folder: &Path, files: &[File]) -> Result<()> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| wrong(folder, &error))?;
        }
        fs::write(&path, &file.bytes).map_err(|error| wrong(&path, &error))?;
    }
    Ok(())
}

/// Files of a model folder that not every model has: of another one before, they would be taken for this one's.
const OF_SOME: [&str; 9] = [
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
    "2_Normalize/config.json",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
    "3_Dense/config.json",
    "3_Dense/model.safetensors",
];

/// Writes the files of a trained model in place of those of another that was written there before; files of other sorts stay.
///
/// # Errors
///
/// A file that cannot be written or removed.
pub fn replace(folder: &Path, files: &[File]) -> Result<()> {
    if folder.join("training_report.json").exists() {
        let stale =
            OF_SOME.iter().filter(|path| files.iter().all(|file| file.path != **path)).map(|path| folder.join(path));
        for path in stale.filter(|path| path.exists()) {
            fs::remove_file(&path).map_err(|error| wrong(&path, &error))?;
            // A folder that is empty then; one that is not stays.
            let _ = path.parent().filter(|parent| *parent != folder).map(fs::remove_dir);
        }
    }
    write(folder, files)
}

/// What went wrong with a file or folder, in words.
pub fn wrong(path: &Path, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder.".to_owned(),
        ErrorKind::PermissionDenied => "it may not be read or written by you.".to_owned(),
        _ => format!("it cannot be read or written ({error})."),
    };
    Error::file(path.display().to_string(), why)
}
