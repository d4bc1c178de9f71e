"""Ray and the Prefect worker on Kubernetes."""

import copy
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.files import DEPLOY, constraint, documents, product_image

FOLDER = DEPLOY / "kubernetes"
CLUSTER = documents(FOLDER / "raycluster.yaml")[0]
HEAD = CLUSTER["spec"]["headGroupSpec"]
GROUPS = {group["groupName"]: group for group in CLUSTER["spec"]["workerGroupSpecs"]}
WORKER = documents(FOLDER / "worker.yaml")[0]


def ray_pods() -> list[dict[str, Any]]:
    return [group["template"]["spec"] for group in (HEAD, *GROUPS.values())]


def every_pod() -> list[dict[str, Any]]:
    return [*ray_pods(), WORKER["spec"]["template"]["spec"]]


def test_ray_has_the_version_of_the_constraints():
    assert CLUSTER["spec"]["rayVersion"] == constraint("ray")


def test_nobody_without_the_token_is_heard():
    assert CLUSTER["spec"]["authOptions"] == {"mode": "token", "secretName": "emo2-ray"}


def test_every_pod_runs_the_same_image_gpus_its_build_for_cuda():
    images = [pod["containers"][0]["image"] for pod in every_pod()]
    assert images == [product_image(), product_image(), f"{product_image()}-cuda", product_image()]


def test_cpu_and_gpu_groups_grow_from_nothing_and_the_head_takes_no_tasks():
    assert CLUSTER["spec"]["enableInTreeAutoscaling"] is True
    assert HEAD["rayStartParams"]["num-cpus"] == "0"
    assert {name: (group["minReplicas"], group["maxReplicas"]) for name, group in GROUPS.items()} == {
        "cpu": (0, 10),
        "gpu": (0, 4),
    }
    limits = {
        name: group["template"]["spec"]["containers"][0]["resources"]["limits"]
        for name, group in GROUPS.items()
    }
    assert limits["gpu"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in limits["cpu"]


def test_ray_counts_what_a_pod_really_gets():
    """KubeRay tells Ray the limits; a lower request would let the node be oversold."""
    for pod in ray_pods():
        resources = pod["containers"][0]["resources"]
        assert resources["limits"] == resources["requests"]


def test_the_object_store_has_shared_memory_within_the_pods_own():
    def gib(quantity: str) -> int:
        return int(quantity.removesuffix("Gi"))

    for pod in ray_pods():
        container, (volume,) = pod["containers"][0], pod["volumes"]
        assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/dev/shm"}]
        assert volume["emptyDir"]["medium"] == "Memory"
        assert gib(volume["emptyDir"]["sizeLimit"]) <= gib(container["resources"]["limits"]["memory"]) / 4


def test_every_pod_gets_the_lakes_keys_from_one_secret():
    for pod in every_pod():
        assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "emo2-lake"}}]


def test_no_pod_is_privileged_and_only_the_heads_autoscaler_may_ask_kubernetes():
    for pod in every_pod():
        assert pod["securityContext"]["runAsNonRoot"] is True
        confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert pod["containers"][0]["securityContext"] == confined
    assert [pod["automountServiceAccountToken"] for pod in every_pod()] == [True, False, False, False]


