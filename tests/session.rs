//! The whole session over the tiny encoder: runs from start to end, what they leave behind, and every wrong turn.

mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_lite::future::block_on;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::fixture;
use tabtune::data::{DatasetInfo, Mapping};
use tabtune::recipe::{Metric, Schedule};
use tabtune::train::{learning_rate, warmup_steps};
use tabtune::{
    DeviceKind, DoneEvent, EpochEvent, Error, Event, File, ModelFiles, Prediction, Reason, Recipe, RunInfo, Session,
    StepEvent,
};

/// The words of each class; a few words that say nothing come between them.
const CLASSES: [(&str, [&str; 4]); 3] = [
    ("red", ["apple", "red", "sweet", "pie"]),
    ("green", ["pear", "green", "ripe", "tree"]),
    ("yellow", ["quince", "jam", "tart", "honey"]),
];
const FILLING: [&str; 7] = ["the", "is", "very", "good", "and", "with", "we"];

/// A table of this many rows, all different, whose class shows in two of their words.
fn table(rows: usize) -> String {
    let mut csv = "text,label\n".to_owned();
    for row in 0..rows {
        let ((label, words), turn) = (CLASSES[row % 3], row / 3);
        let filling: Vec<&str> = (0..turn % 5).map(|place| FILLING[(turn + place) % 7]).collect();
        csv += &format!("{} {} {} {turn},{label}\n", words[turn % 4], filling.join(" "), words[(turn / 4 + 1) % 4]);
    }
    csv
}

fn texts(rows: usize) -> Vec<String> {
    table(rows).lines().skip(1).map(|line| line.rsplit_once(',').expect("two columns").0.to_owned()).collect()
}

/// The files of a model folder, to be changed.
#[derive(Clone)]
struct Folder {
    config: Vec<u8>,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

impl Folder {
    fn fixture(name: &str) -> Self {
        let [config, tokenizer, weights] =
            ["config.json", "tokenizer.json", "model.safetensors"].map(|file| fixture(&format!("{name}/{file}")));
        Self { config, tokenizer, weights }
    }

    fn exported(files: &[File]) -> Self {
        let file = |path: &str| files.iter().find(|file| file.path == path).expect("a file").bytes.clone();
        Self { config: file("config.json"), tokenizer: file("tokenizer.json"), weights: file("model.safetensors") }
    }

    fn with_config(&self, field: &str, value: Value) -> Self {
        let mut config: Value = serde_json::from_slice(&self.config).expect("JSON");
        config[field] = value;
        Self { config: config.to_string().into_bytes(), ..self.clone() }
    }

    fn files(&self) -> ModelFiles<'_> {
        ModelFiles { config: &self.config, tokenizer: &self.tokenizer, weights: &self.weights, tokenizer_config: None }
    }
}

fn empty(kind: DeviceKind) -> Session {
    block_on(Session::new(kind)).expect("a device")
}

/// A session with the tiny encoder and a table of which this share is held out.
fn ready(kind: DeviceKind, rows: usize, share: f64) -> (Session, DatasetInfo) {
    let mut session = empty(kind);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(table(rows).as_bytes(), "fruit.csv").expect("a table");
    let info = session.map_columns(&mapping(share)).expect("a data set");
    (session, info)
}

fn mapping(share: f64) -> Mapping {
    Mapping { validation_share: share, ..Mapping::new("text", "label") }
}

fn recipe() -> Recipe {
    Recipe { epochs: 3, batch_size: 8, learning_rate: 2e-3, ..Recipe::default() }
}

/// burn's CPU backend draws dropout from one generator per process, so that runs at the same time would mix.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Goes on with the run to its end, so many units of work at a time.
fn finish(session: &mut Session, units: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while session.is_running() {
        events.extend(block_on(session.run_steps(units)).expect("events"));
        assert!(events.len() < 10_000, "a run that does not end");
    }
    events
}

fn train(session: &mut Session, recipe: &Recipe) -> (RunInfo, Vec<Event>) {
    let _alone = alone();
    let info = session.start(recipe.clone()).expect("a run");
    (info, finish(session, 5))
}

fn steps(events: &[Event]) -> Vec<&StepEvent> {
    events.iter().filter_map(|event| if let Event::Step(step) = event { Some(step) } else { None }).collect()
}

fn losses(events: &[Event]) -> Vec<f64> {
    steps(events).into_iter().map(|step| step.loss).collect()
}

