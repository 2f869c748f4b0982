#!/usr/bin/env bash
# Installs the npm packages that package-lock.json names into node_modules/.
. "$(dirname "$0")/env.sh"

need node "it builds and serves the page" "Install Node 20 or newer from https://nodejs.org and try again."
need npm "it installs the page's libraries" "Install Node 20 or newer with npm from https://nodejs.org and try again."
major="$(node -p 'process.versions.node.split(".")[0]')"
[ "$major" -ge 20 ] || fail "this is Node $(node --version), 20 or newer is needed. Install it from https://nodejs.org and try again."

say "Installing npm packages"
cd "$ROOT"
npm ci --no-audit --no-fund --loglevel=error || fail "npm could not install the packages; its messages are above. Is there a network?"
