"""Which earlier snapshot a proposal is held against."""

import pytest

from datasets.lake import Lake
from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.promote import mark_promoted
from datasets.snapshots.snapshot import SnapshotError, open_snapshot
from datasets.takedown.tags import withdraw
from flows.ledger import recorded
from flows.promotion.comparison import changes, earlier_snapshot
from flows.promotion.config import ProposeConfig
from flows.promotion.decision import FLOW, Verdict
from tests.datasets.lakes import clip, new_lake, put_clips


@pytest.fixture
def lake(tmp_path) -> Lake:
    """Snapshots one to four; each has a clip more than the last, and all but `three` are promoted, in order."""
    lake = new_lake(tmp_path)
    for number, name in enumerate(("one", "two", "three", "four")):
        put_clips(lake, clip(f"c{number}", f"v{number}"))
        create_snapshot(lake, name, Choice())
        if name != "three":
            mark_promoted(lake, name)
    return lake


def earlier(lake: Lake, name: str, named: str | None = None) -> str | None:
    found = earlier_snapshot(lake, open_snapshot(lake, name), named)
    return found.name if found else None


def decided(lake: Lake, snapshot: str, decision: str) -> None:
    verdict = Verdict(snapshot, decision, "", "", f"run of {snapshot}", "train/train")
    with recorded(lake, FLOW, ProposeConfig(lake=lake.uri, snapshot=snapshot), verdict):
        pass


def test_without_approvals_it_is_the_one_promoted_last_before(lake):
    assert earlier(lake, "four") == "two"
    assert earlier(lake, "two") == "one"
    assert earlier(lake, "one") is None
    assert earlier(lake, "three") == "four"  # itself not promoted


def test_the_one_approved_last_comes_first_and_rejections_do_not_count(lake):
    decided(lake, "one", "approve")
    decided(lake, "two", "reject")
    assert earlier(lake, "four") == "one"
    decided(lake, "four", "approve")
    assert earlier(lake, "four") == "one"  # not itself
    assert earlier(lake, "three") == "four"


def test_one_that_was_withdrawn_is_passed_over_and_refused_where_it_is_named(lake):
    create_snapshot(lake, "rest", Choice(where="clip_id = 'c3'"))
    decided(lake, "one", "approve")
    withdraw(lake, ["v0"])  # in all but `rest`
    assert earlier(lake, "rest") is None
    with pytest.raises(SnapshotError, match=r"one of .* is withdrawn"):
        earlier(lake, "rest", "one")


def test_changes_are_counted_from_the_one_named(lake):
    found = changes(lake, open_snapshot(lake, "four"), "one")
    assert found is not None
    assert (found.first.name, found.added, found.removed) == ("one", ("c1", "c2", "c3"), ())
    assert changes(lake, open_snapshot(lake, "one")) is None
