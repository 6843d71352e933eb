# Two targets do everything: `make demo` and `make test`. The others are for people who work on it.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python -m mediledger

.PHONY: demo test down status bench lint docs lock clean programs test-programs faults load differential wire learn \
	histories

demo: programs $(VENV)/.runtime
	@$(RUN) demo $(if $(READINGS),--readings $(READINGS)) $(if $(READINGS_UNIT),--unit $(READINGS_UNIT)) \
		$(if $(SALES),--sales $(SALES)) $(if $(SALES_COLUMN),--sales-column $(SALES_COLUMN)) \
		$(if $(STORAGE),--storage $(STORAGE))

# Everything, or with TESTS=tests/unit/chaincode what is there.
test: test-programs $(VENV)/.development
	$(if $(TESTS),$(VENV)/bin/python -m pytest -m "not slow" $(TESTS),@scripts/run-tests $(VENV)/bin)

down:
	@$(RUN) down

status:
	@$(RUN) status

# Measures, on real Fabric where it is found, and writes bench/results.json.
bench: programs $(VENV)/.development
	$(VENV)/bin/python -m bench

# Longer than in the suite: many parts killed in random order during the story, devnet killed 200 times under
# load; larger loads, a ledger of a million packs.
faults: programs $(VENV)/.development
	$(VENV)/bin/python -m pytest -m slow tests/faults

# More random transactions on devnet and on real Fabric beside it than in the suite, from another seed.
differential: programs $(VENV)/.development
	$(VENV)/bin/python -m pytest -m slow tests/integration/differential

# Bad requests of every class to devnet and to real Fabric, many of each, whose answers must be equal; and
# what the suite's table of answers is learnt with, where a new class was added.
wire: programs $(VENV)/.development
	$(VENV)/bin/python -m pytest -m slow tests/integration/wire

learn: programs $(VENV)/.development
	$(VENV)/bin/python -m tests.integration.wire.learn

# A thousand random histories of fifty steps in memory, a hundred on a whole system on each ledger.
histories: programs $(VENV)/.development
	$(VENV)/bin/python -m pytest -m slow tests/unit/chaincode/contracts/test_histories.py tests/scenario/test_histories.py

load: programs $(VENV)/.development
	$(VENV)/bin/python -m pytest -m slow tests/load

lint: $(VENV)/.development
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	PYTHONPATH=. $(VENV)/bin/lint-imports

# What is generated and kept: docs/rules.md.
docs: $(VENV)/.development
	$(VENV)/bin/python -m mediledger.rulebook --write

programs:
	@scripts/install-programs "$(PYTHON)"

test-programs: programs
	@scripts/install-programs "$(PYTHON)" tests

$(VENV)/.created: | programs
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.runtime: requirements.lock $(VENV)/.created
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# Resolves the newest versions that fit, for every Python from 3.11 on; needs uv.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-header \
		--output-file requirements.lock requirements.in
	uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-header \
		--output-file requirements-dev.lock requirements-dev.in

clean: down
	rm -rf .mediledger
