"""The training that an approval starts: which deployment, and with which parameters."""

from collections.abc import Mapping
from typing import Any, cast

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from flows.promotion.config import ProposeConfig


def find_deployment(name: str) -> DeploymentResponse | None:
    """The deployment of this name; None where the server has none."""
    with get_client(sync_client=True) as client:
        try:
            return client.read_deployment_by_name(name)
        except ObjectNotFound:
            return None


def launch(config: ProposeConfig, deployment: DeploymentResponse, *, key: str) -> tuple[str, str]:
    """(id, name) of the run that was started; the same `key` never starts a second one."""
    run = cast(
        FlowRun,
        run_deployment(
            deployment.id,
            parameters=launch_parameters(config, deployment.parameters),
            timeout=0,
            as_subflow=False,  # it goes on long after this run has ended, and is not cancelled with it
            idempotency_key=key,
        ),
    )
    return str(run.id), run.name


def launch_parameters(config: ProposeConfig, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The deployment's own parameters, those of the proposal over them, and lake and snapshot in `config`."""
    merged = {**defaults, **config.parameters}
    own, asked = (dict(each.get("config") or {}) for each in (defaults, config.parameters))
    return merged | {"config": own | asked | {"lake": config.lake, "snapshot": config.snapshot}}