def test_the_worker_reaches_the_head_by_its_service_with_the_same_token():
    environment = {
        entry["name"]: entry for entry in WORKER["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert environment["RAY_ADDRESS"]["value"] == f"ray://{CLUSTER['metadata']['name']}-head-svc:10001"
    assert environment["RAY_AUTH_MODE"]["value"] == CLUSTER["spec"]["authOptions"]["mode"]
    assert environment["RAY_AUTH_TOKEN"]["valueFrom"]["secretKeyRef"] == {
        "name": CLUSTER["spec"]["authOptions"]["secretName"],
        "key": "auth_token",
    }
    assert {"name": "client", "containerPort": 10001} in HEAD["template"]["spec"]["containers"][0]["ports"]


def test_the_worker_authenticates_over_tls_and_confines_its_runs():
    environment = {
        entry["name"]: entry for entry in WORKER["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert "secretKeyRef" in environment["PREFECT_API_AUTH_STRING"]["valueFrom"]
    literals = documents(FOLDER / "kustomization.yaml")[0]["configMapGenerator"][0]["literals"]
    assert literals[0].startswith("api_url=https://")
    assert literals[1].startswith("roots=")
    assert environment["EMO2_ROOTS"]["valueFrom"]["configMapKeyRef"] == {
        "name": "emo2-worker",
        "key": "roots",
    }


def test_from_outside_only_the_worker_reaches_ray_and_only_rays_client_port():
    ray, worker = documents(FOLDER / "network-policy.yaml")
    assert ray["spec"]["podSelector"]["matchLabels"] == {"ray.io/cluster": CLUSTER["metadata"]["name"]}
    among, outside = ray["spec"]["ingress"]
    assert among == {"from": [{"podSelector": ray["spec"]["podSelector"]}]}
    assert outside["from"] == [
        {"podSelector": {"matchLabels": WORKER["spec"]["template"]["metadata"]["labels"]}}
    ]
    assert outside["ports"] == [{"protocol": "TCP", "port": 10001}]
    assert "ingress" not in worker["spec"]  # nobody connects to it
    assert not [
        path
        for path in FOLDER.glob("*.yaml")
        if re.search("NodePort|LoadBalancer|hostPort", path.read_text())
    ]


def test_a_registry_and_an_address_of_ones_own_reach_every_pod():
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    built = subprocess.run(
        ["kubectl", "kustomize", FOLDER], capture_output=True, text=True, check=True
    ).stdout
    images = set(re.findall(r"image: (\S+)", built))
    assert images == {f"registry.example.org/{product_image()}{build}" for build in ("", "-cuda")}
    kinds = {document["kind"]: document for document in yaml.safe_load_all(built)}
    assert set(kinds) == {"ConfigMap", "Deployment", "NetworkPolicy", "RayCluster"}
    assert {document["metadata"]["namespace"] for document in kinds.values()} == {"emo2"}
    container = kinds["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    named = {
        entry.get("valueFrom", {}).get("configMapKeyRef", {}).get("name") for entry in container["env"]
    } - {None}
    assert named == {kinds["ConfigMap"]["metadata"]["name"]}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """What KubeRay accepts as a RayCluster, unknown fields refused."""
    path = os.environ.get("EMO2_RAYCLUSTER_CRD")
    if not path:
        pytest.skip("EMO2_RAYCLUSTER_CRD names no ray.io_rayclusters.yaml (github.com/ray-project/kuberay)")
    versions = yaml.safe_load(Path(path).read_text())["spec"]["versions"]
    found = next(version for version in versions if version["name"] == "v1")["schema"]["openAPIV3Schema"]
    found["properties"]["metadata"] = {"type": "object", "properties": {"name": {"type": "string"}}}
    return strict(found)


def strict(schema: Any) -> Any:
    """With Kubernetes' own extensions put into JSON Schema's words."""
    if isinstance(schema, list):
        return [strict(below) for below in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: strict(below) for key, below in schema.items()}
    if changed.get("type") == "object" and "properties" in changed:
        changed.setdefault("additionalProperties", bool(changed.get("x-kubernetes-preserve-unknown-fields")))
    if changed.get("x-kubernetes-int-or-string"):
        changed.pop("type", None)
    return changed


def test_the_cluster_follows_kuberays_schema(schema: dict[str, Any]):
    import jsonschema

    jsonschema.Draft202012Validator(schema).validate(CLUSTER)
    mistaken = copy.deepcopy(CLUSTER)
    mistaken["spec"]["workerGroupSpecs"][0]["maxReplica"] = 3
    with pytest.raises(jsonschema.ValidationError, match="maxReplica"):
        jsonschema.Draft202012Validator(schema).validate(mistaken)


def test_the_workers_pod_follows_the_same_schema_of_pods(schema: dict[str, Any]):
    import jsonschema

    pod = schema["properties"]["spec"]["properties"]["headGroupSpec"]["properties"]["template"]["properties"][
        "spec"
    ]
    jsonschema.Draft202012Validator(pod).validate(WORKER["spec"]["template"]["spec"])
