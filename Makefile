# emo2: `make ingest` runs the main job, `make test` the tests; both set up .venv first.

LAKE ?= $(if $(VIDEOS),lake,build/sample-lake)
EMO2 = .venv/bin/emo2
SAMPLE = build/sample/talker.mp4

.PHONY: help setup ingest up down test check screenshots bench bench-hands bench-speech speech-env faults

help:
	@echo "make ingest                           render a short sample video and ingest it"
	@echo "make ingest VIDEOS=folder LAKE=folder ingest your videos"
	@echo "make up [PORT= RAY_PORT= LAKE= ROOTS=] start the Prefect UI with a worker and Ray, on this machine alone"
	@echo "make down                             stop exactly that; history stays for the next make up"
	@echo "make test                             run the tests"
	@echo "make check                            lint and type check"
	@echo "make bench                            print and store the figures of benchmarks/"
	@echo "make faults                           break things on purpose and count what is lost (45 minutes)"
	@echo "make bench-hands                      only those of the hand annotation (up to 40 minutes)"
	@echo "make bench-speech                     only those of speech; build its environment first"
	@echo "make speech-env                       build the environment of the speech annotator (up to 9 GB, minutes)"

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt overrides.txt setup.sh
	@./setup.sh

ingest: setup $(if $(VIDEOS),,$(SAMPLE))
	@$(EMO2) ingest "$(if $(VIDEOS),$(VIDEOS),build/sample)" --lake "$(LAKE)"

$(SAMPLE): | setup
	@mkdir -p $(@D)
	@$(EMO2) talker $@ --truth $(@D)/talker.npz

# LAKE here is what the forms start with, and only where it was given: `ingest` has a default of its own.
up: setup
	@$(EMO2) up $(if $(PORT),--port "$(PORT)") $(if $(RAY_PORT),--ray-port "$(RAY_PORT)") \
	  $(if $(filter-out file,$(origin LAKE)),--lake "$(LAKE)") $(if $(ROOTS),--roots "$(ROOTS)")

down: setup
	@$(EMO2) down

test: setup
	@.venv/bin/python -m pytest

screenshots: setup
	@EMO2_SCREENSHOTS=docs/ui .venv/bin/python -m pytest tests/ui

check: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: setup
	@.venv/bin/python -m benchmarks

bench-hands: setup
	@.venv/bin/python -m benchmarks hands

bench-speech: setup
	@.venv/bin/python -m benchmarks speech

speech-env: setup
	@$(EMO2) env build speech

faults: setup
	@.venv/bin/python -m benchmarks faults $(if $(PART),--part $(PART))
