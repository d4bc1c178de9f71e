"""What a training is started with."""

from flows.promotion.config import ProposeConfig
from flows.promotion.launch import launch_parameters


def test_lake_and_snapshot_stand_over_the_proposals_parameters_and_these_over_the_deployments():
    proposal = ProposeConfig(
        lake="/lake",
        snapshot="all",
        parameters={"config": {"steps": 5, "lake": "/other"}, "note": "a"},
    )
    defaults = {"config": {"steps": 100, "width": 8, "lake": "/default"}, "seed": 1}
    assert launch_parameters(proposal, defaults) == {
        "config": {"steps": 5, "width": 8, "lake": "/lake", "snapshot": "all"},
        "note": "a",
        "seed": 1,
    }
    assert launch_parameters(ProposeConfig(lake="/lake", snapshot="all"), {}) == {
        "config": {"lake": "/lake", "snapshot": "all"}
    }
