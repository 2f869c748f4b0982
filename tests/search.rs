//! Many runs instead of one: what a plan makes of a recipe, which runs are stopped, and what is left in the end.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{done, epochs, finish, predict, ready, recipe, steps, texts, train};
use futures_lite::future::block_on;
use serde_json::{Map, Value, json};
use tabtune::recipe::{Method, Metric};
use tabtune::{
    Axis, DeviceKind, Event, Reason, Recipe, SearchPlan, Session, Task, Trial, TrialDone, TrialStarted, TrialState,
};

const TASK: Task = Task::Classification;

/// A plan as the page and scripts write it.
fn plan(json: Value) -> SearchPlan {
    serde_json::from_value(json).expect("a plan")
}

fn changes(trials: &[Trial]) -> Vec<Value> {
    trials.iter().map(|trial| json!(trial.changes)).collect()
}

fn started(events: &[Event]) -> Vec<&TrialStarted> {
    events
        .iter()
        .filter_map(|event| if let Event::TrialStarted(trial) = event { Some(&**trial) } else { None })
        .collect()
}

fn rows(events: &[Event]) -> Vec<&TrialDone> {
    events.iter().filter_map(|event| if let Event::TrialDone(trial) = event { Some(&**trial) } else { None }).collect()
}

#[track_caller]
fn refused(base: &Recipe, plan: &SearchPlan, field: &str, words: &str) {
    let error = plan.trials(base, TASK).err().unwrap_or_else(|| panic!("accepted: {words}"));
    let tabtune::Error::Recipe { field: found, message } = &error else { panic!("{error:?}") };
    assert_eq!(found, field, "{message}");
    assert!(message.contains(words), "{message} lacks {words:?}");
}

#[test]
fn a_grid_is_every_combination_once() {
    let grid = plan(json!({"kind": "grid", "fields": [
        {"field": "learning_rate", "values": [5e-5, 1e-4, 0.0001]},
        {"field": "schedule", "values": ["linear", "cosine"]},
    ]}));
    assert!(grid.stops_losers());
    let trials = grid.trials(&recipe(), TASK).expect("runs");
    assert_eq!(
        changes(&trials),
        [
            json!({"learning_rate": 5e-5, "schedule": "linear"}),
            json!({"learning_rate": 5e-5, "schedule": "cosine"}),
            json!({"learning_rate": 1e-4, "schedule": "linear"}),
            json!({"learning_rate": 1e-4, "schedule": "cosine"}),
        ]
    );
    for trial in &trials {
        assert_eq!(recipe().with(&trial.changes).as_ref(), Ok(&trial.recipe));
        assert_eq!((trial.recipe.batch_size, trial.recipe.seed), (8, 0));
    }
}

#[test]
fn what_a_method_does_not_use_is_not_varied_for_it() {
    let fields = vec![
        Axis::values_of("method", vec![json!("full"), json!("lora"), json!("frozen")]),
        Axis::values_of("lora_rank", vec![json!(4), json!(8)]),
    ];
    let trials = SearchPlan::Grid { fields, stop_losers: true }.trials(&recipe(), TASK).expect("runs");
    let expected = [
        json!({"method": "full"}),
        json!({"method": "lora", "lora_rank": 4}),
        json!({"method": "lora", "lora_rank": 8}),
        json!({"method": "frozen"}),
    ];
    assert_eq!(changes(&trials), expected);
}

#[test]
fn seeds_follow_the_recipes_own() {
    let seeds = plan(json!({"kind": "seeds", "runs": 3}));
    assert!(!seeds.stops_losers());
    let trials = seeds.trials(&Recipe { seed: 7, ..recipe() }, TASK).expect("runs");
    assert_eq!(changes(&trials), [json!({"seed": 7}), json!({"seed": 8}), json!({"seed": 9})]);
    assert_eq!(trials.iter().map(|trial| trial.recipe.seed).collect::<Vec<_>>(), [7, 8, 9]);
}

