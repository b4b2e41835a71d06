# `make test` is the whole check of a commit and installs what it needs. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

HUEDB := $(or $(CARGO_TARGET_DIR),target)/release/huedb
# Rounds of the crash test: a few in every check, the full number in `make crash`.
CRASH_ROUNDS_FAST := 5
CRASH_ROUNDS := 50
# Time of each target of `make fuzz`.
FUZZ_SECONDS ?= 600

step = @printf '\n==> %s\n' "$(1)"

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "make %-18s %s\n", $$1, $$2 }'

.PHONY: test
test: tools fmt lint tidy unit conformance-fast test-docker ## Everything a commit must pass; installs what it needs

.PHONY: tools
tools: ## Install what the tests need beside Rust, if it is missing
	$(call step,test tools)
	@scripts/install-test-tools.sh

.PHONY: fmt
fmt: ## Check the formatting
	$(call step,formatting)
	@cargo fmt --all --check

.PHONY: lint
lint: ## Clippy on everything, warnings are errors
	$(call step,clippy)
	@cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: tidy
tidy: ## The project's rules: arrows, sizes, names, packages, licences, links
	$(call step,tidy)
	@cargo test --package huedb-tidy --locked -- --nocapture

.PHONY: unit
unit: ## Tests of all crates, with a short crash test
	$(call step,tests of the crates with $(CRASH_ROUNDS_FAST) rounds of the crash test)
	@HUEDB_CRASH_ROUNDS=$(CRASH_ROUNDS_FAST) cargo test --workspace --exclude huedb-tidy --locked --no-fail-fast

.PHONY: build
build: ## The server as it is used: target/release/huedb
	$(call step,release build)
	@cargo build --release --locked

.PHONY: conformance-fast
conformance-fast: build ## Chroma's own clients against the server, short preset
	$(call step,conformance: short preset)
	@python3 conformance/run.py --binary $(HUEDB) --fast

.PHONY: test-docker
test-docker: build ## The image on a real Docker Engine, as docs/deployment/docker.md says; needs root
	$(call step,Docker)
ifeq ($(HUEDB_TEST_DOCKER),no)
	@echo 'docker: left out, since HUEDB_TEST_DOCKER is no: the image and its deployment are not tested'
else
	@python3 conformance/docker/run.py --binary $(HUEDB)
endif

.PHONY: test-docker-full
test-docker-full: ## The same with an image that is compiled inside its build stage, with full optimisation
	$(call step,Docker with the build inside)
	@python3 conformance/docker/run.py --compile

.PHONY: conformance
conformance: tools build ## Chroma's own clients and more of its test suites against the server
	$(call step,conformance: default preset)
	@python3 conformance/run.py --binary $(HUEDB)

.PHONY: conformance-full
conformance-full: tools build ## Every suite, about an hour
	$(call step,conformance: every suite)
	@python3 conformance/run.py --binary $(HUEDB) --full

.PHONY: conformance-table
conformance-table: tools build ## Run every client and write the table of COMPAT.md
	$(call step,table of clients)
	@python3 conformance/run.py --binary $(HUEDB) --only crud --full --write-table

.PHONY: crash
crash: ## Kill the server at random moments, 50 rounds on one data directory
	$(call step,crash test: $(CRASH_ROUNDS) rounds)
	@HUEDB_CRASH_ROUNDS=$(CRASH_ROUNDS) cargo test --package huedb-server --test crash --locked -- --nocapture

.PHONY: limits
limits: ## What kills other servers, at full size: idle connections, many collections, large bodies
	$(call step,limits at full size)
	@HUEDB_LIMITS_FULL=1 cargo test --package huedb-server --test limits --locked -- --nocapture --test-threads=1

.PHONY: bench
bench: tools ## Measure HueDB beside Chroma on this machine; writes docs/benchmarks/
	$(call step,benchmark)
	@bench/compare.sh

.PHONY: fuzz
fuzz: ## Fuzz every parser of bytes from outside, FUZZ_SECONDS each (default 600)
	$(call step,fuzz targets, $(FUZZ_SECONDS) seconds each)
	@fuzz/run.sh $(FUZZ_SECONDS)

.PHONY: arm64
arm64: ## The search code on 64-bit Arm, in an emulator; installs what it needs
	$(call step,64-bit Arm in an emulator)
	@scripts/test-arm64.sh

.PHONY: old-cpu
old-cpu: ## The search code and the server on x86-64 of 2008 to 2013, in an emulator; installs what it needs
	$(call step,old x86-64 processors in an emulator)
	@scripts/test-old-cpu.sh

.PHONY: deny
deny: ## cargo-deny on licences, bans and sources
	$(call step,cargo-deny)
	@cargo deny --version >/dev/null 2>&1 || { echo 'cargo-deny is missing: cargo install --locked cargo-deny' >&2; exit 1; }
	@cargo deny check licenses bans sources

.PHONY: clean-root
clean-root: ## Try the two commands of the README in a new Debian root (needs root rights)
	$(call step,clean root)
	@scripts/clean-root.sh
