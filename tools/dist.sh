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

say "Making the WebAssembly modules smaller (some minutes)"
# Only here, since it takes longer than compiling a change; what the levels give is in tests/bench/LOG.md. The features
# are those that rustc and wasm-bindgen use and every browser has; all of binaryen's would give a module that none loads.
features=(simd bulk-memory bulk-memory-opt nontrapping-float-to-int sign-ext mutable-globals reference-types multivalue)
for module in pkg/*/tabtune_bg.wasm; do
  enabled=("${features[@]}")
  # The page asks the browser whether it has these before it loads that module.
  case $module in pkg/threads/*) enabled+=(threads relaxed-simd) ;; esac
  node_modules/.bin/wasm-opt -O1 "${enabled[@]/#/--enable-}" "$module" -o "dist/$module" ||
    fail "wasm-opt failed; its messages are above."
done

# What hosts that read such a file send along, so that the browser lets the page use several threads; others need the
# two set in their own way, or the page computes on one.
printf '/*\n  Cross-Origin-Opener-Policy: same-origin\n  Cross-Origin-Embedder-Policy: credentialless\n' >dist/_headers
node tools/offline.mjs dist
du -sh dist | awk '{ print "dist/ is ready: " $1 ". Copy it to any static host; every path in it is relative." }'
