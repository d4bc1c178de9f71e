# emo2: `make ingest` runs the main job, `make test` the tests; both set up .venv first.

LAKE ?= $(if $(VIDEOS),lake,build/sample-lake)
EMO2 = .venv/bin/emo2
SAMPLE = build/sample/talker.mp4

.PHONY: help setup ingest test check bench bench-hands faults

help:
	@echo "make ingest                           render a short sample video and ingest it"
	@echo "make ingest VIDEOS=folder LAKE=folder ingest your videos"
	@echo "make test                             run the tests"
	@echo "make check                            lint and type check"
	@echo "make bench                            print and store the figures of benchmarks/"
	@echo "make faults                           break things on purpose and count what is lost (45 minutes)"
	@echo "make bench-hands                      only those of the hand annotation (up to 40 minutes)"

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt overrides.txt setup.sh
	@./setup.sh

ingest: setup $(if $(VIDEOS),,$(SAMPLE))
	@$(EMO2) ingest "$(if $(VIDEOS),$(VIDEOS),build/sample)" --lake "$(LAKE)"

$(SAMPLE): | setup
	@mkdir -p $(@D)
	@$(EMO2) talker $@ --truth $(@D)/talker.npz

test: setup
	@.venv/bin/python -m pytest

check: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: setup
	@.venv/bin/python -m benchmarks

bench-hands: setup
	@.venv/bin/python -m benchmarks hands

faults: setup
	@.venv/bin/python -m benchmarks faults $(if $(PART),--part $(PART))
