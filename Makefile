# Everything a developer does here. `make help` lists it.
#
# Nothing below chooses a toolchain: the one that is active is used.

CARGO ?= cargo
FUZZ_SECONDS ?= 20
FUZZ_PROFILE ?= --release
FUZZ_LIMIT ?= -max_total_time=$(FUZZ_SECONDS)
MUTANTS_PARTS ?= 400
MUTANTS_SEED ?= $(shell od -An -N2 -tu2 /dev/urandom | tr -d ' ')
TARGET := $(or $(CARGO_TARGET_DIR),target)

# No sanitizer: our code has no unsafe for it to watch, it makes the targets five to ten times slower, and it takes flags
# of nightly compilers. What is found grows a corpus that nobody commits; the committed one is only read.
FUZZ_BUILD = $(FUZZ_PROFILE) --sanitizer none
FUZZ_ARGS = $(FUZZ_LIMIT) -timeout=10 -rss_limit_mb=512
FUZZ_FOUND = fuzz/target/found

.PHONY: help run run-store replay quick test schemathesis clients check spelling features package documents fmt bench bench-http bench-peers peers-check jmeter fuzz fuzz-smoke fuzz-check mutants

help: ## lists the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 14

run: ## starts central on port 8080 with its files in ./data; the environment has its settings
	$(CARGO) run --locked --release --package inventory-examples --bin central

run-store: ## starts a store on port 8081 that follows central on port 8080, with its files in ./data-store (STORE_ID: store-1)
	STORE_ID=$${STORE_ID:-store-1} $(CARGO) run --locked --release --package inventory-examples --bin store

replay: ## sells the sample through a durable engine and audits it (ARGS: more arguments for replay)
	$(CARGO) run --locked --release --package inventory-examples --bin replay -- $(ARGS)

quick: ## the rules, the house rules and what needs no socket or disk, in a minute or two
	$(CARGO) test --locked --workspace --all-features --lib --test scenarios --test conformance --test tidy

test: ## everything that must pass
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		set -ex; \
		$(CARGO) nextest run --locked --workspace --all-features --no-fail-fast; \
		$(CARGO) test --locked --workspace --all-features --doc; \
	else \
		set -ex; \
		$(CARGO) test --locked --workspace --all-features --no-fail-fast; \
	fi
	@$(MAKE) --no-print-directory schemathesis clients

schemathesis: ## tries every documented call of both services in ways they allow and forbid; installs schemathesis
	$(CARGO) build --locked --package inventory-examples --bin central --bin store
	inventory-http/tests/schemathesis/run $(TARGET) $(TARGET)/debug/central $(TARGET)/debug/store

clients: ## generates a Python and a TypeScript client from the document, and makes every call with each; installs generators
	$(CARGO) build --locked --package inventory-examples --bin central --bin store
	inventory-http/tests/clients/run $(TARGET) $(TARGET)/debug/central

check: ## format, lints and docs, with warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --all-features --no-deps --document-private-items

spelling: ## looks for words that nobody meant; installs typos
	@typos --version >/dev/null 2>&1 || test -x $(TARGET)/typos/bin/typos || \
		(python3 -m venv $(TARGET)/typos && $(TARGET)/typos/bin/pip install --quiet typos==1.52.0)
	@PATH="$$PATH:$(abspath $(TARGET))/typos/bin" typos

features: ## each crate with each of its features alone
	$(CARGO) check --locked --package inventory-core
	$(CARGO) check --locked --package inventory-core --features schema
	$(CARGO) check --locked --package inventory-core --features serde
	$(CARGO) check --locked --package inventory-log --no-default-features
	$(CARGO) check --locked --package inventory-log
	$(CARGO) check --locked --package inventory-http --no-default-features
	$(CARGO) check --locked --package inventory-http --no-default-features --features client
	$(CARGO) check --locked --package inventory-http --no-default-features --features server
	$(CARGO) check --locked --package inventory-http --no-default-features --features telemetry
	$(CARGO) check --locked --package inventory-http --no-default-features --features clap
	$(CARGO) check --locked --package inventory-store

package: ## what the registry would get of each crate, built from that alone (ARGS: --no-verify only packs it)
	$(CARGO) package --locked --quiet --workspace --exclude inventory-benches --exclude inventory-examples $(ARGS)

