#!/usr/bin/env bash
# Feeds damaged files to every parser of bytes from outside: tools/fuzz.sh RUNS [TARGET…]. What a parser dies of is kept in
# the cache and named; it belongs into a test once it is mended.
. "$(dirname "$0")/env.sh"

VERSION=0.13.1
cd "$ROOT"
runs="${1:-100000}"
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- table config tokenizer weights folder checkpoint projects
need node "it reads projects as the page does" "Install Node 20 or newer from https://nodejs.org and try again."
need cargo "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
need c++ "it compiles libFuzzer" "Install a C++ compiler (build-essential on Debian) and try again."
fuzz="$CACHE/cargo-fuzz-$VERSION"
if [ ! -x "$fuzz/bin/cargo-fuzz" ]; then
  say "Installing cargo-fuzz $VERSION"
  cargo install cargo-fuzz --version "=$VERSION" --locked --root "$fuzz" || fail "cargo-fuzz could not be installed; the messages are above."
fi
# Its own folder: what is fuzzed is compiled with counters in every branch.
export CARGO_TARGET_DIR="$CACHE/target-fuzz"

# seeds TARGET FILE…: what the parser takes, to start from.
seeds() {
  local corpus="$CACHE/fuzz/$1" file
  shift
  mkdir -p "$corpus"
  # Small ones: libFuzzer works by changing bytes, and there are few in these.
  for file in "$@"; do
    [ "$(wc -c <"$file")" -gt 65536 ] || cp "$file" "$corpus/seed-$(sha256sum "$file" | cut -c1-16)"
  done
}
mapfile -t fixtures < <(find tests/fixtures -type f -size -64k | sort)
# Files of a name that no fixture has are none, and no mistake.
named() { printf '%s\n' "${fixtures[@]}" | grep "$1" || true; }
seeds table tests/fuzz/seeds/table/*
# The first byte says what the file is called, and how it is cut.
for file in tests/fixtures/parquets/*.parquet tests/fixtures/packed/*.{gz,zst,zip}; do
  (printf ' '; cat "$file") >"$CACHE/fuzz/table/seed-$(basename "$file")"
done
seeds config $(named 'config\.json$')
seeds tokenizer $(named 'tokenizer.*\.json$') $(named 'vocab\.txt$')
seeds weights $(named '\.safetensors$') tests/fuzz/seeds/weights/*
seeds folder $(named 'adapter_config\.json$') $(named 'modules\.json$') $(named 'Pooling') tests/fuzz/seeds/folder/*
seeds checkpoint tests/fuzz/seeds/checkpoint/*

found=""
for target in "$@"; do
  say "Fuzzing: $target, $runs runs"
  # Projects are read by the page itself.
  if [ "$target" = projects ]; then
    node tests/fuzz/projects.mjs "$runs" || found="$found $target"
    continue
  fi
  # Rust needs no sanitizer to notice what goes wrong in safe code, and none works with the stable compiler.
  "$fuzz/bin/cargo-fuzz" run --fuzz-dir tests/fuzz --sanitizer none "$target" "$CACHE/fuzz/$target" -- \
    -runs="$runs" -max_len=65536 -timeout=20 -rss_limit_mb=4096 -artifact_prefix="$CACHE/fuzz/found-$target-" \
    -print_final_stats=1 2>&1 | tail -n 25 || found="$found $target"
done
[ -z "$found" ] || fail "these parsers fail on some bytes, which are kept as $CACHE/fuzz/found-…:$found"
printf '\nFuzzing: %s runs each, nothing found.\n' "$runs"
