#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests; installs Debian's if there is none. CHROMIUM=path decides.
. "$(dirname "$0")/env.sh"

if [ -n "${CHROMIUM:-}" ]; then
  [ -x "$CHROMIUM" ] || fail "CHROMIUM=$CHROMIUM is not a program; give the path of Chromium or Chrome."
  echo "$CHROMIUM"
  exit
fi
find_one() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    command -v "$name" 2>/dev/null && return
  done
  return 1
}
find_one && exit
command -v apt-get >/dev/null 2>&1 || fail "no Chromium or Chrome was found. Install one and try again, or give its path: CHROMIUM=path make test"
"$ROOT/tools/apt.sh" "Chromium" chromium >&2
find_one || fail "Chromium was installed but is not on the path. Give its path: CHROMIUM=path make test"
