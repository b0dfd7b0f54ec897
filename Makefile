# make demo    a running example, from nothing      make test    the everyday suite, on a real Neo4j
# make stop    stops what demo started              make lint    the static checks alone
# make bench          what each question takes for six people of a synthetic world, and the price of need-to-know
# make bench-import   measures an import of 1,000,000 rows
# make bench-load     measures bulk loads of synthetic worlds
# make bench-memory   measures the links in memory: reading them, their size, walking them
# make bench-audit    measures records kept a second, and the time to verify and to search 1,000,000
# make bench-peers    other graph engines on the same graph under the same filter (docs/performance.md)
# make bench-reads    audited reads a second through the API, and the processor time of one
# make bench-scaling  what two runs of make bench let expect of larger worlds
# make bench-timing   measures what the time of an answer tells of what is hidden
# make clean   removes .venv and .icm               make lock    renews requirements/*.txt
# make test-match            the tests of names with the extra "match", in .venv-match (needs a compiler)
# make test-lts              the queries on Neo4j 5.26 (LTS); needs a Java 17 or 21 (LTS_JAVA_HOME=... if not the first)
# make bench-names PAIRS=F   how well names are told apart, on a CSV of labelled pairs and on mangled names
# make soak    kills at 204 random points, 10,000 random sequences of acts and 10,000 of deconfliction, 2,016 pairs of
#              worlds: three hours
# make mutants               breaks queries and code that decide who sees what, and lists what no test noticed; an hour on
#              a slow machine. ARGS="--part 2/6" tries a sixth
# make clients               generates clients of the API and tries them (needs Node 20 or later, and npm)

# The first that is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo stop soak mutants test test-match test-lts bench bench-audit bench-import bench-load bench-memory bench-names bench-peers bench-reads bench-scaling bench-timing clients lint lock clean venv
.DELETE_ON_ERROR:

demo: .venv/installed-run
	@$(BIN)/icmgraph demo

stop:
	@test ! -x $(BIN)/icmgraph || $(BIN)/icmgraph demo --stop

# ARGS="tests/unit -k name" runs some, ICM_TEST_ALL=true what takes minutes too, ICM_TEST_PART=2/4 each fourth test. Two
# files at a time, each side with a Neo4j of its own: a test and its server work in turns, so one side alone leaves half
# of two cores idle.
test: .venv/installed-dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: .venv/installed-dev
	ICM_TEST_KILLS=204 $(BIN)/python -m pytest tests/integration/test_kills.py
	ICM_TEST_SEQUENCES=10000 $(BIN)/python -m pytest -n 2 tests/integration/test_sequences.py
	ICM_TEST_INTERLEAVINGS=10000 $(BIN)/python -m pytest -n 2 tests/integration/test_interleavings.py
	ICM_TEST_EXAMPLES=112 $(BIN)/python -m pytest -n 2 tests/interference/test_twins.py

mutants: .venv/installed-dev
	$(BIN)/python -m tests.interference.mutate $(ARGS)

# The comparer that is not installed by default. Fails if it is not the one that the tests get.
test-match: .venv-match/installed
	ICM_TEST_COMPARER=logic-v2 .venv-match/bin/python -m pytest tests/unit/test_comparison.py $(ARGS)

# All tests of queries on the other line of Neo4j, 5.26 (LTS). Its Java is a 17 or 21, which the main line's may not be.
LTS = 5.26.31
ASKING = reader reader_plans explore connections naming writer cases sharing history entries planned_events deconfliction \
	deconfliction_notices outbox registrations upkeep invariants import_deconflict migrations
test-lts: .venv/installed-dev
	ICM_TEST_NEO4J=local ICM_TEST_NEO4J_VERSION=$(LTS) ICM_JAVA_HOME=$(LTS_JAVA_HOME) $(BIN)/python -m pytest -n 2 --dist loadfile \
		tests/architecture/test_examples.py tests/interference/test_queries.py \
		$(ASKING:%=tests/integration/test_%.py) $(ARGS)

.venv-match/installed: requirements/match.txt pyproject.toml
	@test -x .venv-match/bin/python || $(PYTHON) -m venv .venv-match
	.venv-match/bin/python -m pip install --disable-pip-version-check --require-hashes -r $<
	.venv-match/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

# With logic-v2 too where make test-match has installed it. ARGS="--store 1000000 --home DIR": the search itself among so
# many names in a Neo4j, kept for the next run: a quarter of an hour to load.
bench-names: .venv/installed-dev
	@test -n "$(PAIRS)" || { echo "say PAIRS=file.csv" >&2; exit 2; }
	@$(if $(wildcard .venv-match/installed),.venv-match,.venv)/bin/python -m benchmarks.names "$(PAIRS)" $(ARGS)

