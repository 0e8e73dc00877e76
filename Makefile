# Each target creates or updates .venv by itself. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
READY := .venv/.ready
PEERS := .venv/.peers
PYTEST := $(BIN)/python -m pytest --quiet
# A file's tests go to one worker, in their order.
AT_ONCE := --numprocesses 2 --dist loadfile --no-loadscope-reorder
WITHOUT_SERVERS := 'not pulsar and not redis and not chaos and not k8s and not peers and not image'
ENGINE := engine/Cargo.toml engine/Cargo.lock $(shell find engine/src -name '*.rs')
PACKAGES := cli.py .ci/check_demo.py .ci/check_engines.py $(wildcard actors bench bulkhead chaos commands examples k8s research tests)
COMPILE_PINS := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet

.PHONY: help venv demo test test-pulsar test-redis test-chaos controlplane test-k8s test-peers test-image test-all check check-python check-rust \
	bench bench-engine bench-pulsar pgo fuzz format lock clean

help: ## list the targets
	@printf 'Bulkhead. Targets (each sets up .venv by itself where it needs to):\n'
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

$(READY): pyproject.toml requirements/setup requirements/build.txt requirements/dev.txt requirements/demo.txt $(ENGINE)
	@requirements/setup

venv: ## create or update .venv: pinned packages, the native engine, the bulkhead command
	@rm -f $(READY)
	@$(MAKE) $(READY)

# One of them is compiled on the way, so that this may fail; whoever needs a peer says which one is missing.
$(PEERS): requirements/bench.txt $(READY)
	@echo 'setup: installing the order books that ours is measured beside'
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
		--require-hashes -r requirements/bench.txt; then touch $(PEERS); \
	else echo 'setup: WARNING: they could not be installed (above): going on without' >&2; fi

demo: $(READY) ## start an exchange, send it 30 minutes of recorded BTC/USD order flow, sum up
	@echo 'make demo: an exchange on the embedded log, with 30 minutes of recorded order flow'
	@exec $(BIN)/bulkhead demo

test: $(READY) ## every test that needs nothing but what pip installs
	@echo 'make test: all tests that need no other server'
	@$(PYTEST) $(AT_ONCE) -m $(WITHOUT_SERVERS) --ignore tests/e2e
	@$(PYTEST) $(AT_ONCE) -m $(WITHOUT_SERVERS) tests/e2e

test-pulsar test-chaos: test-%: $(READY)
	@echo 'make $@: the tests marked $*'
	@$(PYTEST) $(AT_ONCE) -m $*

test-redis: $(READY)
	@echo 'make $@: the tests marked redis'
	@$(PYTEST) -m redis

controlplane: $(READY) ## build the Kubernetes control plane that test-k8s needs (once, 10 minutes)
	@tests/k8s/controlplane/build >/dev/null

test-k8s: $(READY) controlplane
	@echo 'make $@: the tests marked k8s'
	@$(PYTEST) -m k8s

test-peers: $(READY) $(PEERS)
	@echo 'make $@: the tests marked peers'
	@$(PYTEST) -m peers

test-image: $(READY) ## build the image with buildah on a stand-in for its bases, look into it (root; buildah, podman)
	@echo 'make $@: the tests marked image, on a stand-in base'
	@$(PYTEST) -m image

test-all: $(READY) controlplane ## every test; test-pulsar, test-redis, test-chaos, test-k8s, test-peers and test-image are its parts
	@echo 'make test-all: every test'
	@$(PYTEST)

check: check-python check-rust ## format, lint, types, import contracts; the same for the Rust crate
	@echo 'make check: all passed'

check-python: $(READY) ## the Python half of check
	@echo 'make check: ruff format'
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo 'Not formatted (above): make format' >&2; exit 1; }
	@echo 'make check: ruff check'
	@$(BIN)/ruff check --quiet --output-format concise .
	@echo 'make check: mypy --strict'
	@$(BIN)/mypy --strict --no-error-summary $(PACKAGES)
	@echo 'make check: import contracts'
	@report=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$report" >&2; exit 1; }

check-rust: $(READY) ## the Rust half of check (a missing cargo fails in CI, elsewhere it is said)
	@if ! cargo --version >/dev/null 2>&1; then \
		echo 'make check: WARNING: no cargo works here: the Rust checks are NOT run' >&2; \
		[ -z "$${CI:-}" ]; \
	else \
		cd engine; export PYO3_PYTHON=$(CURDIR)/$(BIN)/python; \
		echo 'make check: cargo fmt'; cargo fmt --check; \
		echo 'make check: cargo clippy'; cargo clippy --quiet --locked --all-targets -- -D warnings; \
		echo 'make check: cargo test'; cargo test --quiet --locked; \
		cd ..; echo 'make check: the stub of bulkhead._engine says what the binary has'; \
		$(BIN)/stubtest --concise bulkhead._engine; \
	fi

bench: $(READY) ## orders per second and latency, beside a bare relay in the same run
	@echo 'make bench: end to end, the bare relay, the engine alone'
	@exec $(BIN)/python -m bench

bench-pulsar: $(READY) ## the same on a Pulsar broker of its own, with 4 and with 500 participants
	@echo 'make bench-pulsar: the exchange, its runtime and bare relays on Pulsar'
	@exec $(BIN)/python -m bench.pulsar

pgo: $(READY) ## build the native engine again, guided by a profile of exchanges at work (4 minutes; a sixth faster)
	@engine/pgo/run

fuzz: $(READY) ## the native engine against the reference, fuzzed by coverage (SECONDS_EACH=600)
	@engine/fuzz/run $(or $(SECONDS_EACH),600)

bench-engine: $(READY) $(PEERS) ## the engines alone, beside other people's, on the same commands
	@echo 'make bench-engine: our engines and the peers, each in a process of its own'
	@exec $(BIN)/python -m bench.engines $(if $(QUICK),--quick)

format: $(READY) ## put Python and Rust sources in the one format, fix what can be fixed
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	@if cargo --version >/dev/null 2>&1; then cd engine && cargo fmt; fi

lock: $(READY) ## pin again what pyproject.toml and requirements/*.in allow (UPGRADE=1: the newest)
	@echo 'make lock: requirements/*.txt, engine/Cargo.lock'
	@$(COMPILE_PINS) $(if $(UPGRADE),--upgrade) requirements/build.in -o requirements/build.txt
	@$(COMPILE_PINS) $(if $(UPGRADE),--upgrade) --extra dev pyproject.toml -o requirements/dev.txt
	@$(COMPILE_PINS) $(if $(UPGRADE),--upgrade) -c requirements/dev.txt pyproject.toml -o requirements/run.txt
	@$(COMPILE_PINS) --no-deps requirements/demo.in -o requirements/demo.txt
	@$(COMPILE_PINS) $(if $(UPGRADE),--upgrade) requirements/bench.in -o requirements/bench.txt
	@$(COMPILE_PINS) $(if $(UPGRADE),--upgrade) requirements/go.in -o requirements/go.txt
	@if cargo --version >/dev/null 2>&1; then cd engine && cargo $(if $(UPGRADE),update,generate-lockfile --offline); fi

clean: ## remove what these targets made, .bulkhead (an exchange's state) excepted
	rm -rf .venv build dist *.egg-info engine/target bulkhead/_engine*.so .mypy_cache .ruff_cache .pytest_cache .hypothesis
