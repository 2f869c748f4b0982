#!/usr/bin/env bash
# Compiles the bench's engine to FOLDER/MODULE for the browser: tools/bench-wasm.sh gpu|cpu|threads PATH-OF-WASM-BINDGEN FOLDER
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-std.sh"

module="$1" bindgen="$2" folder="$3"
cd "$ROOT"
mkdir -p "$folder/$module"
features=()
if [ "$module" = threads ]; then
  if ! wasm_threads; then
    echo "export const built = false;" >"$folder/$module/built.js"
    say "The bench leaves wasm with threads out: $WASM_MISSING."
    exit
  fi
  features=(--features threads)
else
  wasm_plain
  if [ "$module" = gpu ]; then features=(--features gpu); fi
fi

say "Compiling the bench's engine to WebAssembly: $module"
"${CARGO_WASM[@]}" --release --example engine --no-default-features "${features[@]}" --target $WASM ||
  fail "the WebAssembly build failed; the compiler's messages are above."
"$bindgen" --target web --remove-name-section --out-dir "$folder/$module" "$WASM_OUT/examples/engine.wasm" ||
  fail "wasm-bindgen failed; its message is above."
echo "export const built = true;" >"$folder/$module/built.js"
