# make demo   install, and apply the example to a fresh SQLite store: plan, result, second plan
# make test   install what the tests need (servers too), then lint, types and all tests
# make check  lint and types only
# make nightly    what takes too long for each change: all tests with every line counted, 10,000 cycles
#             by the clock, 100 rounds with a pair, a hundred odd questions for each route of the API,
#             evidence replayed of 500 worlds, a thousand histories for the budgets, some hundreds for
#             undoes and for saved plans, a hundred times as many worlds for explain and for whatif,
#             10,000 lives in which any call may fail and 500 of a state machine
# make mutants    change the core a little, thousands of times, and ask whether a test notices: some hours.
#             What was found is kept below mutants/; who stops it goes on there. Fails where a mutant lives
#             that docs/mutants.md does not argue for. One module: make mutants ARGS='syncd.core.judge*'
# make bench  install what the benchmarks need, measure, and print the table: tests/benchmarks
#             (BENCH_SIZE=10000,100000,1000000 for directories of these sizes; default 10000)
# make bench-docs   write what was measured into docs/performance.md
# make clean  remove what these made

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# More than processors: many tests wait, for servers and for daemons.
WORKERS ?= $(shell echo $$(( $$(nproc) * 2 )))

SERVERS := slapd ldap-utils postgresql samba samba-ad-dc samba-ad-provision python3-samba \
	samba-dsdb-modules samba-vfs-modules winbind ldb-tools 389-ds-base \
	systemd-container mmdebstrap dbus chromium fonts-dejavu-core \
	prometheus

