# make serve    build the page in release, and serve it on a printed local address
# make build    build it into dist/
# make test     everything that CI checks
# make bench    measure it beside Netron, dagre and elkjs (BENCH="--quick" and the like; see tests/bench/README.md)
# make shots    take the screenshots of the README
# make clean
#
# Each target first installs what it needs and is missing. Rust (by rustup) and Node are presumed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# The tools that .ci/setup installs come first on PATH.
ENV := source .ci/env
# The page has two programs: one that is loaded first, and one with all formats.
WASM := wasm32-unknown-unknown --no-default-features --lib --bin worker --example graphs-wasm
WASM_ALL := wasm32-unknown-unknown --no-default-features --features all-formats --lib --bin worker-all
PORT ?= 8080
# The registry names these by a macro, which `cargo fmt` does not look into.
FORMATS := $(filter-out src/formats/mod.rs,$(wildcard src/formats/*.rs src/formats/*/mod.rs))

.PHONY: serve build test check-rust check-page bench shots clean

build:
	@.ci/setup build
	@$(ENV); cargo fetch --locked --quiet; with_wasm trunk build --release --skip-version-check

serve: build
	@node tests/browser/server.mjs --port $(PORT) dist

test: check-rust check-page

check-rust:
	@.ci/setup build test
	cargo fmt --check
	rustfmt --check --edition 2024 $(FORMATS)
	cargo clippy --locked --all-targets -- -D warnings
	$(ENV); for program in "$(WASM)" "$(WASM_ALL)"; do \
		if rustc_has_wasm; then cargo clippy --locked --target $$program -- -D warnings; \
		else with_wasm cargo check --locked --target $$program; fi; \
	done
	cargo test --locked

# After the build: the page's scripts are checked against the types of the module that was built.
check-page: build
	@.ci/setup test
	@$(ENV); for project in page worker node; do tsc --project tests/tsconfig.$$project.json; done
	@$(ENV); eslint --config tests/eslint.config.js static tests .ci
	node --test tests/browser/*.test.mjs

bench: build
	@.ci/setup test bench
	@$(ENV); with_wasm cargo build --locked --release --target wasm32-unknown-unknown --no-default-features --example graphs-wasm; \
	wasm-bindgen --target web --out-dir tests/bench/work/wasm \
		--out-name graphs-wasm target/wasm32-unknown-unknown/release/examples/graphs_wasm.wasm; \
	wasm-opt -O1 tests/bench/work/wasm/graphs-wasm_bg.wasm -o tests/bench/work/wasm/graphs-wasm_bg.wasm
	node tests/bench/bench.mjs $(BENCH)

shots: build
	@.ci/setup test
	node tests/browser/shots.mjs

clean:
	rm -rf target dist tests/bench/work
