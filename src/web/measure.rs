//! The calls about a table that the model is measured on, a few rows at a time.

use wasm_bindgen::prelude::*;

use super::{Answer, Engine, from_js, thrown, to_js};
use crate::error::Error;

#[wasm_bindgen]
impl Engine {
    /// Begins to measure the model by these columns, a `Mapping`, of the table for that; how many rows there are.
    pub fn measure_begin(&mut self, mapping: JsValue) -> Answer {
        let mapping = from_js(mapping).map_err(thrown)?;
        let session = self.session()?;
        let measuring = session.measured().and_then(|table| session.measuring(table, &mapping)).map_err(thrown)?;
        let total = measuring.total();
        self.measuring = Some(measuring);
        Ok(JsValue::from_f64(total as f64))
    }

    /// Measures so many more rows or a few more; how many are left.
    pub async fn measure_step(&mut self, rows: usize) -> Answer {
        let Self { session, measuring, .. } = self;
        let session = session.as_ref().ok_or_else(|| thrown(Error::order("Start a device first.")))?;
        let measuring = measuring.as_mut().ok_or_else(|| thrown(none()))?;
        Ok(JsValue::from_f64(session.measure(measuring, rows).await.map_err(thrown)? as f64))
    }

    /// What was measured, `Measured`, and the measurement's end.
    pub fn measure_finish(&mut self) -> Answer {
        let measuring = self.measuring.take().ok_or_else(|| thrown(none()))?;
        to_js(&measuring.finish())
    }

    /// Begins to look for rows of that table that the model is wrong about, as `misses_begin` does.
    pub fn measured_misses_begin(&mut self, mapping: JsValue, most: usize) -> Answer {
        let mapping = from_js(mapping).map_err(thrown)?;
        let session = self.session()?;
        let search = session.measured().and_then(|table| session.misses_of(table, &mapping, most)).map_err(thrown)?;
        let total = search.total();
        self.misses = Some(search);
        Ok(JsValue::from_f64(total as f64))
    }
}

fn none() -> Error {
    Error::order("Begin to measure first.")
}
