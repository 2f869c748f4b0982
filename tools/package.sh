#!/usr/bin/env bash
# Puts the engine together as an npm package, in pkg/npm/ and packed beside it.
. "$(dirname "$0")/env.sh"
. "$ROOT/tools/wasm-opt.sh"

cd "$ROOT"
smaller="$(mktemp -d)"
trap 'rm -rf "$smaller"' EXIT
smaller_modules "$smaller"
node tools/package.mjs pkg/npm "$smaller"
(cd pkg && npm pack --silent ./npm) || fail "npm could not pack pkg/npm; its messages are above."
du -sh pkg/npm | awk '{ print "pkg/npm is ready: " $1 ". npm install it, npm publish it, or serve it and open example.html." }'