#[test]
fn random_draws_are_reproducible_different_and_in_range() {
    let random = |seed, runs| {
        let fields = vec![
            Axis::range_of("learning_rate", 1e-5, 1e-3),
            Axis::range_of("dropout", 0.0, 0.3),
            Axis::range_of("epochs", 2.0, 5.0),
            Axis::values_of("class_weights", vec![json!("none"), json!("balanced")]),
        ];
        let plan = SearchPlan::Random { fields, runs, seed, stop_losers: true };
        plan.trials(&recipe(), TASK).expect("runs")
    };
    let trials = random(0, 200);
    assert_eq!(trials, random(0, 200));
    assert_eq!(trials[..10], random(0, 10), "more runs begin as fewer do");
    assert_ne!(trials[..10], random(1, 10));
    for (place, trial) in trials.iter().enumerate() {
        assert!(trials[..place].iter().all(|before| before.recipe != trial.recipe));
        assert!((1e-5..=1e-3).contains(&trial.recipe.learning_rate) && (0.0..=0.3).contains(&trial.recipe.dropout));
        assert_eq!(format!("{:.2e}", trial.recipe.dropout).parse(), Ok(trial.recipe.dropout), "three figures");
    }
    let share = |holds: &dyn Fn(&Recipe) -> bool| trials.iter().filter(|trial| holds(&trial.recipe)).count();
    // Of 200 draws half are expected, with a standard deviation of 7; of a quarter of them, 50 with one of 6.
    assert!((75..125).contains(&share(&|recipe| recipe.learning_rate < 1e-4)), "on a logarithmic scale");
    assert!((75..125).contains(&share(&|recipe| recipe.dropout < 0.15)));
    for epochs in 2..=5 {
        assert!((30..70).contains(&share(&|recipe| recipe.epochs == epochs)), "{epochs}");
    }

    // Of few different ones each is made once.
    let few = plan(json!({"kind": "random", "runs": 9, "fields": [{"field": "epochs", "from": 2, "to": 4}]}));
    let mut epochs: Vec<usize> =
        few.trials(&recipe(), TASK).expect("runs").iter().map(|trial| trial.recipe.epochs).collect();
    epochs.sort_unstable();
    assert_eq!(epochs, [2, 3, 4]);
}

#[test]
fn a_plan_that_cannot_be_followed_names_the_field() {
    let grid = |fields: Value| plan(json!({"kind": "grid", "fields": fields}));
    let random = |fields: Value, runs: usize| plan(json!({"kind": "random", "fields": fields, "runs": runs}));
    let base = recipe();
    for (plan, field, words) in [
        (grid(json!([])), "fields", "at least one"),
        (grid(json!([{"field": "height", "values": [1]}])), "height", "no hyperparameter named"),
        (grid(json!([{"field": "epochs", "values": []}])), "epochs", "at least one value"),
        (grid(json!([{"field": "epochs", "values": [1, 0]}])), "epochs", "must be from 1 to 1000"),
        (grid(json!([{"field": "epochs", "values": [1.5]}])), "epochs", "whole numbers"),
        (grid(json!([{"field": "epochs", "from": 1, "to": 2}])), "epochs", "single values in a grid"),
        (grid(json!([{"field": "metric", "values": ["loss"]}])), "metric", "compared by this metric"),
        (grid(json!([{"field": "lora_rank", "values": [4, 8]}])), "lora_rank", "no part in what is trained"),
        (grid(json!([{"field": "contrastive_loss", "values": ["auto"]}])), "contrastive_loss", "no part"),
        (
            grid(json!([{"field": "epochs", "values": [1]}, {"field": "epochs", "values": [2]}])),
            "epochs",
            "named twice",
        ),
        (
            grid(
                json!([{"field": "seed", "values": (0..200).collect::<Vec<_>>()}, {"field": "epochs", "values": [1, 2]}]),
            ),
            "epochs",
            "more than 256 runs",
        ),
        (random(json!([{"field": "epochs", "from": 1, "to": 9}]), 0), "runs", "from 1 to 256 runs"),
        (random(json!([{"field": "epochs", "from": 1, "to": 9}]), 1000), "runs", "from 1 to 256 runs"),
        (random(json!([{"field": "epochs", "from": 5, "to": 2}]), 3), "epochs", "lower to a higher"),
        (random(json!([{"field": "epochs", "from": 1, "to": 2.5}]), 3), "epochs", "whole numbers"),
        (random(json!([{"field": "epochs", "from": -3, "to": 2}]), 3), "epochs", "whole numbers"),
        (random(json!([{"field": "dropout", "from": 0, "to": 2}]), 3), "dropout", "from 0 to 0.9"),
        (random(json!([{"field": "learning_rate", "from": 0, "to": 0.1}]), 3), "learning_rate", "above 0"),
        (random(json!([{"field": "schedule", "from": 0, "to": 1}]), 3), "schedule", "takes words"),
        (SearchPlan::Seeds { runs: 1 }, "seeds", "from 2 to 256"),
        (SearchPlan::Seeds { runs: usize::MAX }, "seeds", "from 2 to 256"),
    ] {
        refused(&base, &plan, field, words);
    }
    let last = Recipe { seed: (1 << 53) - 1, ..recipe() };
    refused(&last, &SearchPlan::Seeds { runs: 2 }, "seed", "smaller seed");
    let head = Recipe { method: Method::Frozen, ..recipe() };
    refused(&head, &SearchPlan::Seeds { runs: 2 }, "seeds", "every run would be the same");
    refused(&Recipe { epochs: 0, ..recipe() }, &SearchPlan::Seeds { runs: 2 }, "epochs", "from 1 to 1000");
    assert!(serde_json::from_value::<SearchPlan>(json!({"kind": "guess"})).is_err());
}

