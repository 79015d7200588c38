# The two commands of the README are `make run` and `make test`. Each sets itself up: what is missing and comes from
# Debian is installed and named; where everything is there already, no rights are needed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A program, and the Debian package that brings it.
BUILD := cc:build-essential cmake:cmake objcopy:binutils
RUN := $(BUILD) pebble:pebble pebble-challtestsrv:pebble unbound:unbound knotd:knot curl:curl
TEST := $(RUN) python3:python3 openssl:openssl aiosmtpd:python3-aiosmtpd chromium:chromium chromedriver:chromium-driver \
	certutil:libnss3-tools

# cargo-nextest where it is there, for it tells failures apart from noise; plain `cargo test` does as well.
RUNNER := $(if $(shell command -v cargo-nextest),nextest run,test)
# The rules of the store and of the API, which hold on both databases.
STORE := $(if $(shell command -v cargo-nextest),--workspace --lib --filterset 'package(marque-control-plane)',--workspace --lib)

# Where cargo puts what it builds, asked for only where it is needed.
TARGET = $(shell cargo metadata --no-deps --format-version 1 | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')

# The suites make thousands of databases and throw them away. In memory, where there is room, none waits for a disk.
MEMORY = $(shell df --output=avail --block-size=G /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 + 0 >= 4 { print "TMPDIR=/dev/shm" }')

.PHONY: help
help: ## Says what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/'

.PHONY: run
run: setup-run ## Builds and starts everything on this machine; Ctrl-C stops it
	cargo build --workspace --bins
	exec "$(TARGET)/debug/marque-demo" $(ARGUMENTS)

.PHONY: rehearsal
rehearsal: setup-build ## Builds both planes as a later version of the feed would have them, for the suite `joint`
	cargo build --workspace --bin marque-proxy --bin marque-control-plane --features marque-proxy/rehearsal,marque-control-plane/rehearsal
	mkdir -p "$(TARGET)/debug/rehearsal"
	cp "$(TARGET)"/debug/marque-{proxy,control-plane} "$(TARGET)/debug/rehearsal"

.PHONY: test
test: setup rehearsal ## Runs all suites
	cargo build --workspace --bins
	$(MEMORY) cargo $(RUNNER) --workspace
	"$(TARGET)/debug/marque-on-postgres" cargo $(RUNNER) $(STORE)

.PHONY: check
check: setup-build ## Formatting, lints, documentation, directions
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps
	cargo test --workspace --test directions --test rooms --test areas

.PHONY: release
release: setup-build ## Builds both planes for elsewhere; what debuggers need lies beside each as NAME.debug
	cargo build --release --package marque-control-plane
	CARGO_PROFILE_RELEASE_LTO=fat cargo build --release --package marque-proxy
	for program in marque-proxy marque-control-plane; do .ci/split-debug "$(TARGET)/release/$$program"; done

.PHONY: bench
bench: release ## Measures the proxy beside nginx 1.26 and haproxy 3.0, in one run; figures in tests/bench/results
	cargo build --release --package bench-load
	tests/bench/install-peers.sh
	ulimit -n $$(ulimit -Hn); tests/bench/run.py --peers nginx,haproxy,marque --workloads W1,W2,W3,W4,W5,W7,W8 --rounds 5 --secs 1.5 $(ARGUMENTS)

.PHONY: setup setup-build setup-run
setup: ## Installs what the suites need
	@.ci/install $(TEST) initdb:postgresql
	@.ci/tools "$(TARGET)/tools"
	@cargo fetch --locked --quiet
setup-build:
	@.ci/install $(BUILD)
	@cargo fetch --locked --quiet
setup-run:
	@.ci/install $(RUN)
