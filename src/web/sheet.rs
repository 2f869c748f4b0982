//! The calls about a table that is predicted as a whole, piece by piece.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{Answer, Cut, Engine, from_js, thrown, to_js};
use crate::data::{Dialect, Sheet, Survey};
use crate::error::Error;
use crate::session::{SheetFormat, SheetRun};

/// Where a table stands on its way through.
#[derive(Default)]
pub enum SheetState {
    /// There is none.
    #[default]
    None,
    /// Its bytes are looked at.
    Surveyed(Box<Survey>),
    /// It can be read.
    Open(Box<Sheet>),
    /// Its rows are predicted.
    Running(Box<SheetRun>),
}

#[wasm_bindgen]
impl Engine {
    /// Begins to look at a file of which is known how it is to be read, a `Dialect`, in place of the one before.
    pub fn sheet_look(&mut self, name: &str, dialect: JsValue) -> Answer {
        let dialect: Dialect = from_js(dialect).map_err(thrown)?;
        self.sheet = SheetState::Surveyed(Box::new(Survey::of(name, &dialect).map_err(thrown)?));
        Ok(JsValue::NULL)
    }

    /// Looks at its next bytes.
    pub fn sheet_survey(&mut self, piece: &[u8]) -> Answer {
        if let SheetState::Surveyed(survey) = &mut self.sheet {
            survey.add(piece);
        }
        Ok(JsValue::NULL)
    }

    /// What the surveyed file holds, or null where its format is read whole.
    pub fn sheet_open(&mut self) -> Answer {
        let task = self.session()?.predicts().map_err(thrown)?;
        let SheetState::Surveyed(survey) = &self.sheet else { return Err(thrown(none())) };
        match Sheet::open(survey, task).map_err(thrown)? {
            Some(sheet) => self.opened(sheet),
            None => Ok(JsValue::NULL),
        }
    }

    /// What the surveyed file holds, from all of its bytes.
    pub fn sheet_whole(&mut self, bytes: &[u8]) -> Answer {
        let task = self.session()?.predicts().map_err(thrown)?;
        let SheetState::Surveyed(survey) = std::mem::take(&mut self.sheet) else { return Err(thrown(none())) };
        let sheet = Sheet::whole(bytes, survey.name(), task, survey.dialect()).map_err(thrown)?;
        self.opened(sheet)
    }

    /// Begins with the columns and the result's format, `{text, pair, format}`: `{header, whole}`, its first bytes and whether
    /// the file is needed no more.
    pub fn sheet_begin(&mut self, columns: JsValue) -> Answer {
        #[derive(Deserialize)]
        struct Columns {
            text: String,
            pair: Option<String>,
            format: SheetFormat,
        }
        let Columns { text, pair, format } = from_js(columns).map_err(thrown)?;
        let SheetState::Open(sheet) = std::mem::take(&mut self.sheet) else { return Err(thrown(none())) };
        let whole = sheet.is_whole();
        let mut run = SheetRun::new(self.session()?, *sheet, &text, pair.as_deref(), format).map_err(thrown)?;
        let header = run.header().map_err(thrown)?;
        self.sheet = SheetState::Running(Box::new(run));
        let answer = js_sys::Object::new();
        js_sys::Reflect::set(&answer, &"header".into(), &js_sys::Uint8Array::from(header.as_slice()))?;
        js_sys::Reflect::set(&answer, &"whole".into(), &whole.into())?;
        Ok(answer.into())
    }

    /// Takes the next bytes of the file; how many rows wait for a prediction.
    pub fn sheet_push(&mut self, piece: &[u8], last: bool) -> Answer {
        let SheetState::Running(run) = &mut self.sheet else { return Err(thrown(none())) };
        run.push(piece, last).map_err(thrown)?;
        Ok(JsValue::from_f64(run.waiting() as f64))
    }

    /// Predicts up to so many rows: the next bytes of the result.
    pub async fn sheet_predict(&mut self, rows: usize) -> Answer {
        let Self { session, sheet, .. } = self;
        let session = session.as_ref().ok_or_else(|| thrown(Error::order("Start a device first.")))?;
        let SheetState::Running(run) = sheet else { return Err(thrown(none())) };
        let lines = run.predict(session, rows).await.map_err(thrown)?;
        Ok(js_sys::Uint8Array::from(lines.as_slice()).into())
    }

    /// Of how many rows' texts the model read only the beginning so far, and how many tokens that is: `{texts, tokens}`.
    pub fn sheet_cut(&self) -> Answer {
        let SheetState::Running(run) = &self.sheet else { return Err(thrown(none())) };
        let (texts, tokens) = run.cut();
        to_js(&Cut { texts, tokens })
    }

    /// Forgets the table after all of its rows: the last bytes of the result.
    pub fn sheet_finish(&mut self) -> Answer {
        let SheetState::Running(mut run) = std::mem::take(&mut self.sheet) else { return Err(thrown(none())) };
        Ok(js_sys::Uint8Array::from(run.finish().map_err(thrown)?.as_slice()).into())
    }

    fn opened(&mut self, sheet: Sheet) -> Answer {
        #[derive(Serialize)]
        struct Opened<'a> {
            #[serde(flatten)]
            info: &'a crate::data::SheetInfo,
            task: crate::task::Task,
        }
        let task = self.session()?.predicts().map_err(thrown)?;
        let answer = to_js(&Opened { info: sheet.info(), task });
        self.sheet = SheetState::Open(Box::new(sheet));
        answer
    }
}

fn none() -> Error {
    Error::order("Open the table to be predicted first.")
}
