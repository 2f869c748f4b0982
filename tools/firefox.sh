#!/usr/bin/env bash
# Prints the path of a Firefox for the browser tests, or nothing where none is that they can drive: it is optional, and nothing
# is installed. FIREFOX=path decides.
. "$(dirname "$0")/env.sh"

# Older ones were never tried.
OLDEST=153

if [ -n "${FIREFOX:-}" ]; then
  [ -x "$FIREFOX" ] || fail "FIREFOX=$FIREFOX is not a program; give the path of Firefox, or none at all."
  echo "$FIREFOX"
  exit
fi
for name in firefox firefox-esr "/Applications/Firefox.app/Contents/MacOS/firefox"; do
  path="$(command -v "$name" 2>/dev/null)" || continue
  # Ubuntu's is a script that starts a snap, which sees no profile in /tmp.
  head -c 4096 "$path" | grep -aq /snap/ && continue
  # Where it does not even say that, the tests do without it.
  version="$("$path" --version 2>/dev/null | sed -n 's/^Mozilla Firefox \([0-9]*\).*/\1/p')" || continue
  [ "${version:-0}" -ge "$OLDEST" ] || continue
  echo "$path"
  exit
done
