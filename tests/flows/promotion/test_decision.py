"""The Resume dialog's form, and the order of decisions."""

import pytest
from pydantic import ValidationError

from flows.ledger import recorded
from flows.promotion.config import ProposeConfig
from flows.promotion.decision import FLOW, Decision, Verdict, verdict_of, verdicts
from tests.datasets.lakes import new_lake


def test_the_form_asks_for_a_choice_and_has_none_made():
    fields = Decision.model_json_schema()
    assert fields["required"] == ["decision"]
    assert fields["properties"]["decision"]["enum"] == ["approve", "reject"]
    assert "default" not in fields["properties"]["decision"]
    with pytest.raises(ValidationError):
        Decision(decision="maybe")


def test_decisions_come_the_latest_first_and_those_that_failed_do_not_come(tmp_path):
    lake = new_lake(tmp_path)
    config = ProposeConfig(lake=lake.uri, snapshot="a")
    made = [Verdict(name, "approve", "", "", f"run-{name}", "train/train") for name in "abc"]
    for verdict in made[:2]:
        with recorded(lake, FLOW, config, verdict):
            pass
    with pytest.raises(RuntimeError), recorded(lake, FLOW, config, made[2]):
        raise RuntimeError
    assert [each for _, each in verdicts(lake)] == [made[1], made[0]]
    assert (verdict_of(lake, "run-a"), verdict_of(lake, "run-c")) == (made[0], None)
