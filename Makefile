# Everything a person or CI calls. A fresh machine needs Python 3.11+, make and a package index.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=

.PHONY: help install check test demo bench bench-quick bench-ui quality labelling docs screenshots lock clean

help: ## Show these targets.
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv with facies, all extras and the tools, at the locked versions.

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "facies needs Python 3.11 or newer, got %d.%d: make PYTHON=python3.11 install" % sys.version_info[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

check: install ## Formatting, lint, types, layers, dependencies.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

test: install ## Run all tests (those in a browser need Chromium on the machine).
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --max-worker-restart 0 $(ARGS)

demo: install ## Build a sample collection, search it, serve it (ARGS=--exit: stop after that).
	$(BIN)/facies demo $(ARGS)

bench: install ## Measure embedding, indexing and search against their references: one table.
	$(BIN)/python -m benchmarks whole $(ARGS)

bench-quick: install ## Measure what a release is held to, in about a quarter of an hour; prints one JSON line.
	$(BIN)/python -m benchmarks quick $(ARGS)

bench-ui: install ## Measure the interface in a real browser at real sizes (needs Chromium); prints one JSON line.
	$(BIN)/python -m benchmarks.ui $(ARGS)

quality: install ## Measure recipes on labelled sets: one table (ARGS="DATA --write docs/quality.md").
	$(BIN)/python -m benchmarks.quality $(ARGS)

labelling: install ## Measure labelling by itself: tables and a picture (ARGS="DATA --write docs/labelling.md").
	$(BIN)/python -m benchmarks.labelling $(ARGS)

docs: install ## Build the documentation into site/, refusing broken links.
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict --quiet

screenshots: install ## Draw the README's pictures anew from the running demo (needs Chromium).
	$(BIN)/python docs/make_screenshots.py

EXPORT := uv export --frozen --no-emit-project --no-header --quiet

lock: ## Resolve the dependencies anew (needs uv) and write the locks: of everything, and of each image.
	uv lock --upgrade
	$(EXPORT) --all-extras --output-file requirements.lock
	$(EXPORT) --extra api --extra postgres --extra redis --extra build --output-file api/requirements.lock
	$(EXPORT) --extra ui --extra build --output-file ui/requirements.lock
	rm -f uv.lock

clean: ## Remove what the tools left.
	rm -rf site dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
