#!/usr/bin/env bash
# Builds wasm-bindgen's program in the cache, in the version that Cargo.toml pins: tools/wasm-bindgen.sh VERSION FOLDER
. "$(dirname "$0")/env.sh"

version="$1" folder="$2"
need cargo "it compiles Rust" "Install Rust from https://rustup.rs and try again."

say "Building wasm-bindgen $version (once, about 3 minutes)"
# Its own lock file names a release that some registries lack, hence no --locked. It runs for seconds, so compile time
# counts more than speed.
env -u CARGO_TARGET_DIR -u RUSTC CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 \
  cargo install wasm-bindgen-cli --version "=$version" --root "$folder" --force --quiet ||
  fail "wasm-bindgen $version could not be built; cargo's messages are above."