# Rows a second and memory of an import: half an hour and more. ARGS="--rows 20000" measures less.
bench-import: .venv/installed-dev
	$(BIN)/python -m benchmarks.imports $(ARGS)

# Relationships a second of a bulk load. ARGS="--cases 100000 --live" measures the large world, and both ways.
bench-load: .venv/installed-dev
	$(BIN)/python -m benchmarks.loads $(ARGS)

# ARGS="--cases 100000 --home DIR --json FILE": the large world, kept for the next run, and figures as JSON.
bench: .venv/installed-dev
	$(BIN)/python -m benchmarks.questions $(ARGS)

# ARGS="--home DIR": the world of make bench.
bench-reads: .venv/installed-dev
	$(BIN)/python -m benchmarks.reads $(ARGS)

bench-scaling: .venv/installed-dev
	@$(BIN)/python -m benchmarks.scaling $(ARGS)

# ARGS="--cases 100000 --home DIR": the large world, kept for the next run; --no-writes leaves it as it is.
bench-memory: .venv/installed-dev
	$(BIN)/python -m benchmarks.memory $(ARGS)

bench-audit: .venv/installed-dev
	$(BIN)/python -m benchmarks.audit $(ARGS)

bench-timing: .venv/installed-dev
	$(BIN)/python -m benchmarks.timing $(ARGS)

# The peers have a place of their own: one is under the GPL, and none is a need of ours. ARGS="--home DIR --json FILE":
# the world of make bench.
PEERS = .venv/peers

bench-peers: .venv/installed-dev $(PEERS)/installed
	$(BIN)/python -m benchmarks.peers --python $(PEERS)/bin/python $(ARGS)

$(PEERS)/installed: benchmarks/peers.txt | .venv/installed-dev
	$(BIN)/python -m venv --clear $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

# The generators have a place of their own: their needs are not ours.
CLIENTS = .venv/clients

clients: .venv/installed-dev $(CLIENTS)/installed
	ICM_TEST_CLIENTS=$(CLIENTS) $(BIN)/python -m pytest -q tests/clients/generated.py

$(CLIENTS)/installed: tests/clients/requirements.txt tests/clients/package-lock.json | .venv/installed-dev
	$(BIN)/python -m venv --clear $(CLIENTS)
	$(CLIENTS)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	cp tests/clients/package.json tests/clients/package-lock.json tests/clients/.npmrc $(CLIENTS)
	cd $(CLIENTS) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# A stamp is newer than the list it was installed from, and is written last: an installation that
# was cut short is done again.
.venv/installed-%: requirements/%.txt pyproject.toml
	@$(PIP) --version >/dev/null 2>&1 || $(MAKE) --no-print-directory venv
	$(PIP) install --require-hashes -r $<
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

venv:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later found: install one, or say PYTHON=/path/to/it" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv

COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-find-links pyproject.toml --extra java --extra load --group build

lock: .venv/installed-dev
	@test -x $(BIN)/uv || $(PIP) install --quiet uv
	$(COMPILE) -o requirements/run.txt
	$(COMPILE) --group dev -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) --group dev --extra match -o requirements/match.txt
	$(COMPILE) --extra postgres -c requirements/dev.txt -o requirements/postgres.txt
	$(COMPILE) --extra memory -c requirements/dev.txt -o requirements/memory.txt
	$(COMPILE) --extra timestamp -c requirements/dev.txt -o requirements/timestamp.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-find-links tests/clients/requirements.in -o tests/clients/requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-find-links benchmarks/peers.in -o benchmarks/peers.txt
	cd tests/clients && npm install --package-lock-only --silent

# Jars and logs can be had again; whoever loaded only the demo world left .icm/demo-only. All else
# may be somebody's work.
clean:
	@test ! -d .icm/neo4j/data || test ! -x $(BIN)/icmgraph || \
		{ $(BIN)/icmgraph demo --stop && $(BIN)/icmgraph neo4j stop; } || \
		{ echo "could not stop what runs in .icm" >&2; exit 1; }
	@if [ -d .icm ] && [ ! -e .icm/demo-only ] && \
		find .icm -type f ! -path '.icm/neo4j/jars-*' ! -path '.icm/log/*' ! -name .lock | grep -q .; then \
		printf '.icm holds more than the demo world. Remove it? [y/N] ' >&2; \
		read -r answer && [ "$$answer" = y ] || { echo "left as it is" >&2; exit 1; }; \
	fi
	rm -rf .venv .venv-match .icm
