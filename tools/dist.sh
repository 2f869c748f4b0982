#!/usr/bin/env bash
# Fills dist/ with the page, the engine and the default encoder, for any static host and any sub-path.
. "$(dirname "$0")/env.sh"

cd "$ROOT"
rm -rf dist
mkdir dist
cp -R www/. dist/
cp -R pkg dist/pkg
# Types are for editors and `make lint`.
find dist -name '*.d.ts' -delete

say "Making the WebAssembly module smaller (about 2 minutes)"
# Only here, since it takes longer than compiling a change; what the levels give is in tests/bench/LOG.md. The features
# are those that rustc and wasm-bindgen use and every browser has; all of binaryen's would give a module that none loads.
features=(simd bulk-memory bulk-memory-opt nontrapping-float-to-int sign-ext mutable-globals reference-types multivalue)
node_modules/.bin/wasm-opt -O1 "${features[@]/#/--enable-}" pkg/tabtune_bg.wasm -o dist/pkg/tabtune_bg.wasm ||
  fail "wasm-opt failed; its messages are above."
du -sh dist | awk '{ print "dist/ is ready: " $1 ". Copy it to any static host; every path in it is relative." }'
