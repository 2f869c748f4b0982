# What one can do here: `make help` lists it. Each job is a small script in tools/; make only knows what depends on what.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Everything that outlives a clone: compiled crates, downloaded models, tools.
export TABTUNE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tabtune
# One target folder for every native build, outside the clone, so that a new clone starts warm.
export CARGO_TARGET_DIR := $(TABTUNE_CACHE)/target

PORT ?= 8080
RUNS ?= 100000
# What `make bench` is told, on make's line or in the environment.
export WHO TASK SHAPE BATCH STEPS
BINDGEN_VERSION := $(shell sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)
BINDGEN_ROOT := $(TABTUNE_CACHE)/wasm-bindgen-$(BINDGEN_VERSION)
BINDGEN := $(BINDGEN_ROOT)/bin/wasm-bindgen
ENCODER := pkg/models/all-MiniLM-L6-v2
RUST := $(shell find src -name '*.rs' -not -path 'src/bin/*') Cargo.toml Cargo.lock
NPM := node_modules/.package-lock.json
# One module of the engine per device: see www/engine.js.
MODULES := gpu cpu threads relaxed
PARITY := $(MODULES:%=target/parity/%/built.js)
PARITY_SOURCES := tests/browser/parity.rs tests/browser/parity.worker.js www/pool.js www/trusted.js www/thread.js www/mistake.js
BENCH := $(MODULES:%=target/bench/%/built.js)
PKG := $(MODULES:%=pkg/%/built.js) pkg/vendor/uplot.js $(ENCODER)/model.safetensors

.PHONY: help
help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

.PHONY: serve
serve: $(PKG) ## Set up what is missing, build, and serve the page (PORT=8080)
	@exec node tools/serve.mjs "$(PORT)"

.PHONY: build
build: $(PKG) ## Set up what is missing and build pkg/

.PHONY: test
test: $(PKG) $(PARITY) ## All tests: native, JavaScript, and in real browsers (CHROMIUM=path and FIREFOX=path pick them)
	@tools/test.sh native js browser

.PHONY: test-native test-js test-browser
test-native: $(NPM) ## Only the native tests
	@tools/test.sh native
test-js: $(NPM) ## Only the JavaScript tests
	@tools/test.sh js
test-browser: $(PKG) $(PARITY) ## Only the tests in real browsers
	@tools/test.sh browser

.PHONY: lint
lint: $(NPM) ## Formatting, clippy, rustdoc and JavaScript types; every warning is an error
	@tools/lint.sh

.PHONY: format
format: $(NPM) ## Format Rust and JavaScript
	cargo fmt
	npx --no-install prettier --write --log-level warn .

.PHONY: bench
bench: $(PKG) $(BENCH) ## Time training steps beside other libraries (WHO= TASK= SHAPE= BATCH=16x32 STEPS=)
	@tools/bench.sh

.PHONY: fuzz
fuzz: $(NPM) ## Feed damaged files to every parser of bytes from outside (RUNS=100000)
	@tools/fuzz.sh "$(RUNS)"

.PHONY: soak
soak: $(PKG) ## Kill worker, page, GPU and browser in the middle of runs, N times (N=100 SEED=1)
	@CHROMIUM="$$(tools/chromium.sh)" node tests/soak/soak.mjs $(or $(N),100) $(or $(SEED),1)

.PHONY: package
package: $(PKG) ## Put the engine together as an npm package for other pages, in pkg/npm and as a .tgz
	@tools/package.sh

.PHONY: dist
dist: $(PKG) ## Put everything that a static host needs into dist/
	@tools/dist.sh

.PHONY: pictures
pictures: $(PKG) ## Take the pictures of the page that the README shows
	@CHROMIUM="$$(tools/chromium.sh)" node tools/readme/pictures.mjs

.PHONY: clean
clean: ## Remove what was built in this folder (the cache stays)
	rm -rf pkg dist node_modules

$(NPM): package.json package-lock.json tools/npm.sh
	@tools/npm.sh
	@touch $@

$(BINDGEN): | tools/wasm-bindgen.sh
	@tools/wasm-bindgen.sh "$(BINDGEN_VERSION)" "$(BINDGEN_ROOT)"

# The module for GPUs takes this file along.
pkg/gpu/built.js target/parity/gpu/built.js target/bench/gpu/built.js: www/subgroups.js

pkg/%/built.js: $(RUST) tools/wasm.sh tools/wasm-std.sh tools/rustc-in-order.sh | $(NPM) $(BINDGEN)
	@tools/wasm.sh $* "$(BINDGEN)"

target/parity/%/built.js: $(RUST) $(PARITY_SOURCES) $(wildcard tests/support/*.rs) tools/parity.sh tools/wasm-example.sh tools/wasm-std.sh tools/rustc-in-order.sh | $(BINDGEN)
	@tools/parity.sh $* "$(BINDGEN)" "$(CURDIR)/target/parity"

target/bench/%/built.js: $(RUST) $(wildcard tests/bench/engine/*.rs) tools/wasm-example.sh tools/wasm-std.sh tools/rustc-in-order.sh | $(BINDGEN)
	@tools/wasm-example.sh engine $* "$(BINDGEN)" "$(CURDIR)/target/bench"

pkg/vendor/uplot.js: tools/vendor.sh $(NPM)
	@tools/vendor.sh
	@touch $@

$(ENCODER)/model.safetensors: tools/encoder.sh
	@tools/encoder.sh "$(CURDIR)/$(ENCODER)"
	@touch $@
