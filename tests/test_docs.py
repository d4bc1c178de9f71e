"""The reference names everything there is."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from datasets.reasons import Reason
from datasets.schema import TABLES
from tests.flows.forms_of_flows import all_flows, all_models

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
CONFIGURATION = (REFERENCE / "configuration.md").read_text()
LAYERS = ("flows", "annotators", "datasets", "training")


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_documented(table: str):
    page = (REFERENCE / "tables.md").read_text()
    provenance = ("_src", "_rev", "_inputs", "_digest")
    assert [n for n in TABLES[table].names if not n.endswith(provenance) and f"`{n}`" not in page] == []


def test_every_reason_is_documented():
    page = (REFERENCE / "tables.md").read_text()
    assert [reason for reason in Reason if f"`{reason.value}`" not in page] == []


@pytest.mark.parametrize("form", sorted(all_models(), key=lambda form: form.__name__))
def test_every_field_of_every_form_is_documented_with_its_default(form: type[BaseModel]):
    rows = _rows_below(str(form.model_config["title"]))
    assert rows.keys() == form.model_fields.keys()
    wrong = {
        name: _default(field)
        for name, field in form.model_fields.items()
        if _default(field) not in rows[name]
    }
    assert wrong == {}


def _rows_below(heading: str) -> dict[str, list[str]]:
    """Field -> the other cells of its row, in the section of this heading."""
    (section,) = re.findall(
        rf"^##+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", CONFIGURATION, re.DOTALL | re.MULTILINE
    )
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line[:3] == "| `"
    ]
    return {first.strip("`"): cells for first, *cells in rows}


def _default(field: FieldInfo) -> str:
    """As the page writes it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        anchor = str(value.model_config["title"]).lower().replace(" ", "-")
        return f"[its fields](#{anchor})"
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if type(value) in (int, float) else str(value).lower()


@pytest.mark.parametrize("flow", all_flows(), ids=lambda flow: flow.name)
def test_every_deployment_is_documented(flow):
    assert f"`{flow.name}`" in CONFIGURATION


def test_every_variable_of_ours_that_is_read_is_documented():
    sources = [path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")]
    read = {name for path in sources for name in re.findall(r"EMO2_[A-Z_]+", path.read_text())}
    assert [name for name in sorted(read) if f"| `{name}` |" not in CONFIGURATION] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_of_the_pages_are_there(page: Path):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    files = [target for target in targets if "://" not in target]
    assert [file for file in files if not (page.parent / file).exists()] == []
