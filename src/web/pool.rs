//! The thread pool of a module with shared memory. WebAssembly cannot start threads: JavaScript brings a web worker for
//! each, and every one of them calls [`join_pool`].

use std::sync::{Condvar, Mutex, PoisonError};

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use wasm_bindgen::prelude::*;

/// Threads that the pool has asked for and that no worker has become yet.
static WANTED: Mutex<Vec<ThreadBuilder>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

/// Makes the pool that every parallel operation runs on: the calling thread and `threads` − 1 workers. The workers must be
/// on their way into [`join_pool`], since this waits for all of them.
#[wasm_bindgen]
pub fn start_pool(threads: usize) -> Result<(), JsError> {
    // The page loads a module with it only where the browser has it.
    #[cfg(feature = "relaxed")]
    pulp::wasm::enable_relaxed_simd();
    // The caller would otherwise only wait while the others work.
    let pool = ThreadPoolBuilder::new().num_threads(threads).use_current_thread().spawn_handler(|thread| {
        WANTED.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        CHANGED.notify_one();
        Ok(())
    });
    Ok(pool.build_global()?)
}

/// Becomes one thread of the pool, now or as soon as it is made, and works for it until the worker ends.
#[wasm_bindgen]
pub fn join_pool() {
    let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
    let thread = loop {
        if let Some(thread) = wanted.pop() {
            break thread;
        }
        wanted = CHANGED.wait(wanted).unwrap_or_else(PoisonError::into_inner);
    };
    drop(wanted);
    thread.run();
}

/// The memory of this module, for its workers.
#[wasm_bindgen]
pub fn pool_memory() -> JsValue {
    wasm_bindgen::memory()
}
