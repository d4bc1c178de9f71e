import sys
import time
from pathlib import Path

import pytest

from benchmarks.cpu import CommandFailed, measure

BUSY_S = 1.0

# Burns CPU seconds as counted by the process itself, so that a loaded machine changes nothing.
BURN = f"""
import os, signal, sys, time
def burn(seconds={BUSY_S}):
    while time.process_time() < seconds:
        pass
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", BURN + code]


def test_a_double_forked_child_is_counted_after_its_command_has_ended():
    orphan = "if os.fork() == 0:\n    if os.fork() == 0:\n        burn()\n    os._exit(0)"
    usage = measure(python(orphan))
    assert usage.cpu_s == pytest.approx(BUSY_S, abs=0.5)
    assert usage.unwaited_s == 0


def test_a_child_whose_parent_waits_for_nobody_is_counted():
    careless = (
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n    burn(); os._exit(0)\n"
        "try:\n    os.wait()  # returns when the child is gone, and learns nothing of it\n"
        "except ChildProcessError:\n    pass"
    )
    usage = measure(python(careless))
    assert usage.cpu_s == pytest.approx(BUSY_S, abs=0.5)
    assert usage.unwaited_s > 0.5 * BUSY_S


def test_children_that_were_waited_for_are_counted_once():
    usage = measure(python("if os.fork() == 0:\n    burn(); os._exit(0)\nos.wait()"))
    assert usage.cpu_s == pytest.approx(BUSY_S, abs=0.5)


def test_sleeping_costs_nothing():
    began_s = time.monotonic()
    usage = measure([sys.executable, "-c", "import time; time.sleep(1)"])
    assert time.monotonic() - began_s > 1
    assert usage.cpu_s < 0.5


def test_what_the_command_printed_comes_back():
    assert measure(["echo", "two words"]).stdout == "two words\n"


def test_a_command_that_fails_is_named_with_what_it_printed(tmp_path: Path):
    with pytest.raises(CommandFailed, match=r"ended with code 3[\s\S]*no such luck"):
        measure(python("print('no such luck'); sys.exit(3)"))
