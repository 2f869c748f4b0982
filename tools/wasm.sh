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
say "Binding and optimising"
"$bindgen" --target web --out-dir "$bound" "$built"
# The features that rustc and wasm-bindgen use, which every browser with WebGPU has; all of binaryen's would give a
# module that none loads. The level was measured, see tests/bench/LOG.md.
features=(simd bulk-memory bulk-memory-opt nontrapping-float-to-int sign-ext mutable-globals reference-types multivalue)
node_modules/.bin/wasm-opt "${WASM_OPT:--O1}" "${features[@]/#/--enable-}" "$bound/tabtune_bg.wasm" -o "$bound/optimised.wasm" ||
  fail "wasm-opt failed; its messages are above."
# Only now is pkg/ touched, the module last: make takes it for the sign that all is there.
mkdir -p pkg
cp "$bound/tabtune.js" "$bound/tabtune.d.ts" "$bound/tabtune_bg.wasm.d.ts" pkg/
if [ -d "$bound/snippets" ]; then cp -R "$bound/snippets" pkg/; fi
cp "$bound/optimised.wasm" pkg/tabtune_bg.wasm
size() { wc -c <"$1" | tr -d ' '; }
printf 'pkg/tabtune_bg.wasm: %s bytes (%s before wasm-opt)\n' "$(size pkg/tabtune_bg.wasm)" "$(size "$bound/tabtune_bg.wasm")"
