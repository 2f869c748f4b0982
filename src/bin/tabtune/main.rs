//! `tabtune`: the same session as the page, from a terminal.
//!
//! Exit codes: 0 done; 1 the device failed, or standard output could not be written to; 2 a mistake in what the user gave, as
//! one sentence on standard error; 130 and 143 ended by Ctrl-C or SIGTERM.

mod arguments;
mod checkpoint;
mod columns;
mod commands;
mod folder;
mod leftovers;
mod mistakes;
mod output;
mod pieces;
mod printing;
mod program;
mod refusals;
mod runs;
mod search;
mod sheet;
mod signals;
mod training;
mod writing;

use std::process::ExitCode;

use arguments::Command;
use output::tell;
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
            Command::Train(options) => training::train(*options).await,
            Command::Script(options) => training::script(*options).await,
            Command::Eval(options) => commands::eval(options).await,
            Command::Predict(options) => commands::predict(options).await,
            Command::Export(options) => commands::export(options).await,
        }
    });
    match result {
        Ok(0) if output::is_broken() => ExitCode::FAILURE,
        Ok(code) => code.into(),
        Err(error) => {
            tell!("{error}");
            ExitCode::from(if matches!(error, Error::Device { .. }) { 1 } else { 2 })
        }
    }
}
