"""The second half of a failed run's message."""

from flows.run_page.next_step import GOES_ON, with_next_step


def test_a_step_is_added_once():
    assert with_next_step("it broke.") == f"it broke; {GOES_ON}"
    assert with_next_step(with_next_step("it broke")) == f"it broke; {GOES_ON}"
