//! What is wrong with a command line, in one sentence each: what clap finds, and options that would change nothing.

use std::io::ErrorKind::BrokenPipe;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use tabtune::{Error, Result};

use crate::arguments::Train;
use crate::output::{self, tell};
use crate::program::program;

/// Prints what clap says, which may be the help that was asked for; the exit code.
pub fn of_clap(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        tell!("{}", sentence(error));
        return ExitCode::from(2);
    }
    match error.print() {
        // A reader that has gone away (`tabtune --help | head`) has seen enough.
        Err(error) if error.kind() != BrokenPipe => {
            output::failed(&error);
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// clap's message on one line, with what may be meant and where more stands.
fn sentence(error: &clap::Error) -> String {
    let names: Vec<String> = program().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return format!("Say what to do: {}. See \u{201c}tabtune --help\u{201d}.", names.join(", "));
    }
    let text = error.render().to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ");
    // A first line that ends in a colon goes on with a list.
    let listed: Vec<&str> = match first.strip_suffix(':') {
        Some(_) => lines.take_while(|line| !line.is_empty()).map(str::trim).collect(),
        None => Vec::new(),
    };
    let gap = if listed.is_empty() { "" } else { " " };
    let values = text.lines().find_map(|line| line.trim().strip_prefix("[possible values: ")?.strip_suffix(']'));
    let instead = values.map(|values| format!("; it is one of {values}")).unwrap_or_default();
    let meant = meant(error).map(|meant| format!(" Did you mean \u{201c}{meant}\u{201d}?")).unwrap_or_default();
    let command = std::env::args().nth(1).filter(|name| names.contains(name));
    let help = command.map_or_else(|| "tabtune --help".to_owned(), |name| format!("tabtune {name} --help"));
    format!("{first}{gap}{}{instead}.{meant} See \u{201c}{help}\u{201d}.", listed.join(", "))
}

/// What clap takes something unknown for.
fn meant(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedValue, ContextKind::SuggestedSubcommand];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word.clone()),
        ContextValue::Strings(words) => words.first().cloned(),
        _ => None,
    })
}

/// Refuses options of a training that would change nothing, given the others.
///
/// # Errors
///
/// The first of them, and what to do about it.
pub fn idle(train: &Train, matches: &ArgMatches) -> Result<()> {
    let keeping = &train.keeping;
    if keeping.resume.is_some() {
        if train.search.is_some() {
            return Err(Error::order(
                "Which runs are made stands in the checkpoint. Leave --seeds, --grid and --search out with --resume.",
            ));
        }
        if train.auto {
            return Err(Error::order("All hyperparameters stand in the checkpoint. Leave --auto out with --resume."));
        }
    } else if keeping.checkpoint.is_none() {
        let every = matches.try_contains_id("checkpoint-every").is_ok()
            && matches.value_source("checkpoint-every") == Some(ValueSource::CommandLine);
        if let Some((option, _)) =
            [("keep-checkpoint", keeping.keep), ("checkpoint-every", every)].into_iter().find(|(_, given)| *given)
        {
            return Err(Error::order(format!(
                "--{option} is for a checkpoint: say where to write it with --checkpoint."
            )));
        }
    }
    Ok(())
}