fn epochs(events: &[Event]) -> Vec<&EpochEvent> {
    events.iter().filter_map(|event| if let Event::Epoch(epoch) = event { Some(epoch) } else { None }).collect()
}

fn done(events: &[Event]) -> &DoneEvent {
    let ends = events.iter().filter(|event| matches!(event, Event::Done(_))).count();
    match events.last() {
        Some(Event::Done(done)) if ends == 1 => done,
        other => panic!("{ends} ends, and the last event is {other:?}"),
    }
}

fn predict(session: &Session, texts: &[String]) -> Vec<Prediction> {
    block_on(session.predict(texts)).expect("predictions")
}

/// Probabilities in the order of the labels.
fn scores(prediction: &Prediction) -> Vec<f64> {
    prediction.scores.values().map(|score| score.as_f64().expect("a number")).collect()
}

/// Asserts that a whole run's events come in order and agree with the recipe and the data.
fn check_events(recipe: &Recipe, info: &RunInfo, events: &[Event]) {
    let (mut step, mut epoch, mut validated, mut seconds) = (0, 0, 0, 0.0);
    let warmup = warmup_steps(info.total_steps, recipe.warmup_ratio);
    for event in &events[..events.len() - 1] {
        match event {
            Event::Step(now) => {
                assert_eq!((now.step, now.total_steps), (step + 1, info.total_steps));
                assert!(now.step <= (epoch + 1) * info.steps_per_epoch, "an epoch ends with its validation");
                assert_eq!(now.epoch, now.step as f64 / info.steps_per_epoch as f64);
                let rate = learning_rate(recipe.schedule, step, info.total_steps, warmup, recipe.learning_rate);
                assert_eq!(now.learning_rate, rate);
                assert!(now.loss.is_finite() && now.grad_norm > 0.0 && now.tokens > now.examples);
                if now.step.is_multiple_of(info.steps_per_epoch) {
                    assert_eq!(now.examples, info.train * (epoch + 1));
                    assert_eq!(now.tokens, info.tokens_per_epoch * (epoch + 1));
                }
                assert!(now.seconds >= seconds);
                (step, seconds) = (now.step, now.seconds);
            }
            Event::Evaluate { done, total } => {
                assert!(step == (epoch + 1) * info.steps_per_epoch && *total == info.validation);
                assert!((validated + 1..=*total).contains(done));
                validated = *done;
            }
            Event::Epoch(now) => {
                epoch += 1;
                assert_eq!((now.epoch, now.step, validated), (epoch, epoch * info.steps_per_epoch, info.validation));
                assert_eq!(now.validation.is_some(), info.validation > 0);
                validated = 0;
            }
            Event::Done(_) => panic!("the end comes last"),
        }
    }
    assert_eq!(done(events).steps, step);
}

fn whole_run(kind: DeviceKind) {
    let (mut session, data) = ready(kind, 240, 0.2);
    assert_eq!((data.train, data.validation, data.longest_tokens), (192, 48, None));
    let recipe = Recipe { learning_rate: LR(), ..recipe() };let (info, events) = train(&mut session, &recipe);
println!("{:?}",epochs(&events));
    assert_eq!((info.total_steps, info.steps_per_epoch, info.train, info.validation), (18, 6, 48, 12));
    assert_eq!(session.dataset_info().expect("data").longest_tokens, Some(info.max_length));
    check_events(&recipe, &info, &events);
    assert_eq!(epochs(&events).len(), 3);
    let mean: Vec<f64> = epochs(&events).iter().map(|epoch| epoch.train_loss).collect();
    assert!(mean[2] < 0.8 * mean[0], "the loss falls: {mean:?}");

    let done = done(&events);
    assert_eq!((done.reason, done.steps), (Reason::Completed, 18));
    let report = done.report.as_ref().expect("validation rows");
    assert_eq!(report.labels, ["green", "red", "yellow"]);
    assert_eq!(report.confusion.iter().flatten().sum::<u64>(), 12);
    assert!(report.metrics.accuracy > 0.6, "{:?}", report.metrics);
    let best = epochs(&events)[done.best_epoch - 1];
    assert_eq!(best.validation, Some(report.metrics));

    // The kept weights do on the same rows what the report says, and better than chance on all.
    let all = block_on(session.evaluate("text", "label")).expect("a report");
    assert_eq!(all.confusion.iter().flatten().sum::<u64>(), 60);
    assert!(all.metrics.accuracy > 0.6, "{:?}", all.metrics);

    let limit = support::tolerance(kind);
    let reopened = round_trip(&session, kind);
    for (kept, loaded) in predict(&session, &texts(60)).iter().zip(&reopened) {
        assert_eq!((&kept.text, &kept.label), (&loaded.text, &loaded.label));
        assert!((scores(kept).iter().sum::<f64>() - 1.0).abs() < 1e-6);
        for (a, b) in scores(kept).iter().zip(scores(loaded)) {
            assert!((a - b).abs() <= limit, "{a} and {b}");
        }
    }
}

