//! `tabtune predict --data`: a table in, the same table with predictions out, a piece at a time.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::Path;

use tabtune::data::Sheet;
use tabtune::{Error, Result, Session, SheetFormat, SheetRun};

use crate::arguments::Table;
use crate::folder::{self, wrong};
use crate::pieces::{self, Pieces};

/// Rows predicted at a time: enough to sort by length, few enough to tell how far it is.
const ROWS: usize = 1024;

/// Predicts each row and writes it out.
///
/// # Errors
///
/// A file that cannot be read or written, or is no table; a column that it lacks; a device that failed.
pub async fn predict(session: &Session, options: &Table) -> Result<()> {
    refuse_same(options)?;
    let survey = pieces::survey(&options.data, &options.dialect)?;
    let task = session.predicts()?;
    let sheet = match Sheet::open(&survey, task)? {
        Some(sheet) => sheet,
        None => Sheet::whole(&folder::read(&options.data)?, survey.name(), task, &options.dialect)?,
    };
    let info = sheet.info().clone();
    let text = options.text.clone().unwrap_or(info.text);
    let pair = options.pair_column.clone().or(info.pair.filter(|pair| *pair != text));
    if options.text.is_none() {
        let second = pair.as_ref().map_or_else(String::new, |pair| format!(" and \u{201c}{pair}\u{201d}"));
        eprintln!("Texts are taken from \u{201c}{text}\u{201d}{second}.");
    }
    let whole = sheet.is_whole();
    let excel =
        options.out.as_ref().and_then(|out| out.extension()).is_some_and(|end| end.eq_ignore_ascii_case("xlsx"));
    let format = if excel { SheetFormat::Excel } else { SheetFormat::Csv };
    let mut run = SheetRun::new(session, sheet, &text, pair.as_deref(), format)?;
    let mut out = Out::open(options.out.as_deref())?;
    out.write(&run.header()?)?;
    if whole {
        run.push(&[], true)?;
        drain(session, &mut run, &mut out).await?;
    } else {
        let mut pieces = Pieces::of(&options.data)?;
        while let Some((piece, last)) = pieces.next()? {
            run.push(piece, last)?;
            drain(session, &mut run, &mut out).await?;
        }
    }
    out.write(&run.finish()?)?;
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
