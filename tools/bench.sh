#!/usr/bin/env bash
# Times training steps beside those of other libraries; the filters WHO, SHAPE, BATCH, TASK and STEPS are in tests/bench/plan.mjs.
. "$(dirname "$0")/env.sh"

cd "$ROOT"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
need cargo "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
need npm "it installs the libraries to compare with" "Install Node 20 or newer with npm from https://nodejs.org and try again."

# In a folder of its own: neither the page nor the tests need them.
peers=tests/bench/node_modules/.package-lock.json
if [ ! -f $peers ] || [ tests/bench/package-lock.json -nt $peers ]; then
  say "Installing the libraries to compare with"
  npm ci --prefix tests/bench --no-audit --no-fund --loglevel=error || fail "npm could not install them; its messages are above."
  touch $peers
fi

# As users get it: optimised, without checks. GPU crates take most of the time to compile, so they have to be asked for.
features=cli,threads
case " ${WHO:-} " in *native-gpu*) features=$features,gpu ;; esac
say "Building the engine natively (the first time 10 minutes)"
cargo build --release --quiet --no-default-features --features "$features" --example engine ||
  fail "the native build failed; the compiler's messages are above."

chromium="$(tools/chromium.sh)"
exec node tests/bench/bench.mjs "$CARGO_TARGET_DIR/release/examples/engine" "$ROOT/target/bench" "$chromium"
