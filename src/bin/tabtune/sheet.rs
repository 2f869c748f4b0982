//! `tabtune predict --data`: a table in, the same table with predictions out, a piece at a time.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, IsTerminal, Read, Write};
use std::path::Path;

use tabtune::data::{Sheet, Survey};
use tabtune::{Error, Result, Session, SheetRun};

use crate::arguments::Table;
use crate::folder::{self, wrong};

/// Bytes read at a time.
const PIECE: usize = 1 << 20;
/// Rows predicted at a time: enough to sort by length, few enough to tell how far it is.
const ROWS: usize = 1024;

/// Predicts each row and writes it out.
///
/// # Errors
///
/// A file that cannot be read or written, or is no table; a column that it lacks; a device that failed.
pub async fn predict(session: &Session, options: &Table) -> Result<()> {
    let name = options.data.file_name().unwrap_or(options.data.as_os_str()).to_string_lossy().into_owned();
    refuse_same(options)?;
    let mut survey = Survey::new(&name);
    survey_file(&options.data, &mut survey)?;
    let sheet = match Sheet::open(&survey, session.predicts()?)? {
        Some(sheet) => sheet,
        None => Sheet::whole(&folder::read(&options.data)?, &name, session.predicts()?)?,
    };
    let info = sheet.info().clone();
    let text = options.text.clone().unwrap_or(info.text);
    let pair = options.pair_column.clone().or(info.pair.filter(|pair| *pair != text));
    if options.text.is_none() {
        let second = pair.as_ref().map_or_else(String::new, |pair| format!(" and \u{201c}{pair}\u{201d}"));
        eprintln!("Texts are taken from \u{201c}{text}\u{201d}{second}.");
    }
    let whole = sheet.is_whole();
    let mut run = SheetRun::new(session, sheet, &text, pair.as_deref())?;
    let mut out = Out::open(options.out.as_deref())?;
    out.write(&run.header()?)?;
    if whole {
        run.push(&[], true)?;
        drain(session, &mut run, &mut out).await?;
    } else {
        let mut file = File::open(&options.data).map_err(|error| wrong(&options.data, &error))?;
        let mut buffer = vec![0; PIECE];
        loop {
            let read = fill(&mut file, &mut buffer).map_err(|error| wrong(&options.data, &error))?;
            run.push(&buffer[..read], read < PIECE)?;
            drain(session, &mut run, &mut out).await?;
            if read < PIECE {
                break;
            }
        }
    }
    out.finish()?;
    if let Some(path) = &options.out {
        eprintln!("{} rows with predictions are in {}.", run.done(), path.display());
    }
    Ok(())
}

async fn drain(session: &Session, run: &mut SheetRun, out: &mut Out) -> Result<()> {
    while run.waiting() > 0 {
        out.write(&run.predict(session, ROWS).await?)?;
        if out.tells {
            eprint!("\r\x1b[2K{} rows", run.done());
        }
    }
    Ok(())
}

/// The result may not be written over the table that it is made from.
fn refuse_same(options: &Table) -> Result<()> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    match &options.out {
        Some(out) if real(out).is_some() && real(out) == real(&options.data) => Err(Error::file(
            out.display().to_string(),
            "the result cannot take the place of its own table. Choose another file.",
        )),
        _ => Ok(()),
    }
}

/// Where lines go.
struct Out {
    to: Box<dyn Write>,
    name: String,
    tells: bool,
}

impl Out {
    fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self { to: Box::new(std::io::stdout()), name: "standard output".to_owned(), tells: false });
        };
        let file = File::create(path).map_err(|error| wrong(path, &error))?;
        let tells = std::io::stderr().is_terminal();
        Ok(Self { to: Box::new(BufWriter::new(file)), name: path.display().to_string(), tells })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.ended(|to| to.write_all(bytes))
    }

    fn finish(mut self) -> Result<()> {
        if self.tells {
            eprint!("\r\x1b[2K");
        }
        self.ended(|to| to.flush())
    }

    fn ended(&mut self, work: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
        work(&mut self.to).map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                // A reader that has gone away ends the program quietly.
                std::process::exit(0);
            }
            wrong(Path::new(&self.name), &error)
        })
    }
}

/// Shows all of a file to a survey.
fn survey_file(path: &Path, survey: &mut Survey) -> Result<()> {
    let mut file = File::open(path).map_err(|error| wrong(path, &error))?;
    let mut buffer = vec![0; PIECE];
    loop {
        let read = fill(&mut file, &mut buffer).map_err(|error| wrong(path, &error))?;
        survey.add(&buffer[..read]);
        if read < PIECE {
            return Ok(());
        }
    }
}

/// Fills a buffer as far as the file goes.
fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