/// What the exported folder says when it is opened anew.
fn round_trip(session: &Session, kind: DeviceKind) -> Vec<Prediction> {
    let files = block_on(session.export_files(Map::new())).expect("files");
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let expected =
        ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "training_report.json"];
    assert_eq!(names, expected);
    let folder = Folder::exported(&files);
    let config: Value = serde_json::from_slice(&folder.config).expect("JSON");
    assert_eq!(config["architectures"], json!(["BertForSequenceClassification"]));
    assert_eq!(config["id2label"], json!({"0": "green", "1": "red", "2": "yellow"}));
    assert_eq!(config["label2id"], json!({"green": 0, "red": 1, "yellow": 2}));
    assert_eq!(config["problem_type"], "single_label_classification");
    assert_eq!(config["vocab_size"], 300);
    assert_eq!(folder.tokenizer, fixture("tiny-bert/tokenizer.json"));
    let report: Value = serde_json::from_slice(&files[4].bytes).expect("JSON");
    assert_eq!((&report["base_model"], &report["recipe"]["epochs"]), (&json!("tiny"), &json!(3)));
    assert_eq!(report["epochs"].as_array().map(Vec::len), Some(3));
    let words = String::from_utf8(files[4].bytes.clone()).expect("text");
    assert!(texts(60).iter().all(|text| !words.contains(text.as_str())), "no row of the data leaves");

    let mut reopened = empty(kind);
    let info = reopened.open_model(folder.files(), "mine").expect("a model");
    assert_eq!(info.labels.as_deref().map(|labels| labels.join(" ")).as_deref(), Some("green red yellow"));
    predict(&reopened, &texts(60))
}

#[test]
fn a_whole_run_on_the_cpu() {
    whole_run(DeviceKind::Cpu);
}

#[test]
fn a_whole_run_and_a_move_on_the_gpu() {
    if support::gpu_is_wanted("A whole run") {
        whole_run(DeviceKind::Gpu);
        let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
        train(&mut session, &Recipe { epochs: 1, ..recipe() });
        let before = predict(&session, &texts(9));
        block_on(session.move_to(DeviceKind::Gpu)).expect("a move");
        for (a, b) in before.iter().zip(predict(&session, &texts(9))) {
            assert!(scores(a).iter().zip(scores(&b)).all(|(a, b)| (a - b).abs() < 1e-4), "{a:?} and {b:?}");
        }
        train(&mut session, &Recipe { epochs: 1, ..recipe() });
    }
}

#[test]
fn the_seed_settles_a_run() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let mut run = |seed, units| {
        let _alone = alone();
        session.start(Recipe { seed, epochs: 2, ..recipe() }).expect("a run");
        let events = finish(&mut session, units);
        let said: Vec<Vec<f64>> = predict(&session, &texts(6)).iter().map(scores).collect();
        (losses(&events), said)
    };
    let first = run(7, 5);
    assert_eq!(first, run(7, 1), "bit by bit, however many units are asked for at a time");
    let other = run(8, 5);
    assert!(first.0.iter().zip(&other.0).all(|(a, b)| a != b), "{first:?} and {other:?}");
}

