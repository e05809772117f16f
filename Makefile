# `make demo` shows the product, `make test` checks it. Everything else is below.
.PHONY: help setup demo demo-reset run doctor test test-fast test-long endurance test-clients bench lint format vendor lock audit
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE

PYTEST = .venv/bin/python -m pytest
JOBS ?= 2
# What a worker that died leaves behind goes to the others; that needs this way of spreading.
SPREAD = $(PYTEST) -n $(JOBS) --dist worksteal

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.installed ## make .venv from requirements.lock

.venv/.installed: requirements.lock scripts/setup.sh
	@PYTHON="$(PYTHON)" scripts/setup.sh

demo: setup ## start everything with a simulated QuickBooks and a story to look at (LOGS=1 prints the logs)
	@READ_DOT_ENV=false .venv/bin/python -m crm_sync.launch demo $(if $(LOGS),--logs)

demo-reset: setup ## forget the demo's data
	@READ_DOT_ENV=false .venv/bin/python -m crm_sync.launch reset

run: setup ## start the product for real, with the keys of .env
	@.venv/bin/python -m crm_sync.launch run

doctor: setup ## look at what `make run` started, and say what to do
	@.venv/bin/python -m crm_sync.launch doctor

test: setup ## all tests, also in a browser
	@.venv/bin/python tests/browser.py
	$(SPREAD) --max-worker-restart 2 --tb short --show-capture no

test-fast: setup ## the tests that take under two minutes and need no browser
	$(SPREAD) -m "not slow and not e2e"

test-long: setup ## the fault tests with all their seeds (SEEDS=50 for the rows that have many), every limit of the API
	FAULT_SEEDS=$(or $(SEEDS),50) $(SPREAD) --timeout 3600 -o faulthandler_timeout=4000 tests/faults tests/api/test_published.py

endurance: setup ## a simulated day of work amid faults, in 24 minutes (MINUTES=2 for a look, SEED=1)
	ENDURANCE_MINUTES=$(or $(MINUTES),24) ENDURANCE_SEED=$(or $(SEED),1) $(PYTEST) -s --show-capture no -o faulthandler_timeout=4000 tests/endurance

test-clients: setup ## the JavaScript QuickBooks clients against the simulator (needs node and npm)
	.venv/bin/python tests/qbo_simulator/node/run.py

bench: setup ## what the product's work costs, against what one would do otherwise (QUICK=1: a tenth of the sizes; ROW=cycle: that row alone)
	.venv/bin/python -m bench $(if $(QUICK),--quick) $(if $(ROW),--row "$(ROW)")

# The checks read settings, no server: the values only have to be there.
lint: export READ_DOT_ENV = false
lint: export SECRET_KEY = for-checks-only
lint: setup ## style, types, layers, templates, migrations
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python scripts/check_templates.py
	git ls-files -z 'templates/*.html' | xargs -0 -r .venv/bin/djade --check --target-version 5.2
	.venv/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	.venv/bin/python manage.py check

format: setup ## put the code into the agreed form
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	git ls-files -z 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2

vendor: setup ## copy the browser libraries of package.json to static/vendor/ (needs npm)
	.venv/bin/python scripts/vendor.py

lock: setup ## write requirements.lock anew (needs Python 3.11, 3.12 and 3.13)
	.venv/bin/python scripts/lock.py

audit: setup ## look up known vulnerabilities of all pinned packages (needs the network)
	.venv/bin/python scripts/audit.py
