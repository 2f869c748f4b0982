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
du -sh dist | awk '{ print "dist/ is ready: " $1 ". Copy it to any static host; every path in it is relative." }'
