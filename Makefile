# Everything the project needs, in a few words.  Each target may be run again at any time.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup packages demo test check fast bench format openapi lock clean

# The first Python that runs and is new enough; a name alone may be a shim with nothing behind it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
CONSOLE := gis_service/console
SAY := @printf '\033[1m▸ %s\033[0m\n'

help: ## show what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: packages $(BIN)/.ready $(CONSOLE)/dist/.ready ## install all that is missing: system packages, Python, console

packages:
	$(SAY) 'system packages'
	@scripts/install_packages.sh

$(BIN)/.ready: requirements.txt pyproject.toml hatch_build.py grid_boundaries/locate/raster/kernel.pyx
	$(SAY) 'Python packages'
	@test -n '$(PYTHON)' || { echo 'No Python 3.11 or newer was found; name one: make setup PYTHON=/path/to/python3'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(CONSOLE)/node_modules/.ready: $(CONSOLE)/package-lock.json
	$(SAY) 'console packages'
	@cd $(CONSOLE) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE)/dist/.ready: $(CONSOLE)/node_modules/.ready $(shell find $(CONSOLE) -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print 2>/dev/null)
	$(SAY) 'console'
	@cd $(CONSOLE) && npm run --silent build
	@touch $@

demo: setup ## serve the demo district with the console on http://127.0.0.1:8000
	$(SAY) 'demo'
	@$(BIN)/gis-service demo

test: setup ## run every test
	$(SAY) 'console tests'
	@cd $(CONSOLE) && npm test --silent
	$(SAY) 'tests'
	@$(BIN)/pytest --numprocesses logical --dist loadfile --cov --cov-report=term:skip-covered

check: setup ## style, types, imports, spelling, console
	$(SAY) 'style'
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	$(SAY) 'types'
	@$(BIN)/mypy
	$(SAY) 'imports'
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	$(SAY) 'spelling'
	@$(BIN)/codespell
	$(SAY) 'console'
	@cd $(CONSOLE) && npm run --silent check

fast: $(BIN)/.ready ## run the tests that need neither database nor browser
	@$(BIN)/pytest -q tests/grid_boundaries tests/tiles tests/gis_service/domain

bench: setup ## measure speed beside its references, write benchmarks/results.json
	@$(BIN)/python -m benchmarks

format: $(BIN)/.ready ## put the code in form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

openapi: $(BIN)/.ready ## write docs/openapi.json and the table of docs/rights.md anew
	@$(BIN)/python scripts/write_openapi.py
	@$(BIN)/python scripts/write_rights.py

lock: $(BIN)/.ready ## pin the newest versions that pyproject.toml allows
	@$(BIN)/pip-compile --quiet --all-extras --generate-hashes --strip-extras --no-header --allow-unsafe \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt pyproject.toml

clean: ## remove what make made, and the embedded database with all its data
	@test ! -x $(BIN)/gis-service || $(BIN)/gis-service db stop
	rm -rf .venv .gis $(CONSOLE)/node_modules $(CONSOLE)/dist
