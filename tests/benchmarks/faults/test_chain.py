"""Chains of stopped runs, of a program that does nothing but last a while."""

import os
import sys
import time
from pathlib import Path
from random import Random

import pytest

from benchmarks.faults.chain import at_age, at_commit, chained, random_ages, random_commits
from benchmarks.faults.driver import Command
from benchmarks.faults.lakes import contents
from datasets.lake import Lake
from datasets.rows import table_of

LASTS_S = 0.6


@pytest.fixture
def lake(tmp_path) -> Path:
    made = Lake.open(tmp_path / "lake", create=True)
    made.append("clips", made.write_fragments("clips", table_of("clips", [{"clip_id": "a"}])))
    return tmp_path / "lake"


@pytest.fixture
def start(tmp_path):
    """Starts the program; `started` counts how often."""

    def program(lake: Path, code: str = f"import time; time.sleep({LASTS_S})") -> Command:
        program.started += 1
        return Command([sys.executable, "-S", "-c", code], log=tmp_path / "log", env={})

    program.started = 0
    return program


def test_runs_are_stopped_at_their_moments_until_one_completes(start, lake):
    moments = iter([at_age(0.1), at_age(0.2), at_age(60), at_age(0.1)])
    chain = chained(start, lake, moments, 10, contents(lake))
    assert len(chain.stopped) == 2
    assert start.started == 3
    assert chain.seconds > 0.1 + 0.2 + LASTS_S
    assert (chain.found.lost, chain.found.doubled, chain.found.changed) == (0, 0, 0)
    assert chain.redone == (0, 0)
    assert chain.ends_wrong == ()


def test_no_more_runs_are_stopped_than_asked_for_and_the_last_one_completes(start, lake):
    chain = chained(start, lake, random_ages(Random(0), 0.1), 3, contents(lake))
    assert len(chain.stopped) == 3
    assert start.started == 4


def test_a_run_that_fails_by_itself_is_told(start, lake):
    fails = lambda lake: start(lake, "import sys; sys.exit('no room')")  # noqa: E731
    (told,) = chained(fails, lake, iter([at_age(60)]), 1, contents(lake)).ends_wrong
    assert "ended with 1" in told
    assert "no room" in told


def test_a_moment_at_a_commit_comes_when_the_table_changes(start, lake):
    os.utime(lake / "clips" / "_versions", (1, 1))
    code = (
        f"import os, time; time.sleep(0.3); os.utime({str(lake / 'clips' / '_versions')!r}); time.sleep(30)"
    )
    command = start(lake, code)
    began_s = time.monotonic()
    assert at_commit(lake, "clips", 0)(command)
    assert 0.2 < time.monotonic() - began_s < 20
    command.end()


def test_a_commit_that_never_comes_ends_with_the_run(start, lake):
    (moment,) = [next(random_commits(Random(0), lake, ["clips"]))]
    assert not moment(start(lake))
