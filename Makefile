# Everything runs from .venv, which the first target to need it makes. Only Python 3.11+ and make are needed.

VENV := .venv
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
# Looked up when it is needed: a name that does not start, is too old or comes without its venv module is passed over. A
# distribution's own comes first: it was the faster one where that was tried (docs/operations.md).
PYTHONS := /usr/bin/python3 python3 python3.13 python3.12 python3.11
PYTHON ?= $(shell for modules in 'ensurepip, venv' venv; do for name in $(PYTHONS); do \
	if "$$name" -c "import sys, $$modules; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then \
	echo "$$name"; exit; fi; done; done)
UV := uv==0.13.8
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help demo test lint bench faults lock clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Options go in ARGS, for instance: make demo ARGS="--messages 500"'

demo: $(READY) ## the main job from end to end on embedded Kafka, PostgreSQL and MQTT
	@$(VENV)/bin/hub demo $(ARGS)

test: $(READY) ## the whole suite, on the same embedded parts
	@$(VENV)/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(READY) ## style, types and the direction of imports
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo

# The heavy one needs more packages than the hub, and so do the plots of a report.
bench: $(if $(filter identity report,$(ARGS)),$(BENCH_READY),$(READY)) ## figures, each with a yardstick beside it (ARGS="throughput", "identity")
	@$(VENV)/bin/python -m bench $(ARGS)

faults: $(READY) ## the long fault campaigns (ARGS="--messages 50000 --seed 7")
	@$(VENV)/bin/python -m pytest -m "faults or fault or long" --outcomes build/faults.json $(ARGS)

lock: $(READY) ## write the locks anew from pyproject.toml (ARGS="--upgrade" takes newer versions)
	@$(VENV)/bin/python -m venv --clear $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	@$(VENV)/lock/bin/$(LOCK) $(ARGS) pyproject.toml --group build --output-file requirements.lock >/dev/null
	@$(VENV)/lock/bin/$(LOCK) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock >/dev/null
	@$(VENV)/lock/bin/$(LOCK) $(ARGS) --group bench --constraint requirements.lock --constraint requirements-dev.lock \
		--output-file requirements-bench.lock >/dev/null
	@echo 'Written: requirements.lock, requirements-dev.lock and requirements-bench.lock'

clean: ## take away the virtual environment and what tools have left behind
	@rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Of what pip says, a reader gets each download with its size. An environment that works is brought up to date.
$(READY): requirements.lock requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo 'No Python 3.11 or newer was found (looked for $(PYTHONS)).' >&2; \
		echo 'Install one, or name it: make demo PYTHON=/path/to/python3.12' >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without its venv module. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo 'Setting up: Python packages into $(VENV) (about 130 MB to fetch the first time, 500 MB on disk; a minute or so)'
	@$(VENV)/bin/python -c 'import pip' 2>/dev/null || "$(PYTHON)" -m venv --clear $(VENV)
	@{ PYTHONUNBUFFERED=1 $(VENV)/bin/python -m pip install --disable-pip-version-check --no-input \
		--progress-bar off --require-hashes -r requirements.lock -r requirements-dev.lock \
		&& touch $(VENV)/.packages; } | awk '/Downloading|Using cached|Installing/ { sub(/collected packages: .*/, "them"); print; fflush() }'
	@test -f $(VENV)/.packages
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
		--no-build-isolation --no-deps --editable .
	@touch $@
	@echo 'Set up.'

# What only the benches need comes on top of it, when a bench is first asked for.
$(BENCH_READY): $(READY) requirements-bench.lock
	@echo 'Setting up the bench: Splink, DuckDB and Matplotlib into $(VENV) (about 80 MB to fetch the first time)'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
		--require-hashes -r requirements-bench.lock
	@touch $@
