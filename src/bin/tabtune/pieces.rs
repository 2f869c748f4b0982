//! Tables of any size, read a piece at a time. What cannot be read twice, such as a pipe, is kept in memory.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use tabtune::Result;
use tabtune::data::{Dialect, ROOM, Reading, Survey, Table, TableReader};

use crate::folder::{self, wrong};

/// Bytes read at a time.
const PIECE: usize = 1 << 20;
/// What stands for standard input on the command line.
pub const STANDARD: &str = "-";

/// Where a table comes from.
pub struct Input<'a> {
    path: &'a Path,
    /// What it is called.
    name: String,
    /// All of what can be read only once.
    held: Option<Vec<u8>>,
}

impl<'a> Input<'a> {
    /// A file, or standard input.
    ///
    /// # Errors
    ///
    /// There is none of this name, or it cannot be read.
    pub fn open(path: &'a Path) -> Result<Self> {
        if path == Path::new(STANDARD) {
            let path = Path::new("standard input");
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| wrong(path, &error))?;
            return Ok(Self { path, name: path.display().to_string(), held: Some(bytes) });
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let is_file = fs::metadata(path).map_err(|error| wrong(path, &error))?.is_file();
        let held = if is_file { None } else { Some(folder::read(path)?) };
        Ok(Self { path, name, held })
    }

    /// From the start.
    ///
    /// # Errors
    ///
    /// A file that cannot be opened.
    pub fn pieces(&self) -> Result<Pieces<'_>> {
        let from: Box<dyn Read + '_> = match &self.held {
            Some(bytes) => Box::new(bytes.as_slice()),
            None => Box::new(File::open(self.path).map_err(|error| wrong(self.path, &error))?),
        };
        Ok(Pieces { path: self.path, from, buffer: vec![0; PIECE], ended: false })
    }

    /// All of it.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        match &self.held {
            Some(bytes) => Ok(bytes.into()),
            None => folder::read(self.path).map(Cow::Owned),
        }
    }

    /// Sees all of it, which is to be read in this way.
    ///
    /// # Errors
    ///
    /// A file that cannot be read; an encoding that there is not.
    pub fn survey(&self, dialect: &Dialect) -> Result<Survey> {
        let mut survey = Survey::of(&self.name, dialect)?;
        let mut pieces = self.pieces()?;
        while let Some((piece, _)) = pieces.next()? {
            survey.add(piece);
        }
        Ok(survey)
    }
}

/// Bytes between two pieces.
pub struct Pieces<'a> {
    path: &'a Path,
    from: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    ended: bool,
}

impl Pieces<'_> {
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
            match self.from.read(&mut self.buffer[filled..]).map_err(|error| wrong(self.path, &error))? {
                0 => break,
                read => filled += read,
            }
        }
        self.ended = filled < PIECE;
        Ok(Some((&self.buffer[..filled], self.ended)))
    }
}

/// A file, or standard input, as a table.
///
/// # Errors
///
/// A file that cannot be read, in this way or at all, or is no table.
pub fn table(path: &Path, dialect: &Dialect) -> Result<Table> {
    let input = Input::open(path)?;
    let survey = input.survey(dialect)?;
    let Some(mut reader) = TableReader::open(&survey)? else {
        return Table::parse_as(&input.bytes()?, survey.name(), ROOM, dialect);
    };
    let mut pieces = input.pieces()?;
    while let Some((piece, last)) = pieces.next()? {
        match reader.push(piece, last)? {
            Reading::Goes => {}
            Reading::Again => pieces = input.pieces()?,
        }
    }
    reader.finish()
}
