# YesAnd. `make` lists the targets; `make demo` and `make test` do all set-up themselves.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3 || echo python3.11)
BIN := .venv/bin
DONE := .setup
LOCKS := requirements/dev.txt requirements/node.txt
BROWSER := $(shell find browser/src browser/*.mjs browser/*.json browser/.npmrc -type f 2>/dev/null | grep -v node_modules)
ARGS ?=

.PHONY: help setup test lint unit door db db15 flows docs browser demo serve rehearse bench lock wheel clean chromium line

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

setup: $(DONE)/python $(DONE)/bundle chromium line ## set everything up (seconds when nothing changed)

$(DONE)/python: $(LOCKS) pyproject.toml tools/setup_python.sh
	@PYTHON="$(PYTHON)" sh tools/setup_python.sh
	@mkdir -p $(DONE) && touch $@

$(DONE)/node: $(DONE)/python browser/package-lock.json tools/setup_browser.sh
	@sh tools/setup_browser.sh install
	@touch $@

$(DONE)/bundle: $(DONE)/node $(BROWSER)
	@sh tools/setup_browser.sh build
	@touch $@

chromium:
	@sh tools/setup_chromium.sh

line:
	@sh tools/setup_line.sh

test: setup ## everything that must hold; about ten minutes on two cores
	@$(BIN)/python tools/check.py $(ARGS) </dev/null

lint unit door db db15 flows docs: $(DONE)/python ## one part of the tests
	@$(BIN)/python tools/check.py $@ </dev/null

browser: setup ## the tests in a real Chromium
	@$(BIN)/python tools/check.py browser </dev/null

demo: setup ## start everything with robots that play; HTTPS=1 serves the local network
	@exec $(BIN)/yesand demo $(if $(filter 1 yes true,$(HTTPS)),--https) $(ARGS)

serve: setup ## start everything, empty
	@exec $(BIN)/yesand serve $(if $(filter 1 yes true,$(HTTPS)),--https) $(ARGS)

rehearse: setup ## one scene through real browsers: make rehearse ARGS="--left A.wav --right B.wav ..."
	@exec $(BIN)/yesand rehearse $(ARGS)

bench: setup ## measure the promises beside their peers
	@exec $(BIN)/yesand bench $(ARGS)

lock: $(DONE)/python ## compile requirements/*.txt again from pyproject.toml
	@sh tools/lock.sh

wheel: setup ## build the wheel, with the browser bundle inside
	@rm -rf build && $(BIN)/python -m build --wheel --outdir dist .

clean: ## remove what set-up and builds made; var/ stays
	rm -rf .venv $(DONE) build dist browser/node_modules src/yesand/web/static/built
