//! A search that was interrupted at any moment comes to the same table of runs and the same model.

use super::refused::{forged, unusable};
use super::*;
use tabtune::{Axis, Checkpoint, TrialDone, TrialState};

fn plan() -> SearchPlan {
    // The second is the best, the last falls behind after its first epoch.
    let values = [1e-3, 5e-3, 2e-3, 1e-9].map(|rate| json!(rate)).to_vec();
    SearchPlan::Grid { fields: vec![Axis::values_of("learning_rate", values)], stop_losers: true }
}

fn base() -> Recipe {
    Recipe { metric: Metric::Loss, epochs: 2, batch_size: 16, ..recipe() }
}

fn begun() -> Session {
    let mut session = Case::fruit(base()).session();
    session.start_search(&base(), plan()).expect("a search");
    session
}

/// The search after so many units of work, written down; `None` between two runs.
fn checkpoint(units: usize) -> Option<Checkpoint> {
    let mut session = begun();
    for _ in 0..units {
        block_on(session.run_steps(1)).expect("events");
    }
    match block_on(session.checkpoint()) {
        Ok(checkpoint) => Some(checkpoint),
        Err(error) => {
            assert!(error.to_string().contains("No run is under way"), "{error}");
            None
        }
    }
}

fn resumed(checkpoint: &Checkpoint) -> Session {
    let mut session = Case::fruit(base()).session();
    block_on(session.resume(&checkpoint.bytes)).expect("the search again");
    session
}

/// The table of runs, but for how long they took: of a run that was made again the last row.
fn table<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<TrialDone> {
    let mut rows: Vec<TrialDone> = Vec::new();
    for event in events {
        let Event::TrialDone(row) = event else { continue };
        rows.retain(|before| before.trial != row.trial);
        rows.push(TrialDone { seconds: 0.0, best: false, ..TrialDone::clone(row) });
    }
    rows.sort_by_key(|row| row.trial);
    rows
}

fn made_again(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::TrialStarted(trial) if trial.again)).count()
}

#[test]
fn a_search_goes_on_to_the_same_table_and_model() {
    let mut session = begun();
    let mut told = Vec::new();
    while session.is_running() {
        told.push(block_on(session.run_steps(1)).expect("events"));
    }
    let (expected, model) = (table(told.iter().flatten()), weights(&session));
    assert_eq!(expected[3].state, TrialState::StoppedEarly);
    let Some(Event::Done(end)) = told.iter().flatten().last() else { panic!("no end") };
    assert!(end.sentence.contains("The best of 4 runs is run 2"), "{}", end.sentence);
    let (mut again, mut between) = (0, 0);
    for moment in 1..told.len() {
        let Some(checkpoint) = checkpoint(moment) else {
            between += 1;
            continue;
        };
        let mut session = resumed(&checkpoint);
        let before = essence(told[..moment].iter().flatten());
        let (mut now, mut then) = (kept(&essence(&session.told())), kept(&before));
        // Neither steps nor how they were set up are kept of runs that are over.
        for events in [&mut now, &mut then] {
            let under_way = events.iter().rposition(|event| event["type"] == "trial_started").expect("a run");
            events[..under_way].iter_mut().for_each(|event| event["run"] = Value::Null);
            let mut place = 0;
            events.retain(|event| {
                place += 1;
                place > under_way || event["type"] != "step"
            });
        }
        assert_eq!(now, then, "told before {moment}");
        let (info, recipe) = session.search_under_way().expect("a search");
        assert_eq!((info.runs, recipe), (4, &base()));
        let shown = (checkpoint.info.of_search, &checkpoint.info.sentence);
        let run = then.iter().filter(|event| event["type"] == "trial_started").count();
        assert_eq!(shown.0, Some((run, 4)));
        assert!(shown.1.starts_with(&format!("Run {run} of 4. ")), "{}", shown.1);
        let once = block_on(session.checkpoint()).expect("a checkpoint").bytes;
        assert!(timeless(&once) == timeless(&checkpoint.bytes), "written down again after {moment} units");
        let events = finish(&mut session, 3);
        let all = [session.told(), told[..moment].concat(), events.clone()].concat();
        assert_eq!(table(&all), expected, "after {moment} units");
        let Some(Event::Done(other)) = events.last() else { panic!("no end") };
        assert_eq!((&other.sentence, &other.report, other.reason), (&end.sentence, &end.report, end.reason));
        assert!(weights(&session) == model, "weights after {moment} units");
        // The best run is made again where it was over, and nowhere else.
        assert_eq!(made_again(&events), usize::from(run > 2), "after {moment} units");
        again += made_again(&events);
    }
    assert!(again > 5 && between > 1, "{again} {between}");
}

