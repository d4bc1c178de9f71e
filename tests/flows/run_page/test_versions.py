"""What a run committed, held against the lake."""

import pytest

from datasets.lake import Lake
from flows.ledger import NoCounts, RunRecord
from flows.run_page.publish import Page, table_states
from flows.run_page.versions import versions
from tests.flows.report.conftest import fill


@pytest.fixture
def lake(tmp_path) -> Lake:
    made = Lake.open(tmp_path / "lake", create=True)
    fill(made, "clips", [{"clip_id": "a", "run_id": "r0"}])
    return made


def rows(page: Page, **columns) -> dict[str, dict]:
    return {row["table"]: row for row in versions(**columns)(page).content}


def test_versions_and_rows_before_and_after_are_told_and_which_are_this_run_s(lake):
    page = Page(lake, table_states(lake), RunRecord("r1", NoCounts()))
    before = lake.versions()
    fill(lake, "clips", [{"clip_id": clip, "run_id": "r1"} for clip in "bc"])
    fill(lake, "clips", [{"clip_id": "d", "run_id": "another"}])
    told = rows(page)
    assert told["clips"] == {
        "table": "clips",
        "version before": before["clips"],
        "version after": before["clips"] + 2,
        "rows before": 1,
        "rows after": 4,
        "rows added": 3,
        "rows of this run": 2,
    }
    assert told["videos"]["version before"] == told["videos"]["version after"] == before["videos"]
    assert told["clip_media"]["rows of this run"] == "–"  # its rows do not say which run made them


def test_a_version_that_was_removed_meanwhile_is_not_needed(lake):
    page = Page(lake, table_states(lake), RunRecord("r1", NoCounts()))
    fill(lake, "clips", [{"clip_id": "b", "run_id": "r1"}])
    lake.delete("clips", "clip_id = 'a'")
    lake.table("clips").cleanup_old_versions(older_than=None, retain_versions=1)
    assert rows(page)["clips"]["rows added"] == 0


def test_a_re_annotation_s_clips_are_those_whose_labels_it_wrote(lake):
    page = Page(lake, table_states(lake), RunRecord("r1", NoCounts()))
    source = {"name": "hands", "version": "1", "params_hash": "x", "run_id": "r1"}
    fill(lake, "clips", [{"clip_id": "b", "run_id": "r0", "hands_src": source}])
    assert rows(page, run_id_in={"clips": "hands_src.run_id"})["clips"]["rows of this run"] == 1


def test_a_run_that_never_began_and_changed_nothing_shows_no_table(lake):
    page = Page(lake, table_states(lake))
    assert versions()(page) is None
    fill(lake, "clips", [{"clip_id": "b"}])
    assert rows(page)["clips"]["rows of this run"] == "–"