# SCIM servers for the tests, and what looks for barriers in the status page. What they stand on does
# not go together, so each has a place of its own.
ENVIRONMENTS := tests/servers/scim_programs/environments
SCIM_SERVERS := $(patsubst $(ENVIRONMENTS)/%,.servers/%/installed,\
	$(basename $(wildcard $(ENVIRONMENTS)/*)))

# A small system that the tests of systemd boot, as root only.
MACHINE := .servers/machine

.PHONY: demo test nightly check servers mutants bench bench-docs clean
.SILENT:

demo: $(VENV)/installed
	rm -rf .demo && mkdir .demo
	export SYNCD_STATE_DIRECTORY=$$PWD/.demo SYNCD_TARGETS__STORE__URL=sqlite:///$$PWD/.demo/store.db; \
	set -x; \
	$(BIN)/syncd --config config.example.yaml apply --yes && \
	$(BIN)/syncd --config config.example.yaml plan

PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

# The core's own tests must come to each of its lines. To count lines in all other tests, which come
# to the core a million times, takes a third of their time.
test: $(VENV)/installed-for-development servers check
ifdef ARGS
	$(PYTEST) $(ARGS)
else
	$(PYTEST) tests/core --cov=syncd/core --cov-report=
	$(BIN)/python -m coverage report --skip-covered --fail-under=100
	$(PYTEST) --ignore=tests/core
endif

nightly: $(VENV)/installed-for-development servers
	$(PYTEST) --cov --cov-report= $(ARGS)
	$(BIN)/python -m coverage report --skip-covered --fail-under=90
	SYNCD_SEEDS=10000 SYNCD_STEPS=6 SYNCD_MACHINE_EXAMPLES=500 SYNCD_MACHINE_STEPS=50 \
		$(BIN)/python -m pytest -n $(WORKERS) tests/promises $(ARGS)
	SYNCD_SOAK_CYCLES=10000 SYNCD_PAIR_ROUNDS=100 SYNCD_FUZZ_EXAMPLES=100 SYNCD_KILLS=30 SYNCD_EDGES_EVERY=1 \
		SYNCD_AUDIT_EXAMPLES=2000 SYNCD_AUDIT_KILLS=60 SYNCD_EVIDENCE_WORLDS=500 SYNCD_DRIFT_EXAMPLES=300 \
		SYNCD_LADDER_EXAMPLES=1000 SYNCD_BUDGET_EXAMPLES=1000 SYNCD_BOUND_EXAMPLES=200 \
		SYNCD_UNDO_EXAMPLES=300 \
		$(BIN)/python -m pytest -s tests/daemon/test_soak.py tests/faults/test_pair.py \
		tests/faults/test_kill.py tests/faults/test_http_kill.py tests/faults/test_crash_points.py \
		tests/faults/test_approval_kill.py \
		tests/daemon/test_status_fuzz.py tests/audit tests/core/test_evidence.py tests/core/test_drift.py \
		tests/core/test_ladder_model.py tests/core/test_excess.py tests/core/test_budgets.py \
		tests/core/test_bound.py tests/core/test_undo.py tests/shell/test_bundle.py \
		tests/shell/test_crashes.py $(ARGS)
	$(BIN)/python -m pytest --hypothesis-profile=thorough -n $(WORKERS) tests/core/test_explain.py \
		tests/core/test_offline.py tests/core/test_whatif.py tests/core/test_between.py $(ARGS)

check: $(VENV)/installed-for-development
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy

servers: $(SCIM_SERVERS)
	.ci/system-packages $(SERVERS)
	{ command -v chromium || command -v google-chrome; } >/dev/null || .ci/system-packages chromium
	[ "$$(id -u)" != 0 ] || $(MAKE) --no-print-directory $(MACHINE)/installed || { \
		[ -z "$$CI" ] && echo 'No machine can be made here: the tests of systemd are skipped' >&2; }

$(MACHINE)/made: .ci/machine
	.ci/machine make $(@D)
	touch $@

$(MACHINE)/installed: $(MACHINE)/made pyproject.toml | $(BIN)/python
	.ci/machine fill $(@D) $(BIN)/python
	touch $@

.servers/%/installed: $(ENVIRONMENTS)/%.txt | $(BIN)/python
	rm -rf $(@D)
	$(BIN)/python -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check \
		--no-deps --requirement $<
	touch $@

.servers/%/installed: $(ENVIRONMENTS)/%.json
	{ command -v node && command -v npm; } >/dev/null || .ci/system-packages nodejs npm
	rm -rf $(@D) && mkdir -p $(@D) && cp $< $(@D)/package.json
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --silent
	touch $@

# First by the tests of the mutant's module and the quickest others; who lives, by all that there are.
# mutmut 3.8 may fall over a process that it does not know; a second run goes on where that was.
# A mutant that collects things for ever would take all memory before its time is over: 4 GB each.
MUTMUT = ulimit -v 4000000; PATH="$$PWD/$(BIN):$$PATH" nice -n 19 $(BIN)/mutmut run --max-children $$(nproc)
mutants: $(VENV)/installed-for-mutation
	$(BIN)/python -m tests.mutation ready
	export SYNCD_MUTANT_TESTS=40; ($(MUTMUT) $(ARGS)) || ($(MUTMUT) $(ARGS))
	living=$$($(BIN)/python -m tests.mutation living) && { [ -z "$$living" ] || ($(MUTMUT) $$living); }
	$(BIN)/python -m tests.mutation check

bench: $(VENV)/installed-for-benchmarks
	.ci/system-packages slapd ldap-utils wrk postgresql
	$(BIN)/python -m tests.benchmarks

bench-docs: $(VENV)/installed-for-benchmarks
	$(BIN)/python -m tests.benchmarks document

# A Debian or Ubuntu python3 comes without ensurepip; the package that has it is python3-venv.
$(BIN)/python:
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/system-packages python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/installed-for-development: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[development]'
	touch $@ $(VENV)/installed

$(VENV)/installed-for-mutation: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutation]'
	touch $@ $(VENV)/installed

# One of the rivals is built from source; where that does not work, it is left out of the table.
$(VENV)/installed-for-benchmarks: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[benchmarks]'
	{ .ci/system-packages gcc python3-dev libldap-dev libsasl2-dev && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable \
		'.[benchmarks-ldap2pg]'; } || echo 'ldap2pg cannot be installed here: it is left out' >&2
	touch $@ $(VENV)/installed

clean:
	rm -rf --one-file-system $(VENV) .servers .artefacts .demo mutants build *.egg-info .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
