"""Counts as people read them: every number of the ledger under a name of its own, with its unit."""

from collections import Counter
from datetime import UTC, datetime

from datasets.lake import Lake
from datasets.upkeep.maintenance import Compacted
from datasets.upkeep.table_files import StoredFile
from datasets.upkeep.table_versions import Removed
from flows.accounting import Counts
from flows.costs import Costs, StageCost
from flows.ledger import NoCounts, RunRecord
from flows.reannotation.counts import ReannotateCounts
from flows.run_page.counts import counts, of_ingest, of_reannotation, of_snapshot, of_upkeep
from flows.run_page.publish import Page
from flows.upkeep.maintain_report import TableUpkeep, Upkeep, UpkeepCounts

COSTS = Costs({"survey": StageCost(10.5), "hands": StageCost(2.0, 3.0)}, held_core_s=40.25)
INGESTED = Counts(
    videos=6,
    videos_ingested=2,
    videos_known=1,
    videos_quarantined=2,
    videos_forgotten=1,
    clips=10,
    clips_kept=4,
    clips_filtered=3,
    clips_quarantined=2,
    clips_known=1,
    frames_kept=90_000,
    reasons=Counter(timeout=2, hands_hidden=3),
    costs=COSTS,
)


def test_an_ingest_tells_videos_clips_reasons_hours_and_cores():
    assert dict(of_ingest(INGESTED.as_dict())) == {
        "Videos that went in": 6,
        "Videos ingested": 2,
        "Videos known already": 1,
        "Videos quarantined": 2,
        "Videos taken down earlier, and left out": 1,
        "Clips cut": 10,
        "Clips kept": 4,
        "Clips filtered": 3,
        "Clips quarantined": 2,
        "Clips known already": 1,
        "Reason: hands hidden": 3,
        "Reason: timed out": 2,
        "Hours of clips kept": 1.0,
        "Core-seconds of work": 12.5,
        "Core-seconds that the run held the cluster's cores": 40.25,
        "GPU-seconds": 3.0,
    }


def test_a_re_annotation_tells_why_clips_were_stale():
    counted = ReannotateCounts(chosen=5, replaced=3, failed=1, gone=1, why=Counter({"another version": 5}))
    told = dict(of_reannotation(counted.as_dict()))
    assert (told["Stale clips chosen"], told["Clips with new labels"]) == (5, 3)
    assert told["Clips that failed, and keep the labels they had"] == 1
    assert told["Clips deleted or done by others meanwhile"] == 1
    assert told["Stale: another version"] == 5


def test_a_snapshot_tells_its_splits_and_what_is_stale_in_it():
    counted = {
        "clips": 7,
        "hours": 1.25,
        "videos": 2,
        "speakers": 1,
        "splits": {"train": 5, "val": 2, "test": 0},
        "splits_resolved": {"clips": 3},
        "stale": {"hands": 4, "body": 0},
        "empty": {"hands": 1, "body": 0},
    }
    told = dict(of_snapshot(counted))
    assert (told["Clips"], told["Hours"], told["Clips to train"], told["Clips to test"]) == (7, 1.25, 5, 0)
    assert (told["Clips with stale hands"], told["Clips with no hands"]) == (4, 1)
    assert not any("body" in what for what in told)


def test_an_upkeep_tells_the_whole_lake_then_the_tables_where_something_was_done():
    orphan = StoredFile("data/x.lance", 10, datetime.now(UTC))
    clips = TableUpkeep("clips", Compacted(5, 2, 3_000_000), Removed(4, 500_000), (orphan,), 1)
    runs = TableUpkeep("runs", Compacted(1, 1, 0), Removed(0, 0), ())
    told = dict(of_upkeep(UpkeepCounts(Upkeep(False, (clips, runs), runs_ended=2)).as_dict()))
    assert (told["Fragments merged"], told["Megabytes rewritten"]) == (3, 3.0)
    assert (told["Old versions removed"], told["Megabytes freed"]) == (4, 0.5)
    assert (told["Orphan files found"], told["Orphan files deleted"]) == (1, 1)
    assert told["Killed runs marked as failed"] == 2
    assert told["clips: fragments merged"] == 3
    assert not any(what.startswith("runs:") for what in told)
    dry = dict(of_upkeep(UpkeepCounts(Upkeep(True, (clips,))).as_dict()))
    assert dry["Fragments merged (would be)"] == 3


def test_numbers_stay_whole_or_get_three_decimals():
    table = counts(of_ingest, "told")(Page(Lake("/none"), {}, RunRecord("r", INGESTED)))
    assert (table.key, table.description) == ("counts", "told")
    assert {"what": "Clips kept", "count": 4} in table.content
    small = Counts(frames_kept=25, costs=Costs({"survey": StageCost(1.23456)}))
    rows = counts(of_ingest, "")(Page(Lake("/none"), {}, RunRecord("r", small))).content
    told = {row["what"]: row["count"] for row in rows}
    assert (told["Hours of clips kept"], told["Core-seconds of work"]) == (0.000278, 1.235)


def test_a_run_that_has_counted_nothing_shows_no_table():
    piece = counts(of_ingest, "told")
    assert piece(Page(Lake("/none"), {})) is None
    assert piece(Page(Lake("/none"), {}, RunRecord("r", NoCounts()))) is None
