//! The bench's engine as a program: `engine JOB-AS-JSON cpu|gpu` times a job, `engine padding TOKENIZER TABLE` counts
//! how much of real batches is padding, `engine frozen MODEL TABLE` times heads on encoded texts. One JSON object per line
//! on standard output.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use futures_lite::future::block_on;
use serde::Deserialize;
use serde_json::{Value, json};
use tabtune::data::Mapping;
use tabtune::recipe::Method;
use tabtune::text::{Encoding, Tokenizer};
use tabtune::{DeviceKind, ModelFiles, Recipe, Result, Session, Vocabulary, data};

use crate::{Bench, Job, threads};

/// How long a job may take; work.js says what the fields mean.
#[derive(Deserialize)]
pub struct Timing {
    warmup: usize,
    steps: usize,
    seconds: f64,
}

// As the terminal program does.
#[cfg(feature = "cli")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub fn main() -> ExitCode {
    // As the terminal program does.
    #[cfg(feature = "cli")]
    tabtune::memory::keep();
    #[cfg(feature = "threads")]
    tabtune::kernel::threads::join_in();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["padding", tokenizer, table] => padding(tokenizer, table),
        ["frozen", model, table] => block_on(frozen(model, table)),
        [job, "cpu"] => block_on(time(job, DeviceKind::Cpu)),
        [job, "gpu"] => block_on(time(job, DeviceKind::Gpu)),
        _ => Err("usage: engine JOB cpu|gpu, engine padding TOKENIZER TABLE, or engine frozen MODEL TABLE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = std::result::Result<(), Box<dyn std::error::Error>>;

async fn time(job: &str, kind: DeviceKind) -> Outcome {
    let job: Job = serde_json::from_str(job)?;
    let begun = Instant::now();
    let mut bench = Bench::open(&job, kind).await?;
    let info = &bench.compute.info;
    let threads = bench.compute.is_cpu().then(threads);
    say(&json!({
        "open_ms": milliseconds(begun), "threads": threads, "device": info.name, "software": info.software,
    }));
    let Timing { warmup, steps, seconds } = job.timing;
    let (mut first_timed, mut held) = (None, None);
    for done in 0..warmup + steps {
        let start = Instant::now();
        if done >= warmup && (start - *first_timed.get_or_insert(start)).as_secs_f64() > seconds {
            break;
        }
        let loss = bench.step().await?;
        held = held.max(bench.compute.held_bytes());
        say(&json!({ "ms": milliseconds(start), "loss": loss }));
    }
    if let Some(bytes) = peak_bytes() {
        say(&json!({ "peak_bytes": bytes, "device_bytes": held }));
    }
    Ok(())
}

fn say(line: &Value) {
    println!("{line}");
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// The most memory that the process has held, where the system says so in this way (Linux).
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Share of padding in an epoch of batches of a table's column `text`, as the trainer pads on each kind of device.
fn padding(tokenizer: &str, table: &str) -> Outcome {
    const LONGEST: usize = 128;
    let tokenizer = Tokenizer::from_json(&std::fs::read(tokenizer)?)?;
    let mut reader = csv::Reader::from_path(table)?;
    let column = reader.headers()?.iter().position(|name| name == "text").ok_or("the table has no column “text”")?;
    let texts = reader.records().map(|row| Ok(row?.get(column).unwrap_or_default().to_owned()));
    let texts: Vec<String> = texts.collect::<std::result::Result<_, csv::Error>>()?;
    let encode = |text: &String| -> Result<Encoding> { tokenizer.encode(text, Some(LONGEST)) };
    let encodings: Vec<Encoding> = texts.iter().map(encode).collect::<Result<_>>()?;
    let lengths: Vec<usize> = encodings.iter().map(|encoding| encoding.ids.len()).collect();
    for batch in [16, 32] {
        let bucketed = data::plan(&lengths, batch, 0, 0);
        let in_order: Vec<Vec<usize>> =
            (0..lengths.len()).collect::<Vec<_>>().chunks(batch).map(<[_]>::to_vec).collect();
        let share = |plan: &[Vec<usize>], multiple| data::padding_share(&lengths, plan, multiple, LONGEST);
        say(&json!({
            "batch": batch, "rows": lengths.len(), "cpu": share(&bucketed, 1), "gpu": share(&bucketed, 4),
            "in_file_order": share(&in_order, 1),
        }));
    }
    Ok(())
}

/// How long heads on texts that are encoded once take: the first recipe, which encodes a thousand rows, and ten more.
async fn frozen(model: &str, table: &str) -> Outcome {
    const ROWS: usize = 1000;
    let read = |name: &str| std::fs::read(Path::new(model).join(name));
    let [config, tokenizer, weights] = [read("config.json")?, read("tokenizer.json")?, read("model.safetensors")?];
    let files = ModelFiles {
        config: &config,
        vocabulary: Vocabulary::Tokenizer(&tokenizer),
        tokenizer_config: None,
        weights: vec![&weights],
        modules: Vec::new(),
    };
    let mut session = Session::new(DeviceKind::Cpu).await?;
    session.open_model(files, "bench")?;
    let rows: Vec<String> = std::fs::read_to_string(table)?.lines().take(1 + ROWS).map(str::to_owned).collect();
    session.open_table(rows.join("\n").as_bytes(), "bench.csv")?;
    session.map_columns(&Mapping::new("text", "label"))?;
    let mut times = Vec::new();
    for recipe in 0..11 {
        let start = Instant::now();
        // From 0.01 to 1000, as one would try.
        let inverse_regularization = 10_f64.powf(f64::from(recipe) / 2.0 - 2.0);
        session.start(Recipe { method: Method::Frozen, inverse_regularization, ..Recipe::default() })?;
        while session.is_running() {
            session.run_steps(8).await?;
        }
        times.push(milliseconds(start));
    }
    say(&json!({ "rows": rows.len() - 1, "first_ms": times[0], "ten_more_ms": times[1..].iter().sum::<f64>() }));
    Ok(())
}
