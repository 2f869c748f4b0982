#!/usr/bin/env bash
# Compiles the parity tests to FOLDER/MODULE for the browser tests: tools/parity.sh gpu|cpu|threads PATH-OF-WASM-BINDGEN FOLDER
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-std.sh"

module="$1" bindgen="$2" folder="$3"
cd "$ROOT"
mkdir -p "$folder/$module"
# The page that the tests open, the worker that runs them, and what of Tabtune's own page starts threads.
echo '<!doctype html><link rel="icon" href="data:,"><title>Parity</title>' >"$folder/index.html"
mkdir -p "$folder/www" "$folder/tests/browser"
cp www/pool.js www/thread.js www/mistake.js "$folder/www/"
cp tests/browser/parity.worker.js "$folder/tests/browser/"

features=()
if [ "$module" = threads ]; then
  if ! wasm_threads; then
    echo "export const built = false;" >"$folder/$module/built.js"
    say "The parity tests leave threads out: $WASM_MISSING."
    exit
  fi
  features=(--features threads)
else
  wasm_plain
  if [ "$module" = gpu ]; then features=(--features gpu); fi
fi

say "Compiling the parity tests to WebAssembly: $module"
"${CARGO_WASM[@]}" --release --example parity --no-default-features "${features[@]}" --target $WASM ||
  fail "the WebAssembly build failed; the compiler's messages are above."
"$bindgen" --target web --out-dir "$folder/$module" "$WASM_OUT/examples/parity.wasm"
echo "export const built = true;" >"$folder/$module/built.js"
