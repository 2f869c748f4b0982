#!/usr/bin/env bash
# Compiles a cargo example to FOLDER/MODULE: tools/wasm-example.sh EXAMPLE gpu|cpu|threads|relaxed PATH-OF-WASM-BINDGEN FOLDER
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-std.sh"

example="$1" module="$2" bindgen="$3" folder="$4"
cd "$ROOT"
mkdir -p "$folder/$module"

if ! wasm_module "$module"; then
  echo "export const built = false;" >"$folder/$module/built.js"
  say "$example is left out with threads: $WASM_MISSING."
  exit
fi

say "Compiling to WebAssembly: $example, $module"
"${CARGO_WASM[@]}" --release --example "$example" --no-default-features ${WASM_FEATURES[@]+"${WASM_FEATURES[@]}"} --target $WASM ||
  fail "the WebAssembly build failed; the compiler's messages are above."
constructed_once "$WASM_OUT/examples/$example.wasm"
"$bindgen" --target web --out-dir "$folder/$module" "$WASM_OUT/examples/$example.wasm" ||
  fail "wasm-bindgen failed; its message is above."
echo "export const built = true;" >"$folder/$module/built.js"
