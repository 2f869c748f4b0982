#!/usr/bin/env bash
# Compiles the parity tests to FOLDER/MODULE for the browser tests: tools/parity.sh gpu|cpu|threads|relaxed PATH-OF-WASM-BINDGEN FOLDER
. "$(dirname "$0")/env.sh"

folder="$3"
cd "$ROOT"
# The page that the tests open, the worker that runs them, and what of Tabtune's own page starts threads.
mkdir -p "$folder/www" "$folder/tests/browser"
echo '<!doctype html><link rel="icon" href="data:,"><title>Parity</title>' >"$folder/index.html"
cp www/pool.js www/trusted.js www/thread.js www/mistake.js "$folder/www/"
cp tests/browser/parity.worker.js "$folder/tests/browser/"
# The files themselves and no copies, so that a change of them needs no new module; seen from there, so that a clone may move.
ln -sfn ../../../tests/fixtures "$folder/tests/fixtures"
exec tools/wasm-example.sh parity "$@"
