#!/usr/bin/env bash
# Compiles one of the engine's modules to pkg/MODULE/: tools/wasm.sh gpu|cpu|threads|relaxed PATH-OF-WASM-BINDGEN
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-std.sh"

module="$1" bindgen="$2"
cd "$ROOT"
out="pkg/$module"
mkdir -p "$out"

# done_with BUILT: make takes this file, written last, for the sign that all is there; the page asks it what there is.
done_with() { echo "export const built = $1;" >"$out/built.js"; }

if ! wasm_module "$module"; then
  rm -rf "${out:?}"/*
  done_with false
  say "The engine is built without threads ($module), and the page works with one: $WASM_MISSING. After that: rm -r $out && make build"
  exit
fi

say "Compiling to WebAssembly: $module (the first time minutes, later seconds)"
"${CARGO_WASM[@]}" --release --lib --no-default-features ${WASM_FEATURES[@]+"${WASM_FEATURES[@]}"} --target $WASM ||
  fail "the WebAssembly build failed; the compiler's messages are above."
constructed_once "$WASM_OUT/tabtune.wasm"

bound="$CARGO_TARGET_DIR/bound-$module"
rm -rf "$bound"
# Into a folder aside, so that pkg/ is complete or old. The names of functions are a third of the module.
"$bindgen" --target web --remove-name-section --out-dir "$bound" "$WASM_OUT/tabtune.wasm" ||
  fail "wasm-bindgen failed; its message is above."
rm -rf "${out:?}"/*
cp -R "$bound"/. "$out/"
done_with true
