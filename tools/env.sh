# What every set-up script starts from: the cache folder, how to speak, how to fail. Sourced, never run.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# Everything that outlives a clone: compiled crates, downloaded models, tools.
CACHE="${TABTUNE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tabtune}"

# One line of progress.
say() { printf '\n== %s\n' "$*"; }

# One closing line with the remedy.
fail() {
  printf '\ntabtune: %s\n' "$*" >&2
  exit 1
}

# need COMMAND WHAT-IT-IS-FOR REMEDY: fails unless the command is there.
need() {
  command -v "$1" >/dev/null 2>&1 || fail "$1 is missing ($2). $3"
}

mkdir -p "$CACHE" 2>/dev/null || fail "the cache folder $CACHE cannot be made; name another one: TABTUNE_CACHE=folder"
