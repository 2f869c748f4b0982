//! The calls about rows that the model is wrong about, looked for a few at a time.

use wasm_bindgen::prelude::*;

use super::{Answer, Engine, from_js, thrown, to_js};
use crate::error::Error;

#[wasm_bindgen]
impl Engine {
    /// Begins to look on a side of the open data, for at most so many; how many rows there are to be looked at.
    pub fn misses_begin(&mut self, side: JsValue, most: usize) -> Answer {
        let side = from_js(side).map_err(thrown)?;
        let search = self.session()?.misses(side, most).map_err(thrown)?;
        let total = search.total();
        self.misses = Some(search);
        Ok(JsValue::from_f64(total as f64))
    }

    /// Looks at up to so many more rows; how many are left.
    pub async fn misses_step(&mut self, rows: usize) -> Answer {
        let Self { session, misses, .. } = self;
        let session = session.as_ref().ok_or_else(|| thrown(Error::order("Start a device first.")))?;
        let search = misses.as_mut().ok_or_else(|| thrown(none()))?;
        Ok(JsValue::from_f64(session.search_misses(search, rows).await.map_err(thrown)? as f64))
    }

    /// What was found, `Misses`, and the search's end.
    pub fn misses_finish(&mut self) -> Answer {
        let search = self.misses.take().ok_or_else(|| thrown(none()))?;
        to_js(&search.finish())
    }
}

fn none() -> Error {
    Error::order("Look for mistakes first.")
}
