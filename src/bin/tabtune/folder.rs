//! Model folders and files on disk, with mistakes in words.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tabtune::checkpoint::SentenceModules;
use tabtune::{Error, File, Result};

use crate::leftovers;
use crate::writing::Part;

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

/// Makes sure, before hours of training, that a folder can be written to. One that was not there is not there afterwards, too:
/// whatever goes wrong then, no empty folder is left.
///
/// # Errors
///
/// A folder that cannot be made or written to.
pub fn prepare(folder: &Path) -> Result<()> {
    let new = missing(folder);
    let probe = folder.join(".tabtune-probe");
    let made = fs::create_dir_all(folder).and_then(|()| fs::write(&probe, b"")).and_then(|()| fs::remove_file(&probe));
    remove_empty(&new);
    made.map_err(|error| wrong(folder, &error))
}

/// The same for a trained model.
///
/// # Errors
///
/// Also a folder with a model of somebody else.
pub fn prepare_for_model(folder: &Path) -> Result<()> {
    prepare(folder)?;
    leftovers::refuse_foreign(folder)
}

/// Writes files into a folder: all of them whole, or none.
///
/// # Errors
///
/// A file that cannot be written.
pub fn write(folder: &Path, files: &[File]) -> Result<()> {
    whole(folder, files)?.into_iter().try_for_each(Part::put)
}

/// The same in place of the files of another model that was written there before; files of other sorts stay.
///
/// # Errors
///
/// A file that cannot be written or removed.
pub fn replace(folder: &Path, files: &[File]) -> Result<()> {
    let parts = whole(folder, files)?;
    leftovers::remove(folder, files)?;
    parts.into_iter().try_for_each(Part::put)
}

/// Files beside the places that they are for. If one cannot be written, nothing is left of any.
fn whole(folder: &Path, files: &[File]) -> Result<Vec<Part>> {
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(&file.path)).collect();
    let parents = paths.iter().filter_map(|path| path.parent());
    let new: Vec<PathBuf> = parents.flat_map(missing).collect();
    let written = |(path, file): (&PathBuf, &File)| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| wrong(folder, &error))?;
        }
        let mut part = Part::of(path)?;
        part.write(&file.bytes)?;
        part.finish()?;
        Ok(part)
    };
    let parts: Result<Vec<Part>> = paths.iter().zip(files).map(written).collect();
    if parts.is_err() {
        remove_empty(&new);
    }
    parts
}

/// A folder and those that it is in which are not there yet, the innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    folder.ancestors().take_while(is_missing).map(Path::to_owned).collect()
}

/// Removes folders that were made for nothing.
fn remove_empty(folders: &[PathBuf]) {
    // Inner ones before those that they are in, which have shorter paths.
    let mut folders: Vec<&PathBuf> = folders.iter().collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.as_os_str().len()));
    for folder in folders {
        // One that is not empty, or gone already, is left alone.
        let _ = fs::remove_dir(folder);
    }
}

/// Whether two paths lead to the same place, which need not be there yet.
pub fn is_same(a: &Path, b: &Path) -> bool {
    real(a).is_some_and(|a| real(b) == Some(a))
}

/// Where a path leads to; of what is not there, from the innermost folder that is.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find_map(|there| {
        let rest = path.strip_prefix(there).ok()?;
        Some(fs::canonicalize(there).ok()?.components().chain(rest.components()).collect())
    })
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
