"""The files of deploy/, as Compose, Kubernetes and systemd would read them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
EXAMPLE = {"EMO2_HOST": "prefect.example.org"}  # the one setting that has no default


def every_file() -> list[Path]:
    """All that git would keep: what is made on the machine that serves (secrets, backups) is left out."""
    made = {"secrets", "backups"}
    paths = (path for path in sorted(DEPLOY.rglob("*")) if path.is_file())
    return [path for path in paths if not made & set(path.parts) and path.name != ".env"]


def documents(path: Path) -> list[dict[str, Any]]:
    """Every YAML document of a file."""
    return list(yaml.safe_load_all(path.read_text()))


def compose(settings: Mapping[str, str] = EXAMPLE) -> dict[str, Any]:
    """compose.yaml with its variables replaced from `settings`."""
    plain = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    return _replaced(plain, settings)


def constraint(package: str) -> str:
    """The version that constraints.txt gives a package."""
    found = re.search(rf"^{package}==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert found, f"constraints.txt names no {package}"
    return found[1]


def product_image() -> str:
    """The image's name at the version of pyproject.toml."""
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return f"emo2:{found[1]}"


def values(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of every leaf of a document."""
    if isinstance(node, dict) and {"name", "value"} == set(node):  # Kubernetes' form of a variable
        yield (*path, node["name"]), node["value"]
    elif isinstance(node, dict):
        for name, below in node.items():
            yield from values(below, (*path, str(name)))
    elif isinstance(node, list):
        for index, below in enumerate(node):
            yield from values(below, (*path, str(index)))
    else:
        yield path, node


def _replaced(node: Any, settings: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _replaced(below, settings) for name, below in node.items()}
    if isinstance(node, list):
        return [_replaced(below, settings) for below in node]
    return _interpolated(node, settings) if isinstance(node, str) else node


def _interpolated(text: str, settings: Mapping[str, str]) -> str:
    """Compose's own rules, as far as the file uses them: $$, ${NAME}, ${NAME:-default}, ${NAME:?why}."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        given = settings.get(found["name"], "")
        if not given and found["kind"] == ":?":
            raise KeyError(f"{found['name']}: {found['rest']}")
        return given or (found["rest"] or "" if found["kind"] == ":-" else "")

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?:(?P<kind>:-|:\?)(?P<rest>[^}]*))?\}", value, text)
