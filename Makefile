# The two commands of README.md: `make quotes` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARTICLE ?= examples/articles/wechat-merchants.de.txt

.PHONY: quotes test check setup

quotes: setup
	$(BIN)/python examples/translate_article.py $(ARTICLE)

test: setup check
	$(BIN)/pytest -q --cov --cov-report=term:skip-covered

check: setup
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"  # --group needs it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable . --group test --group lint
	touch $@
