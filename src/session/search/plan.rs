//! What a search tries: seeds, a grid or random draws, told apart into recipes before anything runs.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::axis::Axis;
use crate::error::{Error, Result};
use crate::recipe::{Field, MAX_SEED, Recipe};
use crate::task::Task;

/// Most runs of a search: each is a training of its own.
pub const MOST_RUNS: usize = 256;
/// Draws in a row that were all drawn before, after which nothing new is expected.
const ENOUGH_REPEATS: usize = 1000;

/// What a search varies in a recipe. In JSON, `kind` is `seeds`, `grid` or `random`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SearchPlan {
    /// The same recipe with the seed after the recipe's own, and the next, and so on.
    Seeds {
        /// How many, from 2.
        runs: usize,
    },
    /// Every combination of the fields' values, those of the last field in turn first.
    Grid {
        /// The fields, each with its values.
        fields: Vec<Axis>,
        /// Whether runs that fall behind are stopped, by the median stopping rule (Golovin et al. 2017).
        #[serde(default = "yes")]
        stop_losers: bool,
    },
    /// Draws from the fields' ranges and values, no two alike.
    Random {
        /// The fields, each with its range or its values.
        fields: Vec<Axis>,
        /// How many draws; fewer are made where there are fewer different ones.
        runs: usize,
        /// The same seed draws the same.
        #[serde(default)]
        seed: u64,
        /// Whether runs that fall behind are stopped, by the median stopping rule (Golovin et al. 2017).
        #[serde(default = "yes")]
        stop_losers: bool,
    },
}

/// One run of a search before it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The fields that the search varies, with their values in this run.
    pub changes: Map<String, Value>,
    /// The whole recipe.
    pub recipe: Recipe,
}

fn yes() -> bool {
    true
}

impl SearchPlan {
    /// Most runs of one search.
    pub const MOST_RUNS: usize = MOST_RUNS;

    /// The recipes to try, no two alike. A field that a run's method does not use stays as it is in the base.
    ///
    /// # Errors
    ///
    /// A bad recipe, a field that cannot be varied, a value outside its range, or too many runs.
    pub fn trials(&self, base: &Recipe, task: Task) -> Result<Vec<Trial>> {
        base.check()?;
        match self {
            Self::Seeds { runs } => seeds(base, task, *runs),
            Self::Grid { fields, .. } => grid(base, task, fields),
            Self::Random { fields, runs, seed, .. } => random(base, task, fields, *runs, *seed),
        }
    }

    /// Whether a field differs between the runs.
    pub fn varies(&self, name: &str) -> bool {
        match self {
            Self::Seeds { .. } => name == "seed",
            Self::Grid { fields, .. } | Self::Random { fields, .. } => fields.iter().any(|axis| axis.field == name),
        }
    }

    /// Whether runs that fall behind are stopped; never those that differ in the seed alone.
    pub fn stops_losers(&self) -> bool {
        match self {
            Self::Seeds { .. } => false,
            Self::Grid { stop_losers, .. } | Self::Random { stop_losers, .. } => *stop_losers,
        }
    }
}

fn seeds(base: &Recipe, task: Task, runs: usize) -> Result<Vec<Trial>> {
    if !Field::named("seed")?.is_used_by(base.method, task) {
        return Err(Error::recipe(
            "seeds",
            "A head on encoded texts has one best fit, so that every run would be the same. Make one run, or choose another \
             method.",
        ));
    }
    if !(2..=MOST_RUNS).contains(&runs) {
        return Err(Error::recipe("seeds", format!("Several seeds are from 2 to {MOST_RUNS}; here are {runs}.")));
    }
    if base.seed > MAX_SEED - (runs as u64 - 1) {
        return Err(Error::recipe(
            "seed",
            format!("There are no {} seeds after this one. Choose a smaller seed.", runs - 1),
        ));
    }
    let trial = |seed: u64| {
        let recipe = Recipe { seed, ..base.clone() };
        Trial { changes: Map::from_iter([("seed".to_owned(), seed.into())]), recipe }
    };
    Ok((0..runs as u64).map(|more| trial(base.seed + more)).collect())
}

