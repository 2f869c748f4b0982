//! `tabtune predict --data`: a table in, the same table with predictions out, a piece at a time.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use tabtune::data::{Delimiter, Sheet, SheetInfo};
use tabtune::{Error, Result, Session, SheetFormat, SheetRun};

use crate::arguments::Table;
use crate::columns;
use crate::commands;
use crate::output::{self, tell};
use crate::pieces::Input;
use crate::signals::Watch;
use crate::writing::Part;

/// Rows predicted at a time: enough to sort by length, few enough to tell how far it is.
const ROWS: usize = 1024;
/// What a table is not written as, by the ends of files' names.
const UNWRITTEN: [&str; 12] =
    ["json", "jsonl", "ndjson", "parquet", "xls", "xlsm", "xlsb", "ods", "conll", "gz", "zst", "zip"];

/// Predicts each row and writes it out; the exit code, which is not 0 if a signal ended it.
///
/// # Errors
///
/// A file that cannot be read or written, or is no table; a column that it lacks; a device that failed.
pub async fn predict(session: &Session, options: &Table) -> Result<u8> {
    refuse_same(options)?;
    let input = Input::open(&options.data)?;
    let survey = input.survey(&options.dialect)?;
    let task = session.predicts()?;
    let sheet = match Sheet::open(&survey, task)? {
        Some(sheet) => sheet,
        None => Sheet::whole(&input.bytes()?, survey.name(), task, &options.dialect)?,
    };
    let info = sheet.info().clone();
    let format = format(options.out.as_deref(), &info)?;
    for name in [&options.text, &options.pair_column].into_iter().flatten() {
        columns::refuse_unlike(&info.columns, name)?;
    }
    let text = options.text.clone().unwrap_or(info.text);
    let pair = options.pair_column.clone().or(info.pair.filter(|pair| *pair != text));
    if options.text.is_none() {
        let second = pair.as_ref().map_or_else(String::new, |pair| format!(" and \u{201c}{pair}\u{201d}"));
        tell!("Texts are taken from \u{201c}{text}\u{201d}{second}.");
    }
    let whole = sheet.is_whole();
    let mut run = SheetRun::new(session, sheet, &text, pair.as_deref(), format)?;
    let mut out = Out::open(options.out.as_deref())?;
    out.write(&run.header()?)?;
    if whole {
        run.push(&[], true)?;
        drain(session, &mut run, &mut out).await?;
    } else {
        let mut pieces = input.pieces()?;
        while let Some((piece, last)) = pieces.next()?.filter(|_| out.is_wanted()) {
            run.push(piece, last)?;
            drain(session, &mut run, &mut out).await?;
        }
    }
    let (cut, tokens) = run.cut();
    out.write(&run.finish()?)?;
    let code = out.finish(run.done())?;
    commands::tell_cut(cut, tokens);
    Ok(code)
}

async fn drain(session: &Session, run: &mut SheetRun, out: &mut Out<'_>) -> Result<()> {
    while run.waiting() > 0 && out.is_wanted() {
        out.write(&run.predict(session, ROWS).await?)?;
        if out.tells() {
            output::say(format_args!("\r\x1b[2K{} rows", run.done()));
        }
    }
    Ok(())
}

/// The result may not be written over the table that it is made from.
fn refuse_same(options: &Table) -> Result<()> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    match &options.out {
        Some(out) if real(out).is_some_and(|real| real.is_file()) && real(out) == real(&options.data) => {
            Err(Error::file(
                out.display().to_string(),
                "the result cannot take the place of its own table. Choose another file.",
            ))
        }
        _ => Ok(()),
    }
}

/// Refuses a file whose name promises what is not written, before anything is read.
///
/// # Errors
///
/// Which names there may be.
pub fn refuse_unwritten(out: &Path) -> Result<()> {
    match ending(out) {
        Some(end) if UNWRITTEN.contains(&end.as_str()) => Err(Error::file(
            out.display().to_string(),
            format!(
                "tables are not written as .{end}. Choose a name that ends in .xlsx for Excel, or in .csv for text."
            ),
        )),
        _ => Ok(()),
    }
}

/// How a table is written, by the file's name.
fn format(out: Option<&Path>, info: &SheetInfo) -> Result<SheetFormat> {
    match out.and_then(ending).as_deref() {
        Some("xlsx") => Ok(SheetFormat::Excel),
        // Text is written with what stands between the table's own cells.
        Some("tsv" | "tab") if info.dialect.delimiter != Some(Delimiter::Tab) => Err(Error::file(
            out.unwrap_or(Path::new("")).display().to_string(),
            "only a table that has tabs between its cells is written with tabs. Choose a name that ends in .csv or .xlsx.",
        )),
        _ => Ok(SheetFormat::Csv),
    }
}

/// What a file's name ends in, in small letters.
fn ending(path: &Path) -> Option<String> {
    path.extension().map(|end| end.to_string_lossy().to_lowercase())
}

/// Where lines go.
enum Out<'a> {
    /// Standard output.
    Standard,
    /// A file that takes its place when it is whole.
    File { path: &'a Path, part: Part, watch: Watch },
}

impl<'a> Out<'a> {
    fn open(path: Option<&'a Path>) -> Result<Self> {
        match path {
            None => Ok(Self::Standard),
            Some(path) => Ok(Self::File { path, part: Part::of(path)?, watch: Watch::new() }),
        }
    }

    /// Whether how far it is moves on a terminal.
    fn tells(&self) -> bool {
        matches!(self, Self::File { .. }) && std::io::stderr().is_terminal()
    }

    /// Whether more is to be written: the reader is still there, and no signal has come.
    fn is_wanted(&self) -> bool {
        match self {
            Self::Standard => output::is_read(),
            Self::File { watch, .. } => watch.asked().is_none(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Standard => output::send(bytes),
            Self::File { part, .. } => part.write(bytes)?,
        }
        Ok(())
    }

    fn finish(self, rows: u64) -> Result<u8> {
        if self.tells() {
            output::say(format_args!("\r\x1b[2K"));
        }
        let Self::File { path, mut part, watch } = self else { return Ok(0) };
        if let Some(code) = watch.asked() {
            tell!("Stopped after {rows} rows. Nothing was written to {}.", path.display());
            return Ok(code);
        }
        part.finish()?;
        part.put()?;
        tell!("{rows} rows with predictions are in {}.", path.display());
        Ok(0)
    }
}
