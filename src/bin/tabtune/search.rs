//! Options of `train` that make many runs of it: several seeds, a grid, or random draws.

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::Value;
use tabtune::recipe::{FIELDS, Field};
use tabtune::{Axis, Error, Result, SearchPlan};

use crate::arguments::value;
use crate::program::{self, ALIASES};

/// Draws of a random search, unless the user says how many.
const RUNS: usize = 12;
const HEADING: &str = "Many runs, of which the best one on the validation rows is kept";

/// The options.
pub fn options() -> [Arg; 6] {
    let several = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append)
    };
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("N").help(help).allow_negative_numbers(true)
    };
    [
        number("seeds", "Make N runs, each with another seed, and tell mean and standard deviation")
            .value_parser(|text: &str| program::within(text, 2, SearchPlan::MOST_RUNS))
            .conflicts_with_all(["grid", "search"]),
        several("grid", "FIELD=VALUE,…", "Make a run of each combination of values; can be given for several fields")
            .conflicts_with("search"),
        several(
            "search",
            "FIELD=FROM..TO",
            "Draw values at random from a range, or from a list as in --grid; can be given for several fields",
        ),
        number("trials", "Draws of a random search [12]").value_parser(|text: &str| program::within(text, 1, SearchPlan::MOST_RUNS)),
        number("search-seed", "Seed of the draws [0]").value_parser(value_parser!(u64)),
        Arg::new("keep-losers").long("keep-losers").action(ArgAction::SetTrue).help(
            "Let every run go to its end: otherwise one whose best score so far is worse than the median of the others' mean \
             scores up to the same epoch is stopped, from the fourth run on",
        ),
    ]
    .map(|option| option.help_heading(HEADING))
}

/// What was asked for; nothing for one run.
///
/// # Errors
///
/// A field that there is not, or a value that is not of its kind.
pub fn plan(matches: &ArgMatches) -> Result<Option<SearchPlan>> {
    let axes = |name: &str| -> Result<Vec<Axis>> {
        matches.get_many::<String>(name).unwrap_or_default().map(|given| axis(name, given)).collect()
    };
    let alone = ["trials", "search-seed"].into_iter().find(|name| matches.contains_id(name));
    if let (Some(name), false) = (alone, matches.contains_id("search")) {
        return Err(Error::recipe("", format!("--{name} is for a random search: name what to draw with --search.")));
    }
    let stop_losers = !matches.get_flag("keep-losers");
    if !stop_losers && !matches.contains_id("grid") && !matches.contains_id("search") {
        return Err(Error::recipe(
            "",
            "--keep-losers is for --grid and --search: a single run and several seeds go to their end anyway. Leave it out.",
        ));
    }
    if let Some(&runs) = matches.get_one("seeds") {
        return Ok(Some(SearchPlan::Seeds { runs }));
    }
    let (grid, random) = (axes("grid")?, axes("search")?);
    if !grid.is_empty() {
        return Ok(Some(SearchPlan::Grid { fields: grid, stop_losers }));
    }
    let runs = matches.get_one("trials").copied().unwrap_or(RUNS);
    let seed = matches.get_one("search-seed").copied().unwrap_or(0);
    Ok((!random.is_empty()).then_some(SearchPlan::Random { fields: random, runs, seed, stop_losers }))
}

/// `learning_rate=5e-5,1e-4` or `learning-rate=1e-5..5e-4`.
fn axis(option: &str, given: &str) -> Result<Axis> {
    let example = if option == "grid" { "learning_rate=5e-5,1e-4" } else { "learning_rate=1e-5..5e-4" };
    let Some((name, values)) = given.split_once('=') else {
        return Err(Error::recipe("", format!("--{option} is written as {example}; this is \u{201c}{given}\u{201d}.")));
    };
    let field = field(name.trim())?;
    if let Some((from, to)) = values.split_once("..").filter(|_| field.is_number()) {
        let end = |text: &str| {
            text.trim().parse::<f64>().map_err(|_| {
                let message =
                    format!("--{option} {given}: \u{201c}{text}\u{201d} is no number. Write it as {example}.");
                Error::recipe(field.name, message)
            })
        };
        return Ok(Axis::range_of(field.name, end(from)?, end(to)?));
    }
    let values = values.split(',').map(|text| value(field, text.trim())).collect::<Result<Vec<Value>>>()?;
    if let Some(twice) = values.iter().enumerate().find_map(|(at, value)| values[..at].contains(value).then_some(value))
    {
        return Err(Error::recipe(field.name, format!("--{option} {given}: {twice} is there twice. Leave one out.")));
    }
    Ok(Axis::values_of(field.name, values))
}

/// The field of a name as the recipe or an option writes it.
fn field(name: &str) -> Result<&'static Field> {
    let plain = name.replace('-', "_");
    let alias = ALIASES.iter().find(|(_, alias)| *alias == name).map(|(name, _)| *name);
    let found = FIELDS.iter().find(|field| field.name == alias.unwrap_or(&plain));
    found.map_or_else(|| Field::named(name), Ok)
}
