//! `tabtune`: the same session as the page, from a terminal.
//!
//! Exit codes: 0 done, 1 the device failed, 2 a mistake in what the user gave, as one sentence on standard error.

mod arguments;
mod checkpoint;
mod columns;
mod commands;
mod folder;
mod mistakes;
mod pieces;
mod printing;
mod program;
mod runs;
mod search;
mod sheet;

use std::process::ExitCode;

use arguments::Command;
use tabtune::Error;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tabtune::memory::keep();
    #[cfg(feature = "threads")]
    tabtune::kernel::threads::join_in();
    let command = match arguments::parse() {
        Ok(command) => command,
        Err(code) => return code,
    };
    let result = futures_lite::future::block_on(async {
        match command {
            Command::Train(options) => commands::train(*options).await,
            Command::Script(options) => commands::script(*options).await,
            Command::Eval(options) => commands::eval(options).await,
            Command::Predict(options) => commands::predict(options).await,
            Command::Export(options) => commands::export(options).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if matches!(error, Error::Device { .. }) { 1 } else { 2 })
        }
    }
}
