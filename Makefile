# make demo   a first look: install what is light, draw a scene, halve it, restore it, show how well that went
# make test   everything the tests need, then the tests
# make check  lint, types, import layers, docs
# The first Python that runs and is new enough; choose another with make PYTHON=... demo.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test test-all check docs samples benchmark clean

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Frameloom needs Python 3.11 or newer; none was found" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.light: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml tests/constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint tests/constraints.txt --editable ".[dev]"
	touch $@ $(VENV)/.light

demo: $(VENV)/.light
	$(BIN)/frameloom demo --overwrite

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-all: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/pyright -p benchmarks/pyrightconfig.json
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/command_docs.py --check
	$(BIN)/python scripts/model_table.py --check

# The pages and pictures that are made, not written.
docs: $(VENV)/.dev
	$(BIN)/python scripts/command_docs.py
	$(BIN)/python scripts/model_table.py
	PYTHONPATH=tests $(BIN)/python scripts/stream_tables.py
	PYTHONPATH=tests $(BIN)/python scripts/parity_table.py
	$(BIN)/python scripts/compare_picture.py

samples: $(VENV)/.dev
	$(BIN)/python scripts/draw_samples.py samples

# ROOT: a folder of sequences, each a folder of consecutive frames.
benchmark: $(VENV)/.dev
	$(BIN)/python benchmarks/quality.py --root $(ROOT)

clean:
	rm -rf $(VENV) frameloom-demo
