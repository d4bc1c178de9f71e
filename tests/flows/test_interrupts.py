"""Signals and tidying up (flows.interrupts)."""

import os
import signal
import subprocess
import sys

import pytest

from flows.interrupts import deferred_signals, sigterm_kept

_PROGRAM = """
import logging, os, signal, time
from flows.interrupts import stopped_by_signals
with stopped_by_signals():
    try:
        os.kill(os.getpid(), signal.{name})
    finally:
        for _ in range(3):
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
        logging.getLogger("engine").error("interrupted")
        print("tidied")
"""


def test_a_signal_inside_a_deferred_block_is_delivered_after_it():
    done = []

    @deferred_signals()
    def step() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_deferred_block_without_a_signal_changes_nothing():
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with deferred_signals():
        pass
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_a_sigterm_that_a_library_makes_an_exit_reaches_the_handler_that_was_there():
    class Told(BaseException):
        pass

    def tell(*_: object) -> None:
        raise Told

    @sigterm_kept()
    def library() -> None:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(number))
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, tell)
    try:
        with pytest.raises(Told):
            library()
        assert signal.getsignal(signal.SIGTERM) is tell
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_stopped_program_tidies_up_once_and_says_one_line(name, code):
    run = subprocess.run([sys.executable, "-c", _PROGRAM.format(name=name)], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (code, "tidied\n")
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("emo2: stopped")
