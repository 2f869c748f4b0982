//! From the bytes of a file to its rows, whatever its format and whatever it is packed in.

use std::ops::ControlFlow;

use super::Table;
use crate::data::cells::Gathering;
use crate::data::decoding::Decoding;
use crate::data::dialect::Dialect;
use crate::data::examples::shorten;
use crate::data::format::Format;
use crate::data::packed::{self, Packed};
use crate::data::reader::{Reading, TableReader};
use crate::data::survey::Survey;
use crate::data::{conll, json_columns, jsonl, lines, parquet, squad, workbook};
use crate::error::Result;

impl Table {
    /// The table with the rows of the file.
    pub(super) fn read(bytes: &[u8], file_name: &str, room: usize, dialect: &Dialect) -> Result<Self> {
        let mut packed = Packed::open(bytes, file_name, dialect)?;
        let mut survey = Survey::of(packed.name(), packed.dialect())?;
        packed.pieces(|piece| {
            survey.add(piece);
            Ok(ControlFlow::Continue(()))
        })?;
        let table = match TableReader::open_within(&survey, room)? {
            Some(reader) => Self::read_pieces(&mut packed, reader)?,
            None => Self::read_whole(&packed.whole()?, &survey, room)?,
        };
        Ok(table.unpacked_from(&packed, file_name))
    }

    fn read_pieces(packed: &mut Packed, mut reader: TableReader) -> Result<Self> {
        loop {
            let mut reading = Reading::Goes;
            packed.pieces(|piece| {
                reading = reader.push(piece, false)?;
                Ok(if reading == Reading::Goes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            if reading == Reading::Goes && reader.push(&[], true)? == Reading::Goes {
                return reader.finish_rows();
            }
        }
    }

    /// A file whose format is read whole.
    fn read_whole(bytes: &[u8], survey: &Survey, room: usize) -> Result<Self> {
        let format = survey.kind()?.unwrap_or(Format::JsonList);
        match format {
            Format::Packed => return Err(packed::packed_twice()),
            Format::Workbook => return Self::read_workbook(bytes, survey, room),
            _ => {}
        }
        let gathering = Gathering::within(room);
        if format == Format::Parquet {
            let rows = parquet::read(bytes, gathering)?;
            return Self::of_rows(survey.name(), format.words(""), rows, Vec::new());
        }
        let mut decoding = Decoding::new(survey.letters());
        let mut text = String::new();
        decoding.add(bytes, true, &mut text, 1);
        let rows = match format {
            Format::Conll => lines::check(&text).and_then(|()| conll::read(&text, gathering))?,
            // These may stand on one long line; NUL characters are no JSON.
            Format::Squad => squad::read(&text, gathering)?,
            Format::JsonColumns => json_columns::read(&text, gathering)?,
            _ => jsonl::read_list(&text, gathering)?,
        };
        let table = Self::of_rows(survey.name(), format.words(decoding.words()), rows, decoding.notes())?;
        Ok(table.read_as(format.dialect(decoding.name())))
    }

    fn read_workbook(bytes: &[u8], survey: &Survey, room: usize) -> Result<Self> {
        survey.dialect().of_workbook()?;
        let book = workbook::read(bytes, room, survey.dialect())?;
        let table = Self::of_rows(survey.name(), book.words, book.rows, Vec::new())?;
        Ok(Self { worksheets: book.worksheets, ..table.read_as(book.dialect) })
    }

    /// The same table, with what it was packed in and the name of that file.
    fn unpacked_from(mut self, packed: &Packed, file_name: &str) -> Self {
        let Some(words) = packed.words() else { return self };
        file_name.clone_into(&mut self.name);
        self.format = format!("{}, {words}", self.format);
        if let Some((tables, name)) = packed.several() {
            let note = format!("Of the archive’s {} tables “{}” is read.", tables.len(), shorten(name));
            self.notes.insert(0, note);
            self.worksheets = tables.to_vec();
            self.dialect.worksheet = Some(name.to_owned());
        }
        self
    }
}
