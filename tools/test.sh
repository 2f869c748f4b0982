#!/usr/bin/env bash
# Runs the named stages of the tests (native, js, browser), all of them even if one fails, and says at the end what passed.
. "$(dirname "$0")/env.sh"

cd "$ROOT"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT

native() {
  need cargo "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
  cargo test --no-fail-fast
}
js() { node_tests tests/js; }
browser() {
  CHROMIUM="$(tools/chromium.sh)" || return 1
  export CHROMIUM
  # Optional: where there is none, its tests say that they were left out.
  FIREFOX="$(tools/firefox.sh)" || return 1
  export FIREFOX
  # One file at a time: each trains, and together they would only share the same cores.
  node_tests tests/browser --test-concurrency=1
}
# node_tests FOLDER [FLAGS]: without a file's name node would run every test that it finds anywhere.
node_tests() {
  local folder="$1" files
  shift
  files="$(find "$folder" -name '*.test.*js' | sort)"
  [ -n "$files" ] || fail "$folder holds no tests."
  # The names hold no spaces, and each is an argument of its own.
  # shellcheck disable=SC2086
  node --test --test-reporter=spec "$@" $files
}

# cargo says "test result: ok. 12 passed; 0 failed; …" per program, node "ℹ pass 12" and "ℹ fail 0" per run.
count() { sed -n -e "s/^test result:.* \([0-9]*\) ${1}ed;.*/\1/p" -e "s/^ℹ $1 \([0-9]*\)$/\1/p" "$logs/$2" | awk '{ n += $1 } END { print n + 0 }'; }

passed=0 failed=0 lines="" broken=""
for stage in "$@"; do
  say "Tests: $stage"
  started=$SECONDS
  status=0
  ( "$stage" ) 2>&1 | tee "$logs/$stage" || status=$?
  p="$(count pass "$stage")" f="$(count fail "$stage")"
  [ "$status" = 0 ] || broken="$broken $stage"
  passed=$((passed + p)) failed=$((failed + f))
  lines="$lines$(printf '  %-8s %4s passed, %s failed, %ss' "$stage" "$p" "$f" $((SECONDS - started)))"$'\n'
done

say "Summary"
printf '%s' "$lines"
[ -z "$broken" ] || printf 'These stages failed:%s\n' "$broken"
# A stage may fail without a failing test: when it does not compile, for one.
[ -z "$broken" ] || [ "$failed" -gt 0 ] || failed=1
echo "Tests: $passed passed, $failed failed"
[ -z "$broken" ]