#[test]
fn a_run_that_is_stopped_keeps_the_best_epoch() {
    let constant = Recipe { schedule: Schedule::Constant, warmup_ratio: 0.0, ..recipe() };
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    train(&mut session, &Recipe { epochs: 1, ..constant.clone() });
    let after_one_epoch = predict(&session, &texts(60));

    let stopped = |session: &mut Session, recipe: &Recipe, steps: usize| -> DoneEvent {
        let _alone = alone();
        session.start(recipe.clone()).expect("a run");
        let mut done = 0;
        while done < steps {
            let events = block_on(session.run_steps(1)).expect("events");
            done += events.iter().filter(|event| matches!(event, Event::Step(_))).count();
        }
        session.stop();
        session.stop();
        let events = finish(session, 3);
        assert_eq!(losses(&events), [0.0; 0], "no step after the stop");
        self::done(&events).clone()
    };
    // Six steps are an epoch: stopped within the second one.
    let end = stopped(&mut session, &constant, 8);
    assert_eq!((end.reason, end.best_epoch, end.steps), (Reason::Stopped, 1, 8));
    assert!(end.report.is_some() && end.sentence.contains("epoch 1"), "{}", end.sentence);
    assert_eq!(predict(&session, &texts(60)), after_one_epoch);

    // Without going back: the weights reached, validated before the end.
    let end = stopped(&mut session, &Recipe { keep_best: false, ..constant.clone() }, 8);
    assert_eq!((end.reason, end.best_epoch), (Reason::Stopped, 0));
    assert_eq!(end.report.expect("a report").confusion.iter().flatten().sum::<u64>(), 12);
    assert_ne!(predict(&session, &texts(60)), after_one_epoch);

    // Before the first epoch is over, and before the first step.
    for steps in [2, 0] {
        let end = stopped(&mut session, &constant, steps);
        assert_eq!((end.reason, end.best_epoch, end.steps), (Reason::Stopped, 0, steps));
        assert!(end.report.is_some());
    }
    block_on(session.export_files(Map::new())).expect("a stopped run can be exported");
}

#[test]
fn a_run_that_no_longer_improves_ends_early() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let still = Recipe { learning_rate: 1e-12, epochs: 9, patience: 2, ..recipe() };
    for metric in [Metric::Accuracy, Metric::MacroF1] {
        let (info, events) = train(&mut session, &Recipe { metric, ..still.clone() });
        check_events(&still, &info, &events);
        let end = done(&events);
        assert_eq!((end.reason, end.best_epoch, end.steps), (Reason::EarlyStopping, 1, 3 * info.steps_per_epoch));
        assert_eq!(epochs(&events).iter().map(|epoch| epoch.best).collect::<Vec<_>>(), [true, false, false]);
    }
    let (_, events) = train(&mut session, &Recipe { patience: 0, epochs: 4, ..still });
    assert_eq!((done(&events).reason, epochs(&events).len()), (Reason::Completed, 4));
}

#[test]
fn the_watched_metric_picks_the_best_epoch() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    // Steps so large that the model breaks after it has learned.
    let wild = Recipe { learning_rate: 0.05, epochs: 5, metric: Metric::Loss, ..recipe() };
    let (_, events) = train(&mut session, &wild);
    let validation = |epoch: &&EpochEvent| epoch.validation.expect("validation rows").loss;
    let losses: Vec<f64> = epochs(&events).iter().map(validation).collect();
    let lowest = (0..5).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).expect("epochs");
    assert_eq!(done(&events).best_epoch, lowest + 1, "{losses:?}");
    assert_eq!(done(&events).report.as_ref().expect("a report").metrics.loss, losses[lowest]);

    let (_, events) = train(&mut session, &Recipe { keep_best: false, ..wild });
    assert_eq!(done(&events).best_epoch, 5, "the last epoch is kept, whether it was the best or not");
    assert_eq!(done(&events).report.as_ref().expect("a report").metrics.loss, losses[4]);
}

#[test]
fn without_validation_rows_the_last_epoch_is_kept() {
    let (mut session, data) = ready(DeviceKind::Cpu, 30, 0.0);
    assert_eq!((data.train, data.validation), (30, 0));
    let (info, events) = train(&mut session, &Recipe { epochs: 2, patience: 1, ..recipe() });
    check_events(&recipe(), &RunInfo { total_steps: info.total_steps, ..info.clone() }, &events);
    assert!(info.notes.iter().any(|note| note.contains("no validation rows")), "{:?}", info.notes);
    let end = done(&events);
    assert_eq!((end.reason, end.best_epoch, &end.report), (Reason::Completed, 2, &None));
    block_on(session.export_files(Map::new())).expect("files");
}

