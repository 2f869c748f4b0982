#!/usr/bin/env bash
# Formatting, clippy, rustdoc and JavaScript types; stops at the first that complains.
. "$(dirname "$0")/env.sh"

cd "$ROOT"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
say "cargo fmt"
cargo fmt --check || fail "Rust is not formatted; make format does it."
say "prettier"
node_modules/.bin/prettier --check --log-level warn . || fail "JavaScript is not formatted; make format does it."
say "tsc: types of the JavaScript"
node_modules/.bin/tsc --noEmit --project tsconfig.json || fail "JavaScript types do not fit; see above."
say "clippy"
cargo clippy --all-targets --quiet -- -D warnings || fail "clippy complains; see above."
cargo clippy --lib --no-default-features --quiet -- -D warnings || fail "clippy complains of the CPU's part; see above."
say "rustdoc"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --quiet || fail "rustdoc complains; see above."
say "clippy for WebAssembly"
. "$ROOT/tools/wasm-std.sh"
wasm_plain
if [ -z "${RUSTC:-}" ]; then
  # In release, because that is how the build has compiled most of it already; `relaxed` brings src/web/pool.rs and needs
  # shared memory only to run.
  cargo clippy --release --lib --no-default-features --features gpu,relaxed --target $WASM --quiet -- -D warnings ||
    fail "clippy complains; see above."
else
  echo "left out: clippy does not fit the compiler that builds for $WASM here (rustup target add $WASM brings one)."
fi
printf '\nLint: nothing to complain about.\n'
