"""Imports run one way: flows -> training -> datasets and flows -> annotators -> datasets."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "datasets": {"annotators", "training", "flows", "ray", "prefect"},
    "annotators": {"training", "flows", "ray", "prefect"},
    "training": {"annotators", "flows", "ray", "prefect"},
    "flows": {"tests", "benchmarks"},
}
MODULES = [path for layer in FORBIDDEN for path in sorted((ROOT / layer).rglob("*.py"))]


def imported(source: str) -> set[str]:
    """Top-level packages a module imports, at its head or inside a function."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    relative = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in plain | relative}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_what_its_layer_may(path: Path):
    layer = path.relative_to(ROOT).parts[0]
    assert not imported(path.read_text()) & FORBIDDEN[layer]


def test_the_check_sees_imports_in_every_form():
    source = "import ray.data\ndef f():\n    from prefect.states import State\n"
    assert imported(source) == {"ray", "prefect"}
