# `make demo` and `make test` do everything on a fresh machine; everything else is for working here.
PYTHON ?= python3
BIN := .venv/bin
.PHONY: setup demo test test-slow lint check lock clean format bench bench-engine

.venv/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Attain needs Python 3.11 or later; try: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.attain: .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: .venv/.attain

demo: .venv/.attain
	$(BIN)/attain demo

test: .venv/.attain
	$(BIN)/python -m pytest -n auto

# Random plans and histories beside slow references; .ci/run runs them, too.
test-slow: .venv/.attain
	$(BIN)/python -m pytest -n auto -m slow

lint: .venv/.attain
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# Prints ratios; no test times anything.
bench: .venv/.attain
	$(BIN)/python bench/reading.py

.venv/.bench: .venv/.attain requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $@

# The engine beside the same plan as one DuckDB query, and from tables to tables; 10 million credits need about 10 GB.
bench-engine: .venv/.bench
	$(BIN)/python bench/engine.py

format: .venv/.attain
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs uv; names no package index in what it writes.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade requirements-dev.in -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade requirements-bench.in -o requirements-bench.lock

clean:
	rm -rf .venv var build *.egg-info
