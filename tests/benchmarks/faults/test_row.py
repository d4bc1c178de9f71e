import io

from rich.console import Console

from benchmarks.faults.lakes import Difference
from benchmarks.faults.row import fault_row, not_done, show


def row(found=None, **facts):
    return fault_row("a fault", **{"times": 3, "found": found or Difference(), **facts})


def test_nothing_wrong_is_met():
    assert row(redone=8, at_most=8).met
    assert row().value == 0


def test_each_thing_that_went_wrong_is_not_met():
    wrong = [Difference(lost=1), Difference(doubled=1), Difference(changed=1)]
    assert [row(found).met for found in wrong] == [False, False, False]
    assert not row(redone=9, at_most=8).met
    assert not row(ends_wrong=["ended with 1"]).met


def test_a_fault_that_was_never_done_is_not_met():
    assert not row(times=0).met


def test_what_the_machine_does_not_allow_is_neither_met_nor_missed():
    assert not_done("a full disk", "no right to mount").met is None


def test_the_table_has_a_line_a_fault_and_what_else_is_to_be_told_below():
    console = Console(width=120, file=io.StringIO())
    show(
        [row(redone=2, at_most=8, recover_s=3.25, parts={"lakes": 4}), not_done("a full disk", "no mount")],
        console,
    )
    lines = console.file.getvalue().splitlines()
    (line,) = [line for line in lines if line.startswith("│ a fault")]
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [
        "a fault",
        "3",
        "0",
        "0",
        "0",
        "2",
        "8",
        "3.2",
        "yes",
    ]
    assert "a fault: lakes 4" in lines
    assert "a full disk: why no mount" in lines
