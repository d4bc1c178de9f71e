from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from flows import cli

if TYPE_CHECKING:
    from tests.flows.prefect_station import Station


@pytest.fixture(scope="session")
def station(tmp_path_factory) -> "Iterator[Station]":
    """A real server and worker with the deployments of promotion; a training that nobody works on stands ready."""
    from tests.flows.prefect_station import station

    with station(tmp_path_factory.mktemp("station")) as made:
        made.prefect("--no-prompt", "deploy", "--name", "promote-snapshot", "--name", "propose-training")
        training = made.client.create_flow_from_name("train-stage1")
        made.client.create_deployment(training, "train-stage1", parameters={"config": {"steps": 100}})
        yield made


@pytest.fixture
def emo2(monkeypatch, capfd):
    """Runs the command line in this process; gives (exit code, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["emo2", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return run
