#!/usr/bin/env bash
# Fills dist/ with the page, the engine and the default encoder, for any static host and any sub-path.
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-opt.sh"

cd "$ROOT"
rm -rf dist
mkdir dist
cp -R www/. dist/
cp -R pkg dist/pkg
# The package for other pages is the same once more.
rm -rf dist/pkg/npm dist/pkg/*.tgz
# Types are for editors and `make lint`.
find dist -name '*.d.ts' -delete

smaller_modules dist/pkg

# What hosts that read such a file send along, so that the browser lets the page use several threads; others need the
# two set in their own way, or the page computes on one.
printf '/*\n  Cross-Origin-Opener-Policy: same-origin\n  Cross-Origin-Embedder-Policy: require-corp\n' >dist/_headers
node tools/offline.mjs dist
du -sh dist | awk '{ print "dist/ is ready: " $1 ". Copy it to any static host; every path in it is relative." }'