/// Learning rates that learn nothing and something.
fn rates(values: &[f64], stop_losers: bool) -> SearchPlan {
    SearchPlan::Grid {
        fields: vec![Axis::values_of("learning_rate", values.iter().map(|v| json!(v)).collect())],
        stop_losers,
    }
}

fn search(session: &mut Session, recipe: &Recipe, plan: SearchPlan, units: usize) -> Vec<Event> {
    session.start_search(recipe, plan).expect("a search");
    finish(session, units)
}

#[test]
fn the_best_run_is_left_as_if_it_had_been_made_alone() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let recipe = Recipe { metric: Metric::Loss, epochs: 2, ..recipe() };
    let plan = rates(&[1e-9, 5e-3, 1e-5], false);
    let info = session.start_search(&recipe, plan.clone()).expect("a search");
    assert_eq!((info.runs, info.changes.len(), info.notes.len()), (3, 3, 0));
    let events = finish(&mut session, 5);

    // Every event lies between the start and the end of its run.
    let (mut open, mut steps) = (None, 0);
    for event in &events {
        match event {
            Event::TrialStarted(trial) => {
                assert_eq!((open, trial.total), (None, 3));
                (open, steps) = (Some(trial.trial), 0);
                assert_eq!(trial.run.as_ref().expect("a run").total_steps, 12);
            }
            Event::TrialDone(trial) => {
                assert_eq!((open.take(), steps), (Some(trial.trial), 12));
            }
            Event::Step(step) => {
                steps += 1;
                assert_eq!(step.step, steps);
                assert!(open.is_some());
            }
            Event::Done(_) => assert_eq!(open, None),
            _ => assert!(open.is_some()),
        }
    }
    let table = rows(&events);
    assert_eq!(table.iter().map(|row| row.trial).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(table.iter().map(|row| row.best).collect::<Vec<_>>(), [true, true, false]);
    assert!(table.iter().all(|row| row.state == TrialState::Completed && row.metric == Some("loss")));
    assert!(table[1].score < table[0].score && table[1].score < table[2].score, "lower is better");
    let end = done(&events).clone();
    assert_eq!(end.report.as_ref().map(|report| report.metrics.loss), table[1].score);
    assert!(end.sentence.contains("The best of 3 runs is run 2, with learning rate 0.005."), "{}", end.sentence);
    let said = predict(&session, &texts(20));
    let files = block_on(session.export_files(Map::new())).expect("files");

    // The report has the table; the recipe in it is that of the best run.
    let report = |files: &[tabtune::File]| -> Value {
        let file = files.iter().find(|file| file.path == "training_report.json").expect("a report");
        serde_json::from_slice(&file.bytes).expect("JSON")
    };
    let written = report(&files);
    assert_eq!(written["recipe"]["learning_rate"], json!(5e-3));
    assert_eq!(written["search"]["plan"], json!(plan));
    let best: Vec<&Value> =
        written["search"]["runs"].as_array().expect("runs").iter().map(|run| &run["best"]).collect();
    assert_eq!(best, [&json!(false), &json!(true), &json!(false)]);
    assert_eq!(written["epochs"].as_array().map(Vec::len), Some(2));

    let (_, alone) = train(&mut session, &Recipe { learning_rate: 5e-3, ..recipe });
    assert_eq!(done(&alone).report, end.report);
    assert_eq!(predict(&session, &texts(20)), said);
    let again = block_on(session.export_files(Map::new())).expect("files");
    let weights =
        |files: &[tabtune::File]| files.iter().find(|file| file.path == "model.safetensors").map(|f| f.bytes.clone());
    assert_eq!(weights(&again), weights(&files));
    assert_eq!(report(&again).get("search"), None);
}

