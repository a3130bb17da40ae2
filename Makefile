# `make run` starts the app, `make test` runs every check; both make what they need first.

PYTHON ?= python3
BIN := .venv/bin
TEXTS := pages/parts/texts/locale

.PHONY: run test tests lint programs texts lock clean

run: .venv/run.stamp
	$(BIN)/fetal serve

# Two at a time: pip and mypy keep one core busy.
test:
	+$(MAKE) --no-print-directory --jobs 2 lint tests

tests: .venv/test.stamp programs
	$(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile

programs:
	.ci/chromium
	.ci/postgresql
	.ci/identity-provider

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/run.stamp: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14) and \
		"Python 3.11, 3.12 or 3.13 is needed, this is %d.%d. Name one: make run PYTHON=python3.13" \
		% sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-compile --requirement requirements.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	# On all cores, where pip would compile on one; a package may bring a file that is none.
	$(BIN)/python -m compileall -q -j 0 .venv/lib >.venv/compileall.log || true
	touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.txt
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@

# Brings the texts of the pages into the file of each other language; new ones wait untranslated.
texts:
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keywords mark \
		--keywords number:2,3 --add-location file --sort-by-file --no-wrap \
		--input-dirs . --output-file $(TEXTS)/pages.pot
	$(BIN)/pybabel --quiet update --domain pages --input-file $(TEXTS)/pages.pot \
		--output-dir $(TEXTS) --no-fuzzy-matching --ignore-obsolete --no-wrap \
		--ignore-pot-creation-date
	rm $(TEXTS)/pages.pot

# Pins every package for every Python and platform; needs `uv`.
lock:
	uv pip compile pyproject.toml --extra training --universal --python-version 3.11 \
		--no-header --no-annotate --quiet --upgrade --output-file requirements.txt
	# Of their own: s3fs wants older libraries than the newest TensorFlow brings.
	uv pip compile pyproject.toml --extra postgresql --extra s3 --universal --python-version 3.11 \
		--no-header --no-annotate --quiet --upgrade --output-file deploy/requirements-app.txt
	uv pip compile pyproject.toml --extra training --extra postgresql --extra s3 --universal \
		--python-version 3.11 --no-header --no-annotate --quiet --upgrade \
		--output-file deploy/requirements-worker.txt
	uv pip compile pyproject.toml --extra training --group dev --universal --python-version 3.11 \
		--no-header --no-annotate --quiet --constraint requirements.txt \
		--output-file requirements-dev.txt

clean:
	rm -rf .venv
