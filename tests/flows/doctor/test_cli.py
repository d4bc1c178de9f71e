"""`emo2 doctor`, as a person and a program call it."""

import json

import pytest

from flows.doctor import examine
from flows.doctor.finding import ok, problem, warning


@pytest.fixture
def finds(monkeypatch):
    """Puts these findings in place of those of all checks."""

    def put(*findings):
        monkeypatch.setattr(examine, "CHECKS", {"one": lambda scope: findings})

    return put


def test_a_machine_in_order_ends_with_0(emo2, finds, tmp_path):
    finds(ok("Python", "3.11"), warning("GPU", "a torch for CPUs", "run `make setup TORCH=cuda`"))
    code, out, err = emo2("doctor", "--state", tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "ok       Python: 3.11",
        "warning  GPU: a torch for CPUs",
        "         -> run `make setup TORCH=cuda`",
        "0 problems, 1 warning, 1 in order",
    ]


def test_a_problem_ends_with_1(emo2, finds, tmp_path):
    finds(problem("port", "4200 is taken", "choose another"))
    code, out, _ = emo2("doctor", "--state", tmp_path)
    assert (code, "1 problem, 0 warnings, 0 in order" in out) == (1, True)


def test_programs_get_json(emo2, finds, tmp_path):
    finds(problem("port", "[4200] is taken", "choose another"))
    code, out, _ = emo2("doctor", "--json", "--state", tmp_path)
    assert code == 1
    assert json.loads(out) == {
        "findings": [
            {"what": "port", "state": "problem", "text": "[4200] is taken", "remedy": "choose another"}
        ],
        "counts": {"problem": 1},
    }
