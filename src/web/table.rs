//! The calls about a table to train on that is read piece by piece. What is open stays until it is read to its end.

use wasm_bindgen::prelude::*;

use super::{Answer, Engine, thrown, to_js};
use crate::data::{Reading, Survey, Table, TableReader};
use crate::error::Error;

/// Where a table stands on its way in.
#[derive(Default)]
pub enum TableState {
    /// There is none.
    #[default]
    None,
    /// Its bytes are looked at.
    Surveyed(Survey),
    /// Its rows are read.
    Read(Box<TableReader>),
}

#[wasm_bindgen]
impl Engine {
    /// Looks at the next bytes of a file; the first ones of another file put it in place of the one before. Whether its format
    /// is one that is read whole, as far as these bytes tell.
    pub fn table_survey(&mut self, piece: &[u8], name: &str, first: bool) -> Answer {
        if first {
            self.table = TableState::Surveyed(Survey::new(name));
        }
        let TableState::Surveyed(survey) = &mut self.table else { return Err(thrown(none())) };
        survey.add(piece);
        Ok(if first { survey.is_whole().map_err(thrown)?.into() } else { JsValue::NULL })
    }

    /// Begins to read the file that was surveyed.
    pub fn table_begin(&mut self) -> Answer {
        let room = self.session()?.room();
        let TableState::Surveyed(survey) = &self.table else { return Err(thrown(none())) };
        let reader = TableReader::open_within(survey, room).map_err(thrown)?.ok_or_else(|| thrown(none()))?;
        self.table = TableState::Read(Box::new(reader));
        Ok(JsValue::NULL)
    }

    /// Takes the next bytes of the file. Whether all of them have to come again from the first one on.
    pub fn table_push(&mut self, piece: &[u8], last: bool) -> Answer {
        let TableState::Read(reader) = &mut self.table else { return Err(thrown(none())) };
        Ok((reader.push(piece, last).map_err(thrown)? == Reading::Again).into())
    }

    /// Opens the table that was read: its `TableInfo`.
    pub fn table_finish(&mut self) -> Answer {
        let TableState::Read(reader) = std::mem::take(&mut self.table) else { return Err(thrown(none())) };
        let table = reader.finish().map_err(thrown)?;
        to_js(&self.session()?.take_table(table).map_err(thrown)?)
    }

    /// Opens a table from all bytes of its file; of a workbook the sheet of this name, if one is named.
    pub fn table_whole(&mut self, bytes: &[u8], name: &str, worksheet: Option<String>) -> Answer {
        self.table = TableState::None;
        let session = self.session()?;
        let table = Table::parse_worksheet(bytes, name, session.room(), worksheet.as_deref()).map_err(thrown)?;
        to_js(&session.take_table(table).map_err(thrown)?)
    }

    /// Forgets a table that was not read to its end.
    pub fn table_drop(&mut self) {
        self.table = TableState::None;
    }
}

fn none() -> Error {
    Error::order("Open a table first.")
}
