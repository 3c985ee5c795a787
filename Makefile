# make build   an environment in .venv, monogen in it, and the example fleet in out/
# make test    the whole test suite
# make help    everything else

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
FILES := $(VENV)/.files

# The first Python on the PATH that is new enough; another one by `make PYTHON=/opt/python3.13/bin/python3`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)

# The dashboards' type check is the one test that needs npm's packages; it skips where there is no npm.
NODE_LOCKS := $(wildcard tests/*/package-lock.json)
NODE_MODULES := $(if $(shell command -v npm),$(NODE_LOCKS:package-lock.json=node_modules/.installed))

.PHONY: help build install test check lint format docs golden bench clean FORCE
.DELETE_ON_ERROR:

help:
	@echo "make build    install monogen into .venv and build the example fleet into out/"
	@echo "make install  only install monogen and what its development needs into .venv"
	@echo "make test     run the whole test suite"
	@echo "make check    lint, formatting, types, whether out/ is up to date, and what monogen lint says of it"
	@echo "make format   format the code and mend what ruff can mend"
	@echo "make docs     write the pages of docs/ that follow from code and data"
	@echo "make golden   write out/ and the golden folders of tests/golden/ anew"
	@echo "make bench    measure speed, memory and the samples that looking costs"
	@echo "make clean    remove everything that make made, but out/"

build: install
	$(BIN)/monogen build hosts/fleet.yaml

install: $(INSTALLED)

test: install $(NODE_MODULES)
	$(BIN)/pytest

check: lint
	$(BIN)/monogen build hosts/fleet.yaml --check
	$(BIN)/monogen lint
	$(BIN)/pytest -q tests/golden

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: install
	$(BIN)/python docs/write.py

golden: install
	$(BIN)/monogen build hosts/fleet.yaml
	$(BIN)/pytest -q tests/golden --rewrite-golden

bench: install
	$(BIN)/python tests/bench/speed.py
	PYTHONPATH=tests/prometheus $(BIN)/python tests/bench/lint.py
	PYTHONPATH=tests/prometheus:tests/proof $(BIN)/python tests/bench/samples.py

clean:
	rm -rf $(VENV) build dist monogen.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf $(NODE_LOCKS:package-lock.json=node_modules)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An editable install links every file of its own (strict), since the parts of the package lie in three
# folders and mypy would not find them otherwise. A changed file needs no new install, a new one does.
$(INSTALLED): pyproject.toml $(FILES) | $(BIN)/python
	rm -rf build/__editable__.*
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]' --config-settings editable_mode=strict
	touch $@

$(FILES): FORCE | $(BIN)/python
	@find gen templates dashboards -type f ! -name '*.pyc' | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "monogen needs Python 3.11 or newer, found: '$(PYTHON)'. On Debian: apt install python3 python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make an environment: its venv module is missing. On Debian: apt install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

%/node_modules/.installed: %/package.json %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund
	touch $@
