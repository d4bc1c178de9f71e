"""Registers pool, deployments and automations of this checkout with the server that Prefect's settings name.

What was declared at the last registration is kept on the server, in a variable for each deployment: only so can an
edit in the UI be told from a change of prefect.yaml, and both survive.
"""

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import VariableCreate, VariableUpdate, WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from datasets.errors import UserError
from flows.automations import kept_switches, register_automations
from flows.station import declared as prefect_yaml
from flows.station.engines import CHECKOUT, POOL
from flows.station.merge import MISSING, merged
from flows.station.schedules import settle_schedules

_VARIABLE = "emo2_declared_"
_PULL = "prefect.deployments.steps.set_working_directory"


def register_here() -> list[str]:
    """Register with the server of PREFECT_API_URL; sentences that tell what was done.

    What a person switched on or off, or edited on a deployment's page, stays, unless prefect.yaml names no such thing
    any more. Raises UserError where prefect.yaml cannot be registered.
    """
    told = prefect_yaml.read_declared(CHECKOUT / "prefect.yaml")
    with get_client(sync_client=True) as client:
        _ensure_pool(client)
        plans = [_Plan(client, deployment) for deployment in told["deployments"]]
        with kept_switches(client):
            _deploy({**told, "deployments": [plan.merged_deployment for plan in plans]})
        for plan in plans:
            plan.finish()
        automations = register_automations(client, CHECKOUT / "automations.yaml")
        names = [plan.name for plan in plans]
        return [f"deployments: {', '.join(names)}", *automations, *_vanished(client, names)]


class _Plan:
    """One deployment: what the file declares now, what it declared before, and what the server has."""

    def __init__(self, client: SyncPrefectClient, deployment: dict[str, Any]):
        self.name = str(deployment["name"])
        self._client = client
        self._deployment = deployment
        self._settings = prefect_yaml.settings(deployment, CHECKOUT)
        self._schedules = prefect_yaml.schedules(deployment)
        self._before = _read_memory(client, self.name)
        self._known = _read_deployment(client, self.name)

    @property
    def merged_deployment(self) -> dict[str, Any]:
        """For `prefect deploy`, which would undo edits and so never sees schedules."""
        given = self._merged_settings()
        pool = {**self._deployment.get("work_pool", {}), "job_variables": given.pop("job_variables")}
        rest = {key: value for key, value in self._deployment.items() if key != "schedules"}
        rest.setdefault("pull", [{_PULL: {"directory": str(CHECKOUT)}}])
        return {**rest, **given, "work_pool": pool}

    def finish(self) -> None:
        """After `prefect deploy`: the schedules, and what is remembered for the next registration."""
        known = _read_deployment(self._client, self.name)
        if known is None:
            raise UserError(
                f"the deployment {self.name} was not registered: see `prefect deploy -n {self.name}`"
            )
        before = self._before.get("schedules", self._schedules if self._known else {})
        settle_schedules(self._client, known.id, self._schedules, before)
        memory = {"settings": self._settings, "schedules": self._schedules}
        _write_memory(self._client, self.name, memory)

    def _merged_settings(self) -> dict[str, Any]:
        if self._known is None:
            return dict(self._settings)
        before = self._before.get("settings", self._settings)
        return {
            key: merged(
                declared_before=before.get(key, MISSING), edited=value, declared=self._settings.get(key)
            )
            for key, value in _shown(self._known).items()
        }


def _shown(deployment: DeploymentResponse) -> dict[str, Any]:
    limit = deployment.global_concurrency_limit
    options = deployment.concurrency_options
    strategy = {"collision_strategy": options.collision_strategy.value} if options else {}
    return {
        "parameters": deployment.parameters,
        "job_variables": deployment.job_variables,
        "description": deployment.description,
        "tags": deployment.tags,
        "paused": deployment.paused,
        "concurrency_limit": {"limit": limit.limit, **strategy} if limit else None,
    }


def _ensure_pool(client: SyncPrefectClient) -> None:
    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=POOL, type="process", base_job_template=template)
    with contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(pool)


def _deploy(declared: dict[str, Any]) -> None:
    """`prefect deploy --all` of these; raises UserError with its words where it fails."""
    from prefect.cli import app

    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(CHECKOUT):
        file = Path(folder) / "prefect.yaml"
        file.write_text(yaml.safe_dump(declared, sort_keys=False))
        arguments = ("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file))
        with _arguments(arguments), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = _exit_code(app)
    if code:
        raise UserError(f"prefect.yaml could not be registered: {said.getvalue().strip()}")


def _exit_code(command: Any) -> int:
    try:
        command()
    except SystemExit as ended:
        return int(ended.code or 0) if not isinstance(ended.code, str) else 1
    return 0


@contextlib.contextmanager
def _arguments(arguments: tuple[str, ...]) -> Iterator[None]:
    before, sys.argv = sys.argv, list(arguments)
    try:
        yield
    finally:
        sys.argv = before


def _vanished(client: SyncPrefectClient, names: list[str]) -> list[str]:
    """A sentence for each deployment that an earlier prefect.yaml declared and the server still has."""
    told = []
    for variable in client.read_variables():
        if not variable.name.startswith(_VARIABLE):
            continue
        name = json.loads(str(variable.value))["name"]
        if name in names:
            continue
        if _read_deployment(client, name):
            told.append(f"{name}: no longer in prefect.yaml, left as it is; delete it on its page in the UI")
        else:
            client.delete_variable_by_name(variable.name)
    return told


def _read_deployment(client: SyncPrefectClient, name: str) -> DeploymentResponse | None:
    with contextlib.suppress(ObjectNotFound):
        return client.read_deployment_by_name(f"{name}/{name}")
    return None


def _read_memory(client: SyncPrefectClient, name: str) -> dict[str, Any]:
    variable = client.read_variable_by_name(_variable(name))
    with contextlib.suppress(ValueError, TypeError):
        return dict(json.loads(str(variable.value))) if variable else {}
    return {}


def _write_memory(client: SyncPrefectClient, name: str, memory: dict[str, Any]) -> None:
    value = json.dumps({"name": name, **memory})
    known = client.read_variable_by_name(_variable(name))
    if known is None:
        client.create_variable(VariableCreate(name=_variable(name), value=value, tags=["emo2"]))
    elif known.value != value:
        client.update_variable(VariableUpdate(name=_variable(name), value=value))


def _variable(name: str) -> str:
    return _VARIABLE + name.replace("-", "_")
