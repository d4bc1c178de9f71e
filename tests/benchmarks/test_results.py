import json

from rich.console import Console

from benchmarks.results import Row, held_row, report


def test_rows_are_written_with_all_their_fields(tmp_path):
    row = held_row("F1", 0.9, "", 0.8, better="higher", parts={"rival": 0.8})
    path = report("cuts", [row], folder=tmp_path, console=Console(quiet=True))
    assert path == tmp_path / "cuts.json"
    assert json.loads(path.read_text()) == [
        {"measure": "F1", "value": 0.9, "unit": "", "target": 0.8, "met": True, "parts": {"rival": 0.8}}
    ]


def test_a_target_is_met_from_its_own_side():
    assert held_row("cost", 0.3, "ms", 0.25, better="lower").met is False
    assert held_row("cost", 0.25, "ms", 0.25, better="lower").met is True
    assert held_row("share", 0.3, "", 0.25, better="higher").met is True
    assert held_row("share", 0.2, "", 0.25, better="higher").met is False


def test_a_row_without_target_is_neither_met_nor_missed():
    assert Row("frames", 12.0, "").met is None