#[test]
fn losers_are_stopped_at_the_same_moment_however_many_units_are_asked_for() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let recipe = Recipe { metric: Metric::Loss, epochs: 3, ..recipe() };
    let values = [5e-3, 4e-3, 3e-3, 1e-9];
    let state = |events: &[Event]| rows(events).iter().map(|row| row.state).collect::<Vec<_>>();
    let mut made = Vec::new();
    for units in [1, 7, 64] {
        let events = search(&mut session, &recipe, rates(&values, true), units);
        let scores: Vec<_> = rows(&events).iter().map(|row| (row.state, row.score, row.best_epoch)).collect();
        made.push((scores, steps(&events).len(), epochs(&events).len(), done(&events).report.clone()));
        assert_eq!(rows(&events)[3].state, TrialState::StoppedEarly);
        assert!(done(&events).sentence.contains("1 run fell behind and stopped early."), "{}", done(&events).sentence);
        // Six steps are an epoch: the loser did one of three.
        assert_eq!(steps(&events).len(), 3 * 18 + 6);
    }
    assert!(made.iter().all(|other| *other == made[0]), "{made:?}");
    let all = search(&mut session, &recipe, rates(&values, false), 64);
    assert_eq!(state(&all), [TrialState::Completed; 4]);
}

#[test]
fn several_seeds_end_with_their_mean_and_spread() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let events = search(&mut session, &Recipe { epochs: 1, ..recipe() }, SearchPlan::Seeds { runs: 4 }, 9);
    let scores: Vec<f64> = rows(&events).iter().filter_map(|row| row.score).collect();
    assert_eq!(scores.len(), 4);
    let mean = scores.iter().sum::<f64>() / 4.0;
    let deviation = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / 3.0).sqrt();
    let sentence = &done(&events).sentence;
    let expected = format!(
        "Over 4 seeds, accuracy is {:.1} % on average, with a standard deviation of {:.1} points.",
        mean * 100.0,
        deviation * 100.0
    );
    assert!(sentence.starts_with(&expected), "{sentence}");
    assert!(rows(&events).iter().all(|row| row.state == TrialState::Completed), "seeds are never stopped");
}

#[test]
fn a_search_can_be_stopped_at_any_moment() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let recipe = Recipe { epochs: 1, ..recipe() };
    let (_, alone) = train(&mut session, &Recipe { learning_rate: 1e-3, ..recipe.clone() });
    // A run takes ten units: its start, six steps, a batch of validation and two that find that nothing is left.
    for units in 0..=32 {
        session.start_search(&recipe, rates(&[1e-3, 2e-3, 3e-3], false)).expect("a search");
        let mut events = block_on(session.run_steps(units)).expect("events");
        session.stop();
        session.stop();
        events.extend(if session.is_running() { finish(&mut session, 1) } else { Vec::new() });
        let end = done(&events);
        let made = (units / 10 + 1).min(3);
        assert_eq!(end.reason, if units >= 29 { Reason::Completed } else { Reason::Stopped }, "after {units}");
        // Stopped between two runs, the next one is not begun.
        let begun = if units > 0 && units % 10 == 0 { units / 10 } else { made };
        assert_eq!((started(&events).len(), rows(&events).len()), (begun, begun), "after {units}");
        // After the ninth unit the run is done, but for saying so.
        let cut = units < 30 && (units == 0 || (1..9).contains(&(units % 10)));
        let stopped = rows(&events).iter().filter(|row| row.state == TrialState::Stopped).count();
        assert_eq!(stopped, usize::from(cut), "after {units}");
        assert!(end.report.is_some());
        if units == 10 {
            assert_eq!(end.report, done(&alone).report);
            assert!(end.sentence.starts_with("Stopped in run 1 of 3."), "{}", end.sentence);
        }
    }
    block_on(session.export_files(Map::new())).expect("a stopped search can be exported");
}

