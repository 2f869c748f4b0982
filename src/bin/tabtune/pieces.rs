//! Files of any size, read a piece at a time.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tabtune::Result;
use tabtune::data::{Dialect, ROOM, Reading, Survey, Table, TableReader};

use crate::folder::{self, wrong};

/// Bytes read at a time.
const PIECE: usize = 1 << 20;

/// A file between two pieces.
pub struct Pieces<'a> {
    path: &'a Path,
    file: File,
    buffer: Vec<u8>,
    ended: bool,
}

impl<'a> Pieces<'a> {
    /// At the start of a file.
    ///
    /// # Errors
    ///
    /// A file that cannot be opened.
    pub fn of(path: &'a Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| wrong(path, &error))?;
        Ok(Self { path, file, buffer: vec![0; PIECE], ended: false })
    }

    /// The next bytes, and whether they are the last ones; these may be none. `None` after them.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn next(&mut self) -> Result<Option<(&[u8], bool)>> {
        if self.ended {
            return Ok(None);
        }
        let mut filled = 0;
        while filled < PIECE {
            match self.file.read(&mut self.buffer[filled..]).map_err(|error| wrong(self.path, &error))? {
                0 => break,
                read => filled += read,
            }
        }
        self.ended = filled < PIECE;
        Ok(Some((&self.buffer[..filled], self.ended)))
    }
}

/// Sees all of a file that is to be read in this way.
///
/// # Errors
///
/// A file that cannot be read; an encoding that there is not.
pub fn survey(path: &Path, dialect: &Dialect) -> Result<Survey> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut survey = Survey::of(&name, dialect)?;
    let mut pieces = Pieces::of(path)?;
    while let Some((piece, _)) = pieces.next()? {
        survey.add(piece);
    }
    Ok(survey)
}

/// A file as a table.
///
/// # Errors
///
/// A file that cannot be read, in this way or at all, or is no table.
pub fn table(path: &Path, dialect: &Dialect) -> Result<Table> {
    let survey = survey(path, dialect)?;
    let Some(mut reader) = TableReader::open(&survey)? else {
        return Table::parse_as(&folder::read(path)?, survey.name(), ROOM, dialect);
    };
    let mut pieces = Pieces::of(path)?;
    while let Some((piece, last)) = pieces.next()? {
        match reader.push(piece, last)? {
            Reading::Goes => {}
            Reading::Again => pieces = Pieces::of(path)?,
        }
    }
    reader.finish()
}
