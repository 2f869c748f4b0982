//! Checkpoints in memory of the page rather than of the module, which has 4 GB in all: pieces go to and fro.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::checkpoint::state::{Sink, Source};
use crate::error::{Error, Result};

/// A file that is written into an array of the page.
#[derive(Debug, Default)]
pub struct ToPage {
    array: Uint8Array,
    written: u32,
}

impl ToPage {
    /// The array.
    pub fn bytes(self) -> JsValue {
        self.array.into()
    }
}

impl Sink for ToPage {
    fn begin(&mut self, size: u64) -> Result<()> {
        let no_room = || {
            Error::file(
                "checkpoint",
                format!("the browser has no room for its {} MB. Close other tabs.", size.div_ceil(1 << 20)),
            )
        };
        // Asked for in a way that gives an answer where there is no room.
        let class = Reflect::get(&js_sys::global(), &"Uint8Array".into()).map_err(|_| no_room())?;
        let class: js_sys::Function = class.dyn_into().map_err(|_| no_room())?;
        let array = Reflect::construct(&class, &Array::of1(&(size as f64).into())).map_err(|_| no_room())?;
        (self.array, self.written) = (array.dyn_into().map_err(|_| no_room())?, 0);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.written + bytes.len() as u32;
        self.array.subarray(self.written, end).copy_from(bytes);
        self.written = end;
        Ok(())
    }
}

/// A file in an array of the page.
#[derive(Debug)]
pub struct FromPage(pub Uint8Array);

impl Source for FromPage {
    fn size(&self) -> u64 {
        u64::from(self.0.length())
    }

    fn read(&self, at: u64, into: &mut [u8]) {
        let begin = at as u32;
        self.0.subarray(begin, begin + into.len() as u32).copy_to(into);
    }
}
