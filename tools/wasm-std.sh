# Finds or installs the standard library for wasm32 and sets what a build for it needs. Sourced.
#
# Afterwards the array CARGO_WASM is the cargo build call, and the environment holds target folder, flags and compiler.
#
# Three ways, the first that works: it is there; rustup adds it; Debian's rustc-web, whose library sources are compiled
# along with the crate.

WASM=wasm32-unknown-unknown
debian_rustc=/usr/bin/rustc
debian_library=/usr/lib/rustlib/src/rust/library

has_std() { ls "$(rustc --print target-libdir --target $WASM)"/libstd-*.rlib >/dev/null 2>&1; }
has_debian() { [ -x $debian_rustc ] && [ -f $debian_library/Cargo.toml ]; }

# The linker that comes with the rustc on the path; Debian's own rustc has none for wasm32.
rust_lld() { find "$(rustc --print sysroot)/lib/rustlib" -name rust-lld -type f 2>/dev/null | head -n 1; }

use_debian() {
  local linker
  linker="$(rust_lld)"
  [ -n "$linker" ] || fail "rust-lld is missing beside $(command -v rustc). Install Rust from https://rustup.rs and try again."
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
  # -Zbuild-std is unstable; the bootstrap variable opens it on a stable compiler, for this build alone.
  export RUSTC=$debian_rustc RUSTC_BOOTSTRAP=1
  CARGO_WASM=(cargo build -Zbuild-std=std,panic_abort)
}

# Its own target folder: the compiler may be another than the native one, and the two builds need not wait for each other.
export CARGO_TARGET_DIR="$CACHE/target-wasm"
# getrandom asks how it shall draw in a browser; simd128 is what the CPU backend's products run on.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='--cfg getrandom_backend="wasm_js" -C target-feature=+simd128'

need cargo "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
need rustc "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
CARGO_WASM=(cargo build)
if has_std; then
  :
elif has_debian; then
  use_debian
else
  if command -v rustup >/dev/null 2>&1; then
    say "Adding Rust's standard library for $WASM"
    rustup target add $WASM || say "rustup could not; trying Debian's packages"
  fi
  if ! has_std; then
    "$ROOT/tools/apt.sh" "Rust's standard library for $WASM" rustc-web rust-web-src
    has_debian || fail "Rust's standard library for $WASM is missing. Run: rustup target add $WASM"
    use_debian
  fi
fi
