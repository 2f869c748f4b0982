//! The calls about a table to train on, or to measure a model on, that is read piece by piece. What is open stays until it is
//! read to its end.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{Answer, Engine, from_js, thrown, to_js};
use crate::data::{Dialect, Mapping, Reading, Survey, Table, TableInfo, TableReader};
use crate::error::Error;

/// Where a table stands on its way in.
#[derive(Default)]
pub enum TableState {
    /// There is none.
    #[default]
    None,
    /// Its bytes are looked at.
    Surveyed(Box<Survey>),
    /// Its rows are read.
    Read(Box<TableReader>),
}

#[wasm_bindgen]
impl Engine {
    /// Begins to look at a file of which is known how it is to be read, a `Dialect`, in place of the one before.
    pub fn table_look(&mut self, name: &str, dialect: JsValue) -> Answer {
        let dialect: Dialect = from_js(dialect).map_err(thrown)?;
        self.table = TableState::Surveyed(Box::new(Survey::of(name, &dialect).map_err(thrown)?));
        Ok(JsValue::NULL)
    }

    /// Looks at its next bytes. With the first ones: whether its format is one that is read whole, as far as they tell.
    pub fn table_survey(&mut self, piece: &[u8], first: bool) -> Answer {
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

    /// Opens the table that was read, to train on: its `TableInfo`. Of a format that is read whole these are all bytes of its
    /// file.
    pub fn table_finish(&mut self, whole: Option<Vec<u8>>) -> Answer {
        let table = self.finished(whole)?;
        to_js(&self.session()?.take_table(table).map_err(thrown)?)
    }

    /// The same to measure the model on: `{table, mapping}`, with its columns, like those of a `Mapping` if there is one.
    pub fn table_finish_measured(&mut self, whole: Option<Vec<u8>>, like: JsValue) -> Answer {
        #[derive(Serialize)]
        struct Opened {
            table: TableInfo,
            mapping: Mapping,
        }
        let task = self.session()?.predicts().map_err(thrown)?;
        let like = from_js::<Option<Mapping>>(like).map_err(thrown)?.filter(|like| like.task == task);
        let table = self.finished(whole)?;
        let mapping = like.map_or_else(|| Mapping::guess_for(&table, task), |like| like.in_table(&table));
        to_js(&Opened { table: self.session()?.take_measured(table), mapping })
    }

    fn finished(&mut self, whole: Option<Vec<u8>>) -> Result<Table, JsValue> {
        let room = self.session()?.room();
        match (std::mem::take(&mut self.table), whole) {
            (TableState::Read(reader), None) => reader.finish(),
            (TableState::Surveyed(survey), Some(bytes)) => {
                Table::parse_as(&bytes, survey.name(), room, survey.dialect())
            }
            _ => Err(none()),
        }
        .map_err(thrown)
    }

    /// Forgets a table that was not read to its end.
    pub fn table_drop(&mut self) {
        self.table = TableState::None;
    }
}

fn none() -> Error {
    Error::order("Open a table first.")
}
