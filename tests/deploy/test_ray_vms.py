"""Ray on machines of one's own: systemd units, and `ray up`."""

import copy
import re
import shlex
from typing import Any

import jsonschema
import pytest
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.scripts.scripts import start

from tests.deploy.files import DEPLOY, documents

FOLDER = DEPLOY / "ray-vms"
LAUNCHED = documents(FOLDER / "cluster.yaml")[0]
INSIDE = range(6379, 6386)  # between the machines, with WORKERS
WORKERS = (20000, 20999)


def unit(name: str) -> dict[str, list[str]]:
    """Every setting of a systemd unit and its values."""
    joined = (FOLDER / name).read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", joined, re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def options(command: str) -> dict[str, Any]:
    """What `ray start` reads from a command line; raises where it would refuse."""
    arguments = shlex.split(command)
    return start.make_context(
        "ray start", arguments[arguments.index("start") + 1 :], resilient_parsing=False
    ).params


def ports(given: dict[str, Any]) -> set[int]:
    return {int(value) for name, value in given.items() if name.endswith("_port") and value}


HEADS = [unit("emo2-ray-head.service")["ExecStart"][0], LAUNCHED["head_start_ray_commands"][1]]
NODES = [unit("emo2-ray-node.service")["ExecStart"][0], LAUNCHED["worker_start_ray_commands"][1]]


def test_ray_up_accepts_the_cluster():
    prepared = prepare_config(copy.deepcopy(LAUNCHED))
    validate_config(prepared)
    assert prepared["max_workers"] == len(LAUNCHED["provider"]["worker_ips"])


def test_ray_up_would_refuse_a_mistake():
    with pytest.raises(jsonschema.ValidationError, match="worker_start_command"):
        validate_config(prepare_config(LAUNCHED | {"worker_start_command": []}))


@pytest.mark.parametrize("command", HEADS)
def test_a_head_takes_no_tasks_and_shows_its_dashboard_to_its_own_machine_only(command: str):
    given = options(command)
    assert given["head"]
    assert given["num_cpus"] == 0
    assert given["dashboard_host"] == "127.0.0.1"
    assert (given["port"], given["ray_client_server_port"]) == (6379, 10001)


@pytest.mark.parametrize("command", [*HEADS, *NODES])
def test_every_port_is_fixed_so_that_a_firewall_can_name_it(command: str):
    given = options(command)
    assert (given["min_worker_port"], given["max_worker_port"]) == WORKERS
    assert ports(given) - {8265, 10001, *WORKERS} <= set(INSIDE)
    fixed = ("node_manager_port", "object_manager_port", "runtime_env_agent_port", "metrics_export_port")
    assert [
        name
        for name in (*fixed, "dashboard_agent_grpc_port", "dashboard_agent_listen_port")
        if not given[name]
    ] == []


@pytest.mark.parametrize("command", NODES)
def test_a_node_joins_the_head(command: str):
    given = options(command)
    assert not given["head"]
    assert given["address"] in ("${RAY_HEAD}:6379", "$RAY_HEAD_IP:6379")


def test_every_process_asks_for_the_token():
    settings = (FOLDER / "ray.env.example").read_text()
    assert "\nRAY_AUTH_MODE=token\n" in settings
    assert "\nRAY_AUTH_TOKEN_PATH=/etc/emo2/ray_token\n" in settings
    for name in ("emo2-ray-head", "emo2-ray-node", "emo2-worker"):
        assert "/etc/emo2/ray.env" in unit(f"{name}.service")["EnvironmentFile"]
    for command in (*LAUNCHED["head_start_ray_commands"][1:], *LAUNCHED["worker_start_ray_commands"][1:]):
        assert "RAY_AUTH_MODE=token" in command
    assert "~/.ray/auth_token" in LAUNCHED["file_mounts"]  # where Ray looks unless told otherwise


def test_no_state_and_no_secret_travels_with_the_code():
    excluded = LAUNCHED["rsync_exclude"]
    assert {"**/.venv", "**/.emo2", "**/deploy/compose/secrets"} <= set(excluded)


def test_the_worker_is_on_a_node_of_the_cluster_that_it_names():
    worker = (FOLDER / "worker.env.example").read_text()
    head = re.search(r"^RAY_HEAD=(.+)$", (FOLDER / "ray.env.example").read_text(), re.MULTILINE)
    assert head
    assert f"\nRAY_ADDRESS={head[1]}:6379\n" in worker
    assert "\nPREFECT_API_URL=https://" in worker
    assert "\nEMO2_ROOTS=" in worker
    assert unit("emo2-worker.service")["After"] == ["network-online.target emo2-ray-head.service"]


@pytest.mark.parametrize("name", ["emo2-ray-head", "emo2-ray-node", "emo2-worker"])
def test_a_unit_runs_unprivileged_from_the_folder_that_all_machines_share(name: str):
    settings = unit(f"{name}.service")
    assert settings["User"] == ["emo2"]
    assert settings["NoNewPrivileges"] == ["true"]
    assert settings["WorkingDirectory"] == ["/opt/emo2"]
    assert settings["ExecStart"][0].startswith("/opt/emo2/.venv/bin/")
    assert settings["WantedBy"] == ["multi-user.target"]
