"""The forms of a promotion and of a proposal: what they refuse."""

import pytest

from flows.forms import FormError, checked
from flows.promotion.config import PromoteConfig, ProposeConfig

PROPOSAL = {"lake": "/lake", "snapshot": "all"}


def test_a_proposal_needs_a_snapshot_and_waits_three_days():
    assert checked(ProposeConfig, PROPOSAL).decide_within_h == 72
    with pytest.raises(FormError, match="Snapshot"):
        checked(ProposeConfig, {"lake": "/lake"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("decide_within_h", 0),
        ("decide_within_h", 721),
        ("deployment", "train-stage1"),
        ("parameters", {"config": 3}),
        ("compare_with", ""),
        ("unknown", 1),
    ],
)
def test_what_cannot_be_is_refused(field, value):
    with pytest.raises(FormError, match=field):
        checked(ProposeConfig, PROPOSAL | {field: value})


def test_a_promotion_reads_everything_unless_told():
    assert checked(PromoteConfig, {"lake": "/lake", "name": "all"}).read_all
    with pytest.raises(FormError, match="name"):
        checked(PromoteConfig, {"lake": "/lake", "name": ""})
