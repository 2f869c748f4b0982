#!/usr/bin/env bash
# Times a short training run of the default encoder natively; DEVICE=gpu picks the other device. Results go to tests/bench/LOG.md by hand.
. "$(dirname "$0")/env.sh"

cd "$ROOT"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
need cargo "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
say "Building the terminal program in release (the first time 10 minutes and more)"
cargo build --release --quiet
node tests/bench/bench.mjs "$CARGO_TARGET_DIR/release/tabtune" "${DEVICE:-cpu}"