/// The first moment at which a run is under way after so many are over.
fn during(run: usize) -> Checkpoint {
    let found = (1..200).filter_map(checkpoint).find(|checkpoint| checkpoint.info.of_search == Some((run, 4)));
    found.expect("a checkpoint of that run")
}

#[test]
fn a_search_is_interrupted_twice_also_where_the_best_run_is_made_again() {
    let mut session = begun();
    finish(&mut session, 3);
    let model = weights(&session);
    let mut session = resumed(&during(4));
    let is_again = |events: &[Event]| made_again(events) > 0;
    while !is_again(&block_on(session.run_steps(1)).expect("events")) {}
    block_on(session.run_steps(2)).expect("events");
    let second = block_on(session.checkpoint()).expect("a checkpoint");
    assert_eq!(second.info.of_search, Some((2, 4)));
    let mut session = resumed(&second);
    let told = session.told();
    assert_eq!((table(&told).len(), made_again(&told)), (4, 1));
    finish(&mut session, 3);
    assert!(weights(&session) == model);
}

#[test]
fn who_stops_a_search_is_told_what_was_lost_with_the_program() {
    let mut session = resumed(&during(3));
    session.stop();
    let events = finish(&mut session, 1);
    let Some(Event::Done(end)) = events.last() else { panic!("no end") };
    assert!(end.sentence.starts_with("Stopped in run 3 of 4."), "{}", end.sentence);
    assert!(end.sentence.contains("Run 2 did better, but its weights were lost"), "{}", end.sentence);
    assert!(block_on(session.export_files(Map::new())).is_ok());
    // The first run is still under way: nothing is lost.
    let mut session = resumed(&during(1));
    session.stop();
    let events = finish(&mut session, 1);
    let Some(Event::Done(end)) = events.last() else { panic!("no end") };
    assert!(!end.sentence.contains("lost"), "{}", end.sentence);
}

#[test]
fn a_forged_search_is_refused() {
    let whole = during(3).bytes;
    let case = Case::fruit(base());
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 7] = [
        ("contradict", |search| search["best"] = json!(2)),
        ("contradict", |search| search["again"] = json!(true)),
        ("contradict", |search| search["trials"] = json!([])),
        ("contradict", |search| search["trials"][2] = search["trials"][0].clone()),
        ("contradict", |search| search["trials"][0]["fields"] = json!(["colour"])),
        ("cannot be read", |search| search["plan"] = json!({"kind": "prophecy"})),
        ("recipe cannot be read", |search| search["base"] = json!([])),
    ];
    for (words, change) in changes {
        let bytes = forged(&whole, |_, state| change(&mut state["search"]));
        let mut session = case.session();
        let error = block_on(session.resume(&bytes)).expect_err(words).to_string();
        assert!(error.contains(words) && error.len() < 1000, "{error} lacks {words:?}");
        assert!(!session.is_running());
    }
    let many = forged(&whole, |_, state| {
        let trial = state["search"]["trials"][3].clone();
        state["search"]["trials"].as_array_mut().expect("runs").extend(vec![trial; 300]);
    });
    assert!(block_on(case.session().resume(&many)).is_err());
    unusable(&case, &forged(&whole, |_, state| state["search"] = json!(1)), "cannot be read");
}
