#!/usr/bin/env bash
# Compiles the parity tests to a module for the browser tests: tools/parity.sh PATH-OF-WASM-BINDGEN FOLDER
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-std.sh"

bindgen="$1" folder="$2"
cd "$ROOT"

say "Compiling the parity tests to WebAssembly"
"${CARGO_WASM[@]}" --release --example parity --no-default-features --features gpu --target $WASM ||
  fail "the WebAssembly build failed; the compiler's messages are above."
# No wasm-opt: it would take longer than the tests themselves.
"$bindgen" --target web --out-dir "$folder" "$CARGO_TARGET_DIR/$WASM/release/examples/parity.wasm"
echo '<!doctype html><link rel="icon" href="data:,"><title>Parity</title>' >"$folder/index.html"
