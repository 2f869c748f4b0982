# Finds or installs the standard library for wasm32 and sets what a build for it needs. Sourced; then one of:
#
#   wasm_plain     one thread: the library may be there, rustup adds it, or Debian's rustc-web compiles it along.
#   wasm_module    whichever of these a module of the page is built with.
#   wasm_threads   shared memory: the library must be compiled anew, from rustup's or Debian's sources. Returns 1, and
#                  says why in $WASM_MISSING, where neither can be had.
#
# Afterwards the array CARGO_WASM is the cargo build call, WASM_OUT the folder that it fills, and the environment holds
# target folder, flags and compiler.

WASM=wasm32-unknown-unknown
debian_rustc=/usr/bin/rustc
debian_library=/usr/lib/rustlib/src/rust/library
no_library="Rust's standard library for $WASM"

has_std() { ls "$(rustc --print target-libdir --target $WASM)"/libstd-*.rlib >/dev/null 2>&1; }
has_debian() { [ -x $debian_rustc ] && [ -f $debian_library/Cargo.toml ]; }
has_sources() { [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.toml" ]; }
has_rustup() { command -v rustup >/dev/null 2>&1; }

# The linker that comes with the rustc on the path; Debian's own rustc has none for wasm32.
rust_lld() { find "$(rustc --print sysroot)/lib/rustlib" -name rust-lld -type f 2>/dev/null | head -n 1; }

use_std() { CARGO_WASM=(cargo build); }

use_sources() {
  # -Zbuild-std is unstable; the bootstrap variable opens it on a stable compiler, for this build alone.
  export RUSTC_BOOTSTRAP=1
  CARGO_WASM=(cargo build -Zbuild-std=std,panic_abort)
}

use_debian() {
  local linker
  linker="$(rust_lld)"
  [ -n "$linker" ] || fail "rust-lld is missing beside $(command -v rustc). Install Rust from https://rustup.rs and try again."
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
  export RUSTC=$debian_rustc
  use_sources
}

# install_debian WHAT-FOR: in a shell of its own, since a failure may have another way out.
install_debian() {
  has_debian || ( "$ROOT/tools/apt.sh" "$1" rustc-web rust-web-src ) || return 1
  has_debian
}

# use_target FOLDER FEATURES [FLAGS]: a target folder per set of flags, since cargo compiles everything anew when they
# change. It is not the native one, either: the compiler may be another, and the two builds need not wait for each other.
use_target() {
  export CARGO_TARGET_DIR="$CACHE/$1"
  # getrandom asks how it shall draw in a browser; simd128 is what the CPU's products run on.
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--cfg getrandom_backend=\"wasm_js\" -C target-feature=$2 ${3:-}"
  export WASM_OUT="$CARGO_TARGET_DIR/$WASM/release"
}

wasm_plain() {
  use_target target-wasm +simd128
  if ! has_std && ! has_debian && has_rustup; then
    say "Adding $no_library"
    rustup target add $WASM || say "rustup could not; trying Debian's packages"
  fi
  if has_std; then
    use_std
  else
    install_debian "$no_library" || fail "$no_library is missing. Run: rustup target add $WASM"
    use_debian
  fi
}

wasm_threads() {
  local flag link=""
  # Memory that all threads share comes from JavaScript, up to wasm32's 4 GiB; wasm-bindgen looks for the exports.
  for flag in --shared-memory --max-memory=4294967296 --import-memory --export=__wasm_init_tls --export=__tls_size \
    --export=__tls_align --export=__tls_base; do
    link="$link -C link-arg=$flag"
  done
  # Relaxed SIMD is switched on by the kernels' own functions: burn's crates do not compile where it is on for all.
  use_target target-wasm-threads +atomics,+bulk-memory,+simd128 "$link"
  if ! has_sources && ! has_debian && has_rustup; then
    say "Adding the sources of Rust's standard library"
    rustup component add rust-src || say "rustup could not; trying Debian's packages"
  fi
  if has_sources; then
    use_sources
  elif install_debian "the sources of Rust's standard library"; then
    use_debian
  else
    WASM_MISSING="it needs the sources of Rust's standard library (rustup component add rust-src)"
    return 1
  fi
}

# wasm_module gpu|cpu|threads|relaxed: what that module of the page needs; its cargo features are in WASM_FEATURES. Returns 1 as
# wasm_threads does. (Bash 3.2, which macOS has, takes an empty array for one that is not set.)
wasm_module() {
  WASM_FEATURES=()
  case "$1" in
  threads) wasm_threads || return 1 ;;
  relaxed)
    wasm_threads || return 1
    export RUSTC_WORKSPACE_WRAPPER="$ROOT/tools/rustc-in-order.sh"
    ;;
  *) wasm_plain ;;
  esac
  if [ "$1" != cpu ]; then WASM_FEATURES=(--features "$1"); fi
}

need cargo "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."
need rustc "it compiles Rust" "Install Rust 1.95 or newer from https://rustup.rs and try again."

# constructed_once MODULE.wasm: fails if calls into it run constructors, which the linker names so (src/web/constructors.rs).
constructed_once() {
  ! grep -qaF .command_export "$1" ||
    fail "every call into $1 would run the constructors of all libraries; src/web/constructors.rs says how to call them once."
}