#[test]
fn accumulated_batches_are_one_large_batch() {
    // All 14 rows are in every step: as 4 + 4 + 4 + 2, or at once.
    let run = |batch_size, accumulation| {
        let (mut session, _) = ready(DeviceKind::Cpu, 14, 0.0);
        let still = Recipe { batch_size, accumulation, dropout: 0.0, epochs: 6, ..recipe() };
        let (info, events) = train(&mut session, &still);
        assert_eq!((info.steps_per_epoch, info.total_steps), (1, 6));
        steps(&events).into_iter().map(|step| [step.loss, step.grad_norm]).collect::<Vec<_>>()
    };
    for (small, large) in run(4, 4).into_iter().flatten().zip(run(16, 1).into_iter().flatten()) {
        assert!((small - large).abs() <= 1e-5 * large, "{small} and {large}");
    }
    // 5 batches of at most 4 rows, 2 to a step: the last step of an epoch has one batch.
    let (mut session, _) = ready(DeviceKind::Cpu, 18, 0.0);
    let uneven = Recipe { batch_size: 4, accumulation: 2, ..recipe() };
    let (info, events) = train(&mut session, &uneven);
    assert_eq!((info.steps_per_epoch, info.total_steps), (3, 9));
    check_events(&uneven, &info, &events);
}

#[test]
fn long_texts_are_cut_where_the_recipe_says() {
    let (mut session, _) = ready(DeviceKind::Cpu, 30, 0.2);
    let (info, _) = train(&mut session, &Recipe { epochs: 1, max_length: Some(5), ..recipe() });
    assert_eq!(info.max_length, 5);
    assert!(info.notes.iter().any(|note| note.contains("longer than 5 tokens")), "{:?}", info.notes);
    let [one, other] = ["apple the red", "apple the very"].map(str::to_owned);
    let said: Vec<Vec<f64>> = predict(&session, &[one, other]).iter().map(scores).collect();
    assert_ne!(said[0], said[1], "the third word of a text counts");
    let [short, long] = ["apple the very", "apple the very green pear tree"].map(str::to_owned);
    let said: Vec<Vec<f64>> = predict(&session, &[short, long]).iter().map(scores).collect();
    assert_eq!(said[0], said[1], "the fourth word is beyond the maximum");
}

#[derive(Deserialize)]
struct Reference {
    labels: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    label: String,
    probabilities: Vec<f64>,
}

#[test]
fn a_checkpoint_with_a_head_predicts_what_transformers_does() {
    let reference: Reference = support::json("tiny-classifier/predictions.json");
    let mut session = empty(DeviceKind::Cpu);
    let info = session.open_model(Folder::fixture("tiny-classifier").files(), "tiny").expect("a model");
    assert_eq!(info.labels, Some(reference.labels.clone()));
    let texts: Vec<String> = reference.cases.iter().map(|case| case.text.clone()).collect();
    for (case, prediction) in reference.cases.iter().zip(predict(&session, &texts)) {
        assert_eq!((&prediction.text, &prediction.label), (&case.text, &case.label));
        assert!(prediction.scores.keys().eq(&reference.labels));
        for (got, expected) in scores(&prediction).iter().zip(&case.probabilities) {
            assert!((got - expected).abs() <= 1e-5, "{}: {got} and {expected}", case.text);
        }
    }
    assert_eq!(predict(&session, &[]), []);
}

#[test]
fn a_checkpoint_with_a_head_goes_on_where_it_ended() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let (_, first) = train(&mut session, &recipe());
    let files = block_on(session.export_files(Map::new())).expect("files");
    session.open_model(Folder::exported(&files).files(), "mine").expect("a model");
    let (_, second) = train(&mut session, &recipe());
    let (ended, goes_on) = (epochs(&first)[2].train_loss, losses(&second)[0]);
    assert!(goes_on < 1.2 * ended && goes_on < 0.8 * losses(&first)[0], "{ended} and then {goes_on}");
}

#[track_caller]
fn refused<T>(kind: &str, words: &str, result: tabtune::Result<T>) {
    let error = result.err().unwrap_or_else(|| panic!("accepted: {words}"));
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error} lacks {words:?}");
}

