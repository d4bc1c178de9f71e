"""What annotators ask of the cluster, from the command line to Ray (flows.resource_options, flows.ray_tasks)."""

import pytest

from datasets.errors import UserError
from flows.ingest_config import IngestConfig
from flows.ray_tasks import resources_for
from flows.resource_options import resources_from


def config(**resources) -> IngestConfig:
    return IngestConfig(source="/a", lake="/l", annotators=("body", "fingerprint"), resources=resources)


def test_cpus_and_gpus_of_one_annotator_come_together():
    assert resources_from(["hands=2", "body=1.5"], ["hands=0.5"]) == {
        "hands": {"cpus": 2.0, "gpus": 0.5},
        "body": {"cpus": 1.5},
    }


@pytest.mark.parametrize("option", ["hands", "hands=", "hands=two"])
def test_what_is_no_pair_is_named(option):
    with pytest.raises(UserError, match=f"--cpus '{option}' is not an annotator and a number"):
        resources_from([option], [])


def test_a_task_asks_for_the_largest_share_among_its_annotators():
    assert resources_for(config(), ("body", "fingerprint")) == {"num_cpus": 1.0, "num_gpus": 0.0}
    asked = config(body={"cpus": 2}, fingerprint={"cpus": 1, "gpus": 0.25})
    assert resources_for(asked, ("body", "fingerprint")) == {"num_cpus": 2.0, "num_gpus": 0.25}
    assert resources_for(asked, ("fingerprint",)) == {"num_cpus": 1.0, "num_gpus": 0.25}
