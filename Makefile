# A bare `make` lists the targets.
# Empty variables mean the default.
override PYTHON := $(or $(strip $(PYTHON)),python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m deploy.install
override PORT := $(or $(strip $(PORT)),8000)
export PORT
# Compiling the tests anew each time would be a quarter of a quick run.
export PYTHONDONTWRITEBYTECODE =
SCANNED := app benchmarks decoder deploy docs image_encoder migrations sketch studio templates worker wsgi.py

.PHONY: help run dev test campaigns whole prose fast check docs docs-build audit bench load faults manifests language settings lock bom notes workflows production deployed monitoring
help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 16

run: $(VENV)/site  ## serve the whole site on http://127.0.0.1:8000 (PORT changes it)
	@exec $(BIN)/python -m app.run

dev: $(VENV)/dev  ## as run, and start again when the code changes
	@exec $(BIN)/python -m app.run --reload

test: needs  ## run the gate: the tests of behaviour, rights, data and the main path, with real servers and a browser
	@$(BIN)/python -m tests gate

campaigns: needs  ## run the long tests whose code has changed since they passed, or those of NAMES
	@$(BIN)/python -m tests campaigns $(NAMES)

whole: needs  ## run the gate and every campaign
	@$(BIN)/python -m tests whole

prose: needs  ## run the tests that read the documentation
	@$(BIN)/python -m tests prose

fast: $(VENV)/dev  ## run the tests of single functions, in a minute: no server, browser or database
	$(BIN)/python -m pytest --numprocesses 2 -p no:schemathesis -p no:playwright --ignore tests/campaigns -m "not server and not slow and not site"

.PHONY: needs
needs: $(VENV)/dev
	@$(BIN)/python -m tests.support.needs

check: docs-build lint types dangers  ## format, lint, types, what is dangerous, and the documentation

.PHONY: lint types dangers
lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev
	$(BIN)/mypy

dangers: $(VENV)/dev
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml --severity-level medium $(SCANNED)

docs: $(VENV)/dev  ## serve the documentation on http://127.0.0.1:8001, and rebuild what changes
	@$(BIN)/python -m deploy.docs_site serve

docs-build: $(VENV)/dev  ## build the documentation into build/docs; a warning is an error
	@$(BIN)/python -m deploy.docs_site build

audit: $(VENV)/dev  ## ask for known holes in what is installed (needs the index of packages)
	@$(BIN)/python -m tests.support.audit

bench: $(VENV)/dev  ## run the benchmarks side by side and print ratios
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.painting

load: $(VENV)/dev  ## put load on the site behind nginx (needs nginx and wrk)
	$(BIN)/python -m benchmarks.load

production: $(VENV)/dev  ## serve the whole production shape (nginx, gunicorn, Postgres, Redis, two painters) on port 8000 until Ctrl-C
	@$(BIN)/python -m tests.campaigns.production --port $(PORT)

deployed: $(VENV)/dev  ## run the tests of the production shape: restarts, deploy and roll back under load, docs/how-to/operators/debian.md; and take its picture
	@$(BIN)/python -m tests.support.needs
	PICTURES=1 $(BIN)/python -m pytest -s tests/campaigns/production

monitoring: $(VENV)/dev  ## try the alerts, and hold them and the dashboard to what is told (needs promtool)
	cd deploy/monitoring && promtool check config --syntax-only prometheus.yml && promtool check rules alerts.yml && promtool test rules alerts_test.yml
	$(BIN)/python -m pytest -q tests/repository/test_monitoring.py

faults: $(VENV)/dev  ## have a thousand faults happen to sites of their own (hours), and write docs/research/reliability.md
	@$(BIN)/python -m tests.support.needs
	$(BIN)/python -m tests.campaigns.faults

manifests: $(VENV)/dev  ## render deploy/k8s and hold it against the schemas (needs kubectl)
	@$(BIN)/python -m tests.support.manifests

language: $(VENV)/dev  ## collect the sentences of pages into the catalogue, and compile it
	PYTHONPATH=. $(BIN)/pybabel extract --mapping pyproject.toml --keyword N_ --keyword counted:1,2 --keyword DrawingRefused --keyword UnreadColours --no-location --sort-output --omit-header \
		--output app/core/i18n/translations/messages.pot .
	$(BIN)/pybabel update --input-file app/core/i18n/translations/messages.pot --output-dir app/core/i18n/translations --no-fuzzy-matching \
		--ignore-pot-creation-date --ignore-obsolete --no-wrap
	$(BIN)/pybabel compile --directory app/core/i18n/translations
	rm app/core/i18n/translations/messages.pot

settings: $(VENV)/dev  ## write docs/reference/settings.md and the example file from the table of settings
	$(BIN)/python -m app.core.settings.pages

bom: $(VENV)/dev  ## write the release's bill of materials to build/bom.json
	@$(BIN)/python -m deploy.release.bill build/bom.json

notes:  ## print what CHANGELOG.md says of VERSION (ADDRESS: where links lead)
	@$(PYTHON) -m deploy.release.notes "$(VERSION)" $(ADDRESS)

workflows: $(VENV)/dev  ## look over the workflows of GitHub Actions (actionlint, zizmor)
	$(BIN)/python -m tests.support.actionlint
	$(BIN)/zizmor --offline --quiet .github

COMPILE = $(BIN)/python -m piptools compile --quiet --upgrade --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host pyproject.toml

lock: | $(VENV)/bin/python  ## write requirements/*.txt anew from pyproject.toml
	$(COMPILE) --all-extras -o requirements/dev.txt
	$(COMPILE) --constraint requirements/dev.txt --extra worker --extra site -o requirements/site.txt
	$(COMPILE) --constraint requirements/dev.txt --extra worker --extra postgres -o requirements/worker.txt
	$(COMPILE) --constraint requirements/dev.txt --extra worker --extra studio -o requirements/studio.txt
	$(COMPILE) --constraint requirements/dev.txt --extra postgres -o requirements/web.txt
	for extra in s3 gcs gguf music telemetry; do $(COMPILE) --constraint requirements/dev.txt --extra postgres --extra $$extra -o requirements/$$extra.txt || exit 1; done
	echo "dvc>=3.67" | $(filter-out pyproject.toml,$(COMPILE)) - -o requirements/dvc.txt
	@# A local build of torch must not be asked of other machines.
	@sed -i -E '/^torch==/s/\+.*//; /^#/d; /^$$/d' requirements/*.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "MoMA Lisa needs Python 3.11 or newer; set PYTHON=/path/to/python3."; exit 1; }
	@echo "Making the environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/site: requirements/site.txt | $(VENV)/bin/python
	@echo "Installing what the site needs (once) …"
	@$(INSTALL) requirements/site.txt
	@touch $@

$(VENV)/dev: requirements/dev.txt | $(VENV)/bin/python
	@echo "Installing what developing and testing need (once) …"
	@$(INSTALL) requirements/dev.txt
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true  # pip does it in one process; some files are templates
	@touch $@ $(VENV)/site

.PHONY: ansible bare
bare: $(VENV)/dev  ## have Ansible make a site of a bare Debian machine, run it, deploy and roll back under load, take it away; then the other ways (root, debootstrap, systemd-nspawn)
	$(BIN)/python -m tests.campaigns.production.bare_machine
	$(BIN)/python -m tests.campaigns.production.bare_machine --other-ways

ansible: $(VENV)/dev  ## look over the plays of deploy/ansible, and try those for Google's cloud and an engine with programs that only write down
	$(BIN)/python -m pytest -q tests/campaigns/ansible/test_ansible.py
