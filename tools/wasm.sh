#!/usr/bin/env bash
# Compiles the crate to pkg/tabtune_bg.wasm and its JavaScript face pkg/tabtune.js: tools/wasm.sh PATH-OF-WASM-BINDGEN
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-std.sh"

bindgen="$1"
cd "$ROOT"

say "Compiling to WebAssembly (the first time 15 to 25 minutes on two cores, later seconds)"
"${CARGO_WASM[@]}" --release --lib --no-default-features --features gpu --target $WASM ||
  fail "the WebAssembly build failed; the compiler's messages are above."

built="$CARGO_TARGET_DIR/$WASM/release/tabtune.wasm"
bound="$CARGO_TARGET_DIR/bound"
say "Binding it to JavaScript"
# Into a folder aside, so that pkg/ is complete or old. The names of functions are a third of the module.
"$bindgen" --target web --remove-name-section --out-dir "$bound" "$built" || fail "wasm-bindgen failed; its message is above."
mkdir -p pkg
cp "$bound/tabtune.js" "$bound/tabtune.d.ts" "$bound/tabtune_bg.wasm.d.ts" pkg/
if [ -d "$bound/snippets" ]; then cp -R "$bound/snippets" pkg/; fi
# The module last: make takes it for the sign that all is there.
cp "$bound/tabtune_bg.wasm" pkg/