fn grid(base: &Recipe, task: Task, fields: &[Axis]) -> Result<Vec<Trial>> {
    check(base, fields)?;
    let mut combinations = vec![Map::new()];
    for axis in fields {
        let values = axis.values()?;
        // Counted before they are made.
        if combinations.len().saturating_mul(values.len()) > MOST_RUNS {
            let message = format!("That makes more than {MOST_RUNS} runs. Take fewer values, or a random search.");
            return Err(Error::recipe(&axis.field, message));
        }
        combinations = combinations
            .iter()
            .flat_map(|before: &Map<String, Value>| {
                values.iter().map(|value| {
                    let mut changes = before.clone();
                    changes.insert(axis.field.clone(), value.clone());
                    changes
                })
            })
            .collect();
    }
    let mut trials = Vec::new();
    for changes in combinations {
        push_new(&mut trials, trial(base, task, &changes)?);
    }
    check_use(fields, &trials)?;
    Ok(trials)
}

fn random(base: &Recipe, task: Task, fields: &[Axis], runs: usize, seed: u64) -> Result<Vec<Trial>> {
    check(base, fields)?;
    if !(1..=MOST_RUNS).contains(&runs) {
        return Err(Error::recipe(
            "runs",
            format!("A random search makes from 1 to {MOST_RUNS} runs; here are {runs}."),
        ));
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut trials, mut repeats) = (Vec::new(), 0);
    while trials.len() < runs && repeats < ENOUGH_REPEATS {
        let mut changes = Map::new();
        for axis in fields {
            changes.insert(axis.field.clone(), axis.draw(&mut random)?);
        }
        repeats = if push_new(&mut trials, trial(base, task, &changes)?) { 0 } else { repeats + 1 };
    }
    check_use(fields, &trials)?;
    Ok(trials)
}

/// Checks fields and each of their values by themselves: the ranges of a recipe's fields do not depend on one another.
fn check(base: &Recipe, fields: &[Axis]) -> Result<()> {
    if fields.is_empty() {
        return Err(Error::recipe("fields", "Choose at least one hyperparameter to vary."));
    }
    for (place, axis) in fields.iter().enumerate() {
        let label = Field::named(&axis.field)?.label;
        if axis.field == "metric" {
            return Err(Error::recipe("metric", "The runs are compared by this metric, so it cannot be varied."));
        }
        if fields[..place].iter().any(|before| before.field == axis.field) {
            return Err(Error::recipe(
                &axis.field,
                format!("{label} is named twice. Put all its values in one place."),
            ));
        }
        for value in axis.ends()? {
            base.with(&Map::from_iter([(axis.field.clone(), value)]))?.check()?;
        }
    }
    Ok(())
}

/// A recipe with these changes, but for those that its own method or the task does not use.
fn trial(base: &Recipe, task: Task, changes: &Map<String, Value>) -> Result<Trial> {
    let method = base.with(changes)?.method;
    let used = |name: &str| Field::named(name).is_ok_and(|field| field.is_used_by(method, task));
    let kept = changes.iter().filter(|(name, _)| used(name)).map(|(name, value)| (name.clone(), value.clone()));
    let recipe = base.with(&kept.clone().collect())?;
    // As the recipe writes them, so that 1 and 1.0 read alike.
    let changes = kept.map(|(name, _)| (name.clone(), recipe.value(&name))).collect();
    Ok(Trial { changes, recipe })
}

/// Adds a trial unless it is there already; says whether it was new.
fn push_new(trials: &mut Vec<Trial>, trial: Trial) -> bool {
    let new = trials.iter().all(|before| before.recipe != trial.recipe);
    if new {
        trials.push(trial);
    }
    new
}

/// Refuses a field that no run uses.
fn check_use(fields: &[Axis], trials: &[Trial]) -> Result<()> {
    let idle = |axis: &&Axis| trials.iter().all(|trial| !trial.changes.contains_key(&axis.field));
    match fields.iter().find(idle) {
        None => Ok(()),
        Some(axis) => {
            let label = Field::named(&axis.field)?.label;
            let message =
                format!("{label} has no part in what is trained here, so every run would be the same. Leave it out.");
            Err(Error::recipe(&axis.field, message))
        }
    }
}
