//! Every family and head as ONNX: the files are written to a folder with inputs and our own outputs, and
//! `tests/onnx/run.mjs` runs them in onnxruntime, the build that browsers load, and measures how far it is from ours.

#[path = "../support/mod.rs"]
mod support;

mod batches;
mod cases;

use std::path::Path;
use std::process::Command;

use cases::Folder;
use support::block_on;
use support::families::{FAMILIES, HEADS, MORE};
use tabtune::Precision;

/// Runs what a folder holds.
fn runs(folder: &Folder) {
    folder.write();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        root.join("node_modules/onnxruntime-web").exists(),
        "onnxruntime is missing: run `make test-native`, which installs it, or `npm ci`."
    );
    let run = Command::new("node").arg(root.join("tests/onnx/run.mjs")).arg(folder.path()).output();
    let run = run.expect("node runs; install Node 20 or newer");
    let [said, errors] = [&run.stdout, &run.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(run.status.success(), "{said}{errors}");
    print!("{said}");
}

#[test]
fn onnxruntime_says_what_we_say() {
    let mut folder = Folder::new("families");
    let every = FAMILIES.iter().flat_map(|family| HEADS.iter().map(move |(head, task)| (*family, *head, *task)));
    for (family, head, task) in every.chain(MORE.iter().copied()) {
        block_on(folder.add(family, head, task, &[Precision::F32]));
    }
    runs(&folder);
}

#[test]
fn vectors_and_what_is_fitted_to_them() {
    let mut folder = Folder::new("vectors");
    for family in FAMILIES {
        block_on(folder.add_vectors(family));
        block_on(folder.add_linear(family));
    }
    runs(&folder);
}

#[test]
fn narrow_weights_stay_close() {
    let mut folder = Folder::new("narrow");
    for family in FAMILIES {
        for (head, task) in HEADS {
            block_on(folder.add(family, head, *task, &[Precision::F16, Precision::Int8]));
        }
    }
    runs(&folder);
}
