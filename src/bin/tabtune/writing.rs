//! Files that take their place only when they are whole: whatever goes wrong before, what was there stays as it was.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tabtune::Result;
use tabtune::checkpoint::state::Sink;

use crate::folder::wrong;

/// A file on its way, beside the place that it is for. Dropped before [`Part::put`], it is gone again.
pub struct Part {
    target: PathBuf,
    /// `None` where bytes go to the target itself, which is no file: a pipe or a device has nothing that could be lost.
    part: Option<PathBuf>,
    file: File,
}

impl Part {
    /// An empty file for this place.
    ///
    /// # Errors
    ///
    /// A place that cannot be written to, or a file there that may not be replaced.
    pub fn of(target: &Path) -> Result<Self> {
        // What a link leads to is replaced, and not the link.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let before = fs::metadata(&target).ok();
        if before.as_ref().is_some_and(|before| !before.is_file()) {
            let file = File::options().write(true).open(&target).map_err(|error| wrong(&target, &error))?;
            return Ok(Self { target, part: None, file });
        }
        if before.as_ref().is_some_and(|before| before.permissions().readonly()) {
            return Err(wrong(&target, &ErrorKind::PermissionDenied.into()));
        }
        let part = beside(&target);
        let file = File::create(&part).map_err(|error| wrong(&target, &error))?;
        if let Some(before) = before {
            // A system that does not allow this has no such permissions to keep.
            let _ = fs::set_permissions(&part, before.permissions());
        }
        Ok(Self { target, part: Some(part), file })
    }

    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// A disk that is full, say.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| wrong(&self.target, &error))
    }

    /// Makes sure that all of it is on the disk.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        match self.part {
            Some(_) => self.file.sync_all().map_err(|error| wrong(&self.target, &error)),
            // Pipes cannot be asked for this.
            None => Ok(()),
        }
    }

    /// Puts it into its place.
    ///
    /// # Errors
    ///
    /// A place that cannot be written to.
    pub fn put(mut self) -> Result<()> {
        let Some(part) = &self.part else { return Ok(()) };
        fs::rename(part, &self.target).map_err(|error| wrong(&self.target, &error))?;
        self.part = None;
        Ok(())
    }
}

impl Sink for Part {
    fn begin(&mut self, _size: u64) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Part::write(self, bytes)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // What is left of it is of no use; that it cannot be removed is no news then.
            let _ = fs::remove_file(part);
        }
    }
}

/// The name of a file until it is whole. Always the same one, so that what a crash leaves is written over and not left again.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".tabtune-part");
    target.with_file_name(name)
}

/// Makes sure, before hours of work, that a file can be written to this place; what is there stays.
///
/// # Errors
///
/// See [`Part::of`].
pub fn probe(target: &Path) -> Result<()> {
    Part::of(target).map(drop)
}
