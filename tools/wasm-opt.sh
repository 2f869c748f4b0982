# Makes the WebAssembly modules smaller, for those that are handed to others. Sourced, after env.sh.

# smaller_modules FOLDER: writes those of pkg/ there, each as BUILD/tabtune_bg.wasm.
smaller_modules() {
  local folder="$1" module build enabled
  # Only here, since it takes longer than compiling a change; what the levels give is in tests/bench/LOG.md. The features
  # are those that rustc and wasm-bindgen use and every browser has; all of binaryen's would give a module that none loads.
  local features=(simd bulk-memory bulk-memory-opt nontrapping-float-to-int sign-ext mutable-globals reference-types multivalue)
  say "Making the WebAssembly modules smaller (some minutes)"
  for module in pkg/*/tabtune_bg.wasm; do
    build="$(basename "$(dirname "$module")")"
    enabled=("${features[@]}")
    # The page asks the browser whether it has these before it loads such a module.
    case "$build" in
    threads) enabled+=(threads) ;;
    relaxed) enabled+=(threads relaxed-simd) ;;
    esac
    mkdir -p "$folder/$build"
    node_modules/.bin/wasm-opt -O1 "${enabled[@]/#/--enable-}" "$module" -o "$folder/$build/tabtune_bg.wasm" ||
      fail "wasm-opt failed; its messages are above."
  done
}
