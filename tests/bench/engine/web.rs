//! The bench's engine as a module for a browser. The library brings the thread pool (`start_pool`, `join_pool`), and a
//! class `Engine` of its own, hence the name.

use tabtune::DeviceKind;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::{Bench, Job, threads};

/// One job on one device.
#[wasm_bindgen]
pub struct BenchEngine {
    bench: Bench,
}

#[wasm_bindgen]
impl BenchEngine {
    /// Makes a job (JSON) ready on `cpu` or `gpu`.
    pub async fn open(job: String, device: String) -> Result<BenchEngine, JsError> {
        console_error_panic_hook::set_once();
        let job: Job = serde_json::from_str(&job)?;
        let kind = if device == "gpu" { DeviceKind::Gpu } else { DeviceKind::Cpu };
        Ok(Self { bench: Bench::open(&job, kind).await? })
    }

    /// Does one step and returns the loss.
    pub async fn step(&mut self) -> Result<f32, JsError> {
        Ok(self.bench.step().await?)
    }

    /// Threads that compute; nothing on a GPU.
    pub fn threads(&self) -> Option<usize> {
        self.bench.compute.is_cpu().then(threads)
    }

    /// The device as the engine names it.
    pub fn device(&self) -> String {
        self.bench.compute.info.name.clone()
    }
}