documents: ## writes the documents of both services anew, where a test compares them
	WRITE_DOCUMENTS=1 $(CARGO) test --locked --workspace --all-features --test tidy documents

fmt: ## formats the sources
	$(CARGO) fmt --all

bench: ## measures speed, each figure beside a raw baseline (ARGS: a filter)
	$(CARGO) bench --locked --package inventory-benches --bench speed -- $(ARGS)

bench-http: ## measures central over sockets beside a bare hyper server (ARGS: rows; HTTP_SECONDS: a round's length; STORE_PRODUCTS)
	$(CARGO) build --locked --release --package inventory-examples --bin central --bin store
	$(CARGO) bench --locked --package inventory-benches --bench http -- $(abspath $(TARGET))/release/central $(ARGS)

bench-peers: ## measures PostgreSQL, Redis and SQLite beside ours on the same work; installs Debian's packages of them (ARGS: rows; PEERS_SECONDS, PEERS_ROUNDS)
	benches/peers/install postgresql redis-server libsqlite3-dev
	$(CARGO) build --locked --release --package inventory-examples --bin central
	$(CARGO) build --locked --release --manifest-path benches/peers/Cargo.toml --target-dir $(TARGET)
	benches/peers/run $(TARGET)/release/peers $(TARGET)/release/central $(ARGS)

peers-check: ## lints what measures the peers, which is a workspace of its own; installs Debian's libsqlite3-dev
	benches/peers/install libsqlite3-dev
	$(CARGO) fmt --manifest-path benches/peers/Cargo.toml --check
	$(CARGO) clippy --locked --manifest-path benches/peers/Cargo.toml --target-dir $(TARGET) --all-targets -- -D warnings

jmeter: ## runs the JMeter plans against a central it starts; installs Debian's jmeter (JMETER_SECONDS: each plan's length)
	$(CARGO) build --locked --release --package inventory-examples --bin central
	benches/jmeter/run $(TARGET)/release/central $(ARGS)

fuzz: ## runs every fuzz target for FUZZ_SECONDS (20); needs a C++ compiler, and installs cargo-fuzz when it is missing
	@$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install cargo-fuzz --locked
	$(CARGO) fuzz build $(FUZZ_BUILD)
	@for target in $$($(CARGO) fuzz list); do \
		found=$(FUZZ_FOUND)/$$target; log=$$found.log; dictionary=fuzz/dictionaries/$$target.dict; \
		echo "fuzzing $$target, see $$log"; \
		mkdir -p $$found; \
		$(CARGO) fuzz run $(FUZZ_BUILD) $$target $$found fuzz/corpus/$$target -- \
			$(FUZZ_ARGS) $$(test ! -f $$dictionary || echo -dict=$$dictionary) 2>$$log || { cat $$log; exit 1; }; \
		sed -n 's/^Done/&/p' $$log; \
	done

# Nothing is drawn: what a draw finds is news to nobody's change.
fuzz-smoke: ## runs every fuzz target over the kept corpus, built in minutes, as CI does
	@$(MAKE) --no-print-directory fuzz FUZZ_LIMIT=-runs=0 FUZZ_PROFILE=--dev

fuzz-check: ## lints the fuzz targets, which are a workspace of their own; needs a C++ compiler
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) clippy --locked --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings

# A mutant counts as caught when the suites of its own crate see it. Those that simulate crashes are kept short: what they would
# find only in tens of thousands of crashes is for the nightly run.
mutants: ## changes the rules, one place at a time, to see that a test notices (MUTANTS_PARTS: 1 tries all; MUTANTS_SEED: which part)
	@$(CARGO) mutants --version >/dev/null 2>&1 || $(CARGO) install cargo-mutants --locked
	@mkdir -p $(TARGET)
	@seed=$(MUTANTS_SEED); echo "MUTANTS_SEED=$$seed, one of $(MUTANTS_PARTS) parts"; \
	CRASHES=2000 HAND_OVER_SCHEDULES=200 $(CARGO) mutants --all-features --output $(TARGET) \
		--sharding round-robin --no-shuffle --shard $$((seed % $(MUTANTS_PARTS)))/$(MUTANTS_PARTS) \
		--file 'inventory-core/src/machine/**' --file 'inventory-core/src/engine/**' \
		--file 'inventory-core/src/writer/**' --file 'inventory-log/src/file/**' $(ARGS)
