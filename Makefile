# Everything that people type. `make demo` and `make test` install what they need into .venv.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.8
export PYTHONHASHSEED := 0

.PHONY: setup demo test lint soak bench pages clean lock

setup: .venv/ready

.venv/ready: requirements.lock setup.py scripts/check-machine
	@scripts/check-machine $(PYTHON)
	@echo "Setting up .venv"
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet uv==$(UV_VERSION); }
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --editable .
	@$(BIN)/python -m libs.lakehouse.jars
	@touch $@

demo: setup
	@$(BIN)/cancollaborate demo

test: lint
	@scripts/postgres install
	@$(BIN)/python -m pytest -m "not soak" -n 2 --dist loadfile

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

soak: setup
	@$(BIN)/python -m pytest -m soak -n 2 --dist worksteal

bench: setup
	@$(BIN)/python -m tests.benchmarks

pages: setup
	@$(BIN)/python -m jobs.pages

lock:
	@$(BIN)/uv pip compile setup.py --extra local --extra postgres --extra ml --extra dev --python-version 3.11 --universal --quiet \
		--no-emit-index-url --no-emit-find-links --output-file requirements.lock

clean:
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis spark-warehouse
