"""Every check stands for itself (flows.doctor.examine)."""

import threading

from flows.doctor.examine import CHECKS, examine, is_left_behind
from flows.doctor.finding import ok


def good(scope):
    yield ok("good", "as it should be")


def failing(scope):
    yield ok("failing", "the first half")
    raise RuntimeError("a library\nis broken")


def test_findings_come_in_the_order_of_the_checks(scope):
    found = examine(scope, {"b": lambda _: [ok("b", "")], "a": lambda _: [ok("a", "")]})
    assert [each.what for each in found] == ["b", "a"]


def test_a_check_that_fails_says_so_keeps_what_it_found_and_spares_the_others(scope):
    found = examine(scope, {"failing": failing, "good": good})
    assert [(each.what, each.state) for each in found] == [
        ("failing", "ok"),
        ("failing", "problem"),
        ("good", "ok"),
    ]
    assert found[1].text == "the check itself failed: RuntimeError: is broken"


def test_a_check_that_hangs_is_left_behind(scope):
    released = threading.Event()

    def hanging(scope):
        released.wait(30)
        return []

    found = examine(scope, {"hanging": hanging, "good": good}, deadline_s=0.2)
    assert is_left_behind()
    released.set()
    assert [(each.what, each.state) for each in found] == [("hanging", "warning"), ("good", "ok")]
    assert found[0].text.startswith("no answer within")


def test_everything_that_was_asked_for_is_looked_at():
    assert {
        *("Python", "packages", "ports", "disk", "memory", "codecs", "Ray", "Prefect server"),
        *("lake", "roots", "hand models", "hand backends", "Chromium", "GPU", "environments"),
    } <= CHECKS.keys()