#[test]
fn a_run_that_cannot_be_made_is_in_the_table_and_the_others_are_made() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let lengths = |values: Value| plan(json!({"kind": "grid", "fields": [{"field": "max_length", "values": values}]}));
    let recipe = Recipe { epochs: 1, ..recipe() };
    let events = search(&mut session, &recipe, lengths(json!([8000, 9, 5])), 64);
    let table = rows(&events);
    assert_eq!(table[0].state, TrialState::Failed);
    assert!(
        table[0].mistake.as_ref().is_some_and(|words| words.contains("Maximum length must be at most")),
        "{table:?}"
    );
    assert_eq!((started(&events)[0].run.is_none(), table[0].score), (true, None));
    assert_eq!([table[1].state, table[2].state], [TrialState::Completed; 2]);
    assert!(done(&events).sentence.contains("1 run could not be made."), "{}", done(&events).sentence);

    // Where none can be made, what happened is told first and then why; what was trained before is still there.
    let said = predict(&session, &texts(5));
    session.start_search(&recipe, lengths(json!([8000, 8001]))).expect("a search");
    let events = block_on(session.run_steps(64)).expect("events");
    assert_eq!(rows(&events).iter().filter(|row| row.state == TrialState::Failed).count(), 2);
    let error = block_on(session.run_steps(64)).expect_err("nothing was made");
    assert!(error.to_string().contains("it is 8000"), "{error}");
    assert!(!session.is_running());
    assert_eq!(predict(&session, &texts(5)), said);
}

#[test]
fn texts_are_encoded_once_for_all_runs_of_a_frozen_encoder() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let fields = vec![
        Axis::values_of("method", vec![json!("frozen"), json!("probe")]),
        Axis::values_of("inverse_regularization", vec![json!(1), json!(100)]),
    ];
    let recipe = Recipe { epochs: 2, method: Method::Frozen, ..recipe() };
    let events = search(&mut session, &recipe, SearchPlan::Grid { fields, stop_losers: true }, 16);
    assert_eq!(rows(&events).iter().map(|row| row.state).collect::<Vec<_>>(), [TrialState::Completed; 4]);
    let second = events.iter().position(|event| matches!(event, Event::TrialDone(_))).expect("an end");
    let encoded = |events: &[Event]| events.iter().filter(|event| matches!(event, Event::Encode { .. })).count();
    assert!(encoded(&events[..second]) > 0 && encoded(&events[second..]) == 0);
}

#[test]
fn a_search_needs_what_a_run_needs_and_rows_to_compare_on() {
    let seeds = SearchPlan::Seeds { runs: 2 };
    let mut session = fruit::empty(DeviceKind::Cpu);
    let words =
        |result: tabtune::Result<_>| result.map(|_: tabtune::SearchInfo| ()).expect_err("a refusal").to_string();
    assert!(words(session.start_search(&recipe(), seeds.clone())).contains("Open a model"));
    let (mut session, _) = ready(DeviceKind::Cpu, 30, 0.0);
    assert!(words(session.start_search(&recipe(), seeds.clone())).contains("validation rows, and there are none"));
    let (mut session, _) = ready(DeviceKind::Cpu, 30, 0.2);
    session.start_search(&recipe(), seeds.clone()).expect("a search");
    assert!(words(session.start_search(&recipe(), seeds.clone())).contains("Stop it first"));
    assert!(session.start(recipe()).is_err() && session.map_columns(&fruit::mapping(0.5)).is_err());
    block_on(session.run_steps(3)).expect("events");
    assert!(words(session.start_search(&recipe(), seeds)).contains("Stop it first"));
}
