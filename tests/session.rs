//! The whole session over the tiny encoder: runs from start to end, however they end, and what they leave behind. One file,
//! because a file of tests is a program of its own to build.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{
    Folder, done, empty, epochs, finish, label, losses, mapping, predict, ready, recipe, scores, steps, texts, train,
};
use futures_lite::future::block_on;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::fixture;
use tabtune::recipe::{Method, Metric, Schedule};
use tabtune::train::{learning_rate, warmup_steps};
use tabtune::{DeviceKind, DoneEvent, EpochEvent, Event, Prediction, Reason, Recipe, RunInfo, Session};

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
            Event::Encode { .. } => panic!("nothing is encoded apart in full training"),
            Event::TrialStarted(_) | Event::TrialDone(_) => panic!("this is one run"),
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
    // With dropout, how fast so small an encoder learns depends on the seed and on how a device pads.
    let recipe = Recipe { dropout: 0.0, ..recipe() };
    let (info, events) = train(&mut session, &recipe);
    assert_eq!((info.total_steps, info.steps_per_epoch, info.train, info.validation), (72, 24, 192, 48));
    assert_eq!(info.max_length, 64, "as many as the tiny encoder has positions for");
    check_events(&recipe, &info, &events);
    assert_eq!(epochs(&events).len(), 3);
    let mean: Vec<f64> = epochs(&events).iter().map(|epoch| epoch.train_loss).collect();
    assert!(mean[2] < 0.5 * mean[0], "the loss falls: {mean:?}");

    let done = done(&events);
    assert_eq!((done.reason, done.steps), (Reason::Completed, 72));
    let report = done.report.as_ref().expect("validation rows");
    assert_eq!(report.labels, ["green", "red", "yellow"]);
    assert_eq!(report.confusion.iter().flatten().flatten().sum::<u64>(), 48);
    assert!(report.metrics.get("accuracy") > Some(0.9), "{:?}", report.metrics);
    let best = epochs(&events)[done.best_epoch - 1];
    assert_eq!(best.validation.as_ref(), Some(&report.metrics));

    // The kept weights do on the same rows what the report says, and better than chance on all.
    let (all, _) = block_on(session.evaluate(&mapping(0.0))).expect("a report");
    assert_eq!(all.confusion.iter().flatten().flatten().sum::<u64>(), 240);
    assert!(all.metrics.get("accuracy") > Some(0.9), "{:?}", all.metrics);

    let limit = support::tolerance(kind);
    let reopened = round_trip(&session, kind);
    for (kept, loaded) in predict(&session, &texts(60)).iter().zip(&reopened) {
        assert_eq!(label(kept), label(loaded));
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
    let expected = [
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "training_report.json",
        "README.md",
    ];
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
fn a_whole_run_on_the_gpu() {
    support::on_a_gpu("A whole run", || {
        whole_run(DeviceKind::Gpu);
    });
}

#[test]
fn the_seed_settles_a_run() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let mut run = |seed, units| {
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
    assert_eq!(end.report.expect("a report").confusion.iter().flatten().flatten().sum::<u64>(), 12);
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
fn a_run_can_be_stopped_at_any_moment() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    // An epoch takes 8 units: six steps, one batch of validation, and the one that finds that none is left.
    for units in 0..=24 {
        for keep_best in [true, false] {
            session.start(Recipe { keep_best, ..recipe() }).expect("a run");
            let mut events = block_on(session.run_steps(units)).expect("events");
            session.stop();
            events.extend(finish(&mut session, 1));
            let end = done(&events);
            assert_eq!(end.reason, if units == 24 { Reason::Completed } else { Reason::Stopped }, "after {units}");
            assert_eq!(end.steps, (units / 8) * 6 + (units % 8).min(6), "after {units}");
            let epochs = epochs(&events).len();
            assert_eq!(epochs, units / 8);
            assert!(end.best_epoch <= epochs && (epochs == 0 || !keep_best || end.best_epoch > 0));
            assert_eq!(end.report.as_ref().expect("a report").confusion.iter().flatten().flatten().sum::<u64>(), 12);
        }
    }
}

#[test]
fn a_run_that_no_longer_improves_ends_early() {
    let (mut session, _) = ready(DeviceKind::Cpu, 60, 0.2);
    let still = Recipe { learning_rate: 1e-12, epochs: 9, patience: 2, ..recipe() };
    for metric in [Metric::Main, Metric::MacroF1] {
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
    let validation = |epoch: &&EpochEvent| epoch.validation.as_ref().expect("validation rows").loss;
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

#[test]
fn what_is_saved_cuts_texts_where_training_did() {
    let texts = ["apple the very", "apple the very green pear tree"].map(str::to_owned);
    for method in [Method::Full, Method::Frozen] {
        let (mut session, _) = ready(DeviceKind::Cpu, 30, 0.2);
        let cut_at = |session: &mut Session, max_length| {
            let (_, events) = train(session, &Recipe { epochs: 1, max_length, method, ..recipe() });
            let files = block_on(session.export_files(Map::new())).expect("files");
            let value = |path: &str, field: &str| {
                let file = files.iter().find(|file| file.path == path)?;
                serde_json::from_slice::<Value>(&file.bytes).expect("JSON")[field].as_u64()
            };
            let cut = value("tokenizer_config.json", "model_max_length");
            // Of a sentence-transformers folder, this is what counts.
            let vectors = value("sentence_bert_config.json", "max_seq_length");
            assert_eq!(vectors.or(cut), cut);
            assert!(done(&events).report.is_some());
            (cut, Folder::exported(&files))
        };
        let (cut, folder) = cut_at(&mut session, Some(5));
        assert_eq!(cut, Some(5));
        let mut again = empty(DeviceKind::Cpu);
        again.open_model(folder.files(), "again").expect("a model");
        let said: Vec<Vec<f64>> = predict(&again, &texts).iter().map(scores).collect();
        assert_eq!(said[0], said[1], "the fourth word is beyond the maximum, {method:?}");
        let before: Vec<Vec<f64>> = predict(&session, &texts).iter().map(scores).collect();
        said.iter().flatten().zip(before.iter().flatten()).for_each(|(a, b)| assert!((a - b).abs() < 1e-5));

        // Data whose texts are short say nothing of those that come later.
        let (cut, folder) = cut_at(&mut session, None);
        assert_eq!(cut, Some(64), "as many as the tiny encoder has positions for");
        again.open_model(folder.files(), "again").expect("a model");
        let said: Vec<Vec<f64>> = predict(&again, &texts).iter().map(scores).collect();
        assert_ne!(said[0], said[1], "{method:?}");
    }
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
        let Prediction::Label { text, label, scores: named, .. } = &prediction else { panic!("{prediction:?}") };
        assert_eq!((text, label), (&case.text, &case.label));
        assert!(named.keys().eq(&reference.labels));
        for (got, expected) in scores(&prediction).iter().zip(&case.probabilities) {
            assert!((got - expected).abs() <= 1e-5, "{}: {got} and {expected}", case.text);
        }
    }
    assert_eq!(predict(&session, &[]), []);
}

#[test]
fn a_checkpoint_with_a_head_goes_on_where_it_ended() {
    let (mut session, _) = ready(DeviceKind::Cpu, 240, 0.2);
    let (_, first) = train(&mut session, &recipe());
    let files = block_on(session.export_files(Map::new())).expect("files");
    session.open_model(Folder::exported(&files).files(), "mine").expect("a model");
    let (_, second) = train(&mut session, &recipe());
    let (ended, goes_on) = (epochs(&first)[2].train_loss, losses(&second)[0]);
    assert!(goes_on < 1.5 * ended && goes_on < 0.6 * losses(&first)[0], "{ended} and then {goes_on}");
}

#[test]
fn a_head_goes_on_whatever_the_order_of_its_labels() {
    let trained = |from: [&str; 3]| {
        let mut folder = Folder::fixture("tiny-classifier");
        let mut config: Value = serde_json::from_slice(&folder.config).expect("JSON");
        config["id2label"] = json!({ "0": from[0], "1": from[1], "2": from[2] });
        config["label2id"] = json!({ from[0]: 0, from[1]: 1, from[2]: 2 });
        folder.config = config.to_string().into_bytes();
        let table = (0..24).map(|row| format!("the apple is good {row},{}\n", from[row % 3])).collect::<String>();
        let mut session = empty(DeviceKind::Cpu);
        session.open_model(folder.files(), "mine").expect("a model");
        session.open_table(format!("text,label\n{table}").as_bytes(), "rows.csv").expect("a table");
        session.map_columns(&mapping(0.0)).expect("a data set");
        train(&mut session, &recipe()).1
    };
    // The same rows under the same outputs, which have other names and so another order among the labels.
    let (sorted, reversed) = (trained(["apple", "pear", "quince"]), trained(["quince", "apple", "pear"]));
    for (sorted, reversed) in losses(&sorted).iter().zip(losses(&reversed)) {
        assert!((sorted - reversed).abs() < 1e-5, "{sorted} and {reversed}");
    }
}

#[test]
fn texts_of_a_language_that_the_model_does_not_know_are_told_of() {
    let notes = |text: &str| {
        let mut session = empty(DeviceKind::Cpu);
        session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
        let table = format!("text,label\n{text} good,a\n{text} bad,b\n");
        session.open_table(table.as_bytes(), "table.csv").expect("a table");
        session.map_columns(&mapping(0.0)).expect("a data set");
        session.tokenize(usize::MAX).expect("tokens");
        session.dataset_info().expect("data").notes
    };
    let foreign = |notes: &[String]| notes.iter().any(|note| note.contains("unknown to this model"));
    // [CLS], three unknown words, one known, [SEP].
    let russian = notes("привет мой друг");
    assert!(russian.iter().any(|note| note.starts_with("50 % of the tokens are unknown to this model")), "{russian:?}");
    assert!(!foreign(&notes("the green one is")));
}