#[test]
fn what_comes_too_early_says_what_comes_first() {
    let mut session = empty(DeviceKind::Cpu);
    refused("order", "Open a table first", session.map_columns(&mapping(0.1)));
    refused("order", "Open a model first", session.start(recipe()));
    refused("order", "Start one first", block_on(session.run_steps(1)));
    refused("order", "Open a model first", block_on(session.predict(&texts(1))));
    refused("order", "Open a table first", block_on(session.evaluate("text", "label")));
    refused("order", "Train a model first", block_on(session.export_files(Map::new())));
    assert_eq!((session.tokenize(10), session.dataset_info()), (Ok((0, 0)), None));
    session.stop();

    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    refused("order", "choose its columns", session.start(recipe()));
    refused("order", "Train it first", block_on(session.predict(&texts(1))));
    session.open_table(table(30).as_bytes(), "fruit.csv").expect("a table");
    refused("order", "choose its columns", session.start(recipe()));
    refused("order", "Train it first", block_on(session.evaluate("text", "label")));
    session.map_columns(&mapping(0.1)).expect("a data set");
    train(&mut session, &Recipe { epochs: 1, ..recipe() });
}

#[test]
fn a_run_under_way_is_not_disturbed() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let (_, undisturbed) = train(&mut session, &recipe());
    let _alone = alone();
    session.start(recipe()).expect("a run");
    let mut events = block_on(session.run_steps(4)).expect("events");
    refused("order", "Stop it first", session.open_model(Folder::fixture("tiny-classifier").files(), "other"));
    refused("order", "Stop it first", session.open_table(table(9).as_bytes(), "other.csv"));
    refused("order", "Stop it first", session.map_columns(&mapping(0.5)));
    refused("order", "Stop it first", session.start(recipe()));
    refused("order", "Stop it first", block_on(session.move_to(DeviceKind::Gpu)));
    assert_eq!(predict(&session, &texts(3)).len(), 3, "the model of the run before still predicts");
    events.extend(finish(&mut session, 5));
    assert_eq!(losses(&events), losses(&undisturbed));
}

#[test]
fn no_mistake_costs_what_is_open() {
    let (mut untouched, data) = ready(DeviceKind::Cpu, 60, 0.2);
    let (_, expected) = train(&mut untouched, &recipe());

    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let good = Folder::fixture("tiny-bert");
    for (kind, words, folder) in [
        ("model", "llama", good.with_config("model_type", json!("llama"))),
        ("model", "not valid JSON", Folder { config: b"{".to_vec(), ..good.clone() }),
        ("model", "it has 300 tokens", good.with_config("vocab_size", json!(200))),
        ("model", "cannot be read as a tokenizer", Folder { tokenizer: b"{}".to_vec(), ..good.clone() }),
        ("tensor", "lie outside", Folder { weights: good.weights[..90_000].to_vec(), ..good.clone() }),
        ("model", "cut short", Folder { weights: good.weights[..90].to_vec(), ..good.clone() }),
        ("tensor", "[300, 32]", good.with_config("vocab_size", json!(400))),
        ("tensor", "missing", good.with_config("num_hidden_layers", json!(3))),
    ] {
        refused(kind, words, session.open_model(folder.files(), "bad"));
    }
    refused("table", "", session.open_table(b"", "empty.csv"));
    refused("table", "", session.open_table(b"PK\x03\x04\0\0\0\0", "sheet.xlsx"));
    refused("table", "label", session.map_columns(&Mapping::new("text", "absent")));
    refused("table", "", session.map_columns(&Mapping::new("text", "text")));
    refused("table", "", session.map_columns(&mapping(0.95)));
    for bad in [
        Recipe { epochs: 0, ..recipe() },
        Recipe { learning_rate: f64::NAN, ..recipe() },
        Recipe { dropout: 1.0, ..recipe() },
        Recipe { max_length: Some(2), ..recipe() },
        Recipe { max_length: Some(65), ..recipe() },
    ] {
        refused("recipe", "must be", session.start(bad));
    }
    assert!(!session.is_running());
    assert_eq!(session.dataset_info().map(|info| info.classes), Some(data.classes));
    let (_, events) = train(&mut session, &recipe());
    assert_eq!(losses(&events), losses(&expected), "as if nothing had happened");

    // Nor does a mistake cost the trained model.
    let before = predict(&session, &texts(6));
    refused("model", "llama", session.open_model(good.with_config("model_type", json!("llama")).files(), "bad"));
    refused("table", "", session.open_table(b"", "empty.csv"));
    let error = block_on(session.evaluate("label", "text")).expect_err("labels that the model does not know");
    assert!(matches!(error, Error::Table { .. }), "{error}");
    assert_eq!(predict(&session, &texts(6)), before);
}

#[allow(non_snake_case)]
fn LR() -> f64 { std::env::var("LR").unwrap().parse().unwrap() }
