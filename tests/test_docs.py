"""The reference names everything there is."""

from pathlib import Path

import pytest

from annotators.framing import Thresholds
from datasets.reasons import Reason
from datasets.schema import TABLES
from flows.ingest_config import HandOptions, IngestConfig, MediaLimits

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_documented(table: str):
    page = (REFERENCE / "tables.md").read_text()
    provenance = ("_src", "_rev", "_inputs", "_digest")
    assert [n for n in TABLES[table].names if not n.endswith(provenance) and f"`{n}`" not in page] == []


def test_every_reason_is_documented():
    page = (REFERENCE / "tables.md").read_text()
    assert [reason for reason in Reason if f"`{reason.value}`" not in page] == []


def test_every_option_of_an_ingest_is_documented():
    page = (REFERENCE / "configuration.md").read_text()
    assert [name for name in IngestConfig.model_fields if f"`{name}`" not in page] == []


def test_every_option_of_the_hands_is_documented():
    page = (REFERENCE / "configuration.md").read_text()
    assert [name for name in HandOptions.model_fields if f"| `{name}` |" not in page] == []


def test_every_threshold_and_its_default_are_documented():
    page = (REFERENCE / "configuration.md").read_text()
    defaults = {name: field.default for name, field in Thresholds.model_fields.items()}
    assert [name for name, value in defaults.items() if f"| `{name}` | {value:g} |" not in page] == []


def test_every_media_limit_and_its_default_are_documented():
    page = (REFERENCE / "configuration.md").read_text()
    defaults = {name: field.default for name, field in MediaLimits.model_fields.items()}
    assert [name for name, value in defaults.items() if f"| `{name}` | {value:g} |" not in page] == []
