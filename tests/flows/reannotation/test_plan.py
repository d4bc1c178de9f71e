from collections import Counter

import pytest

from datasets.identity import params_hash
from datasets.selection import SelectionError
from datasets.staleness import NEVER, StaleClip, Wanted
from flows.reannotation.plan import Plan, batches, plan_reannotation
from tests.flows.stale_lakes import append, clip_row, stale_lake

SPEECH = Wanted("speech", "1", params_hash({}), ("body",))


def clip_ids(plan: Plan) -> list[list[list[str]]]:
    return [[[clip.clip_id for clip in clips] for clips in shard.fragments.values()] for shard in plan.shards]


def test_a_shard_is_made_of_whole_fragments(tmp_path):
    lake = stale_lake(tmp_path, 2, 1, 3, 1)
    plan = plan_reannotation(lake.table("clips"), SPEECH, clips_per_shard=3)
    assert clip_ids(plan) == [
        [["clip000", "clip001"], ["clip002"]],
        [["clip003", "clip004", "clip005"]],
        [["clip006"]],
    ]
    assert [shard.name for shard in plan.shards] == ["shard-0000", "shard-0001", "shard-0002"]
    assert (plan.n_clips, plan.waiting, plan.why) == (7, 0, Counter({NEVER: 7}))
    assert plan.version == lake.table("clips").version


def test_where_and_limit_choose_clips_and_waiting_ones_are_counted_apart(tmp_path):
    lake = stale_lake(tmp_path, 4)
    append(lake, clip_row(4, body_src=None), clip_row(5))
    plan = plan_reannotation(
        lake.table("clips"), SPEECH, where="clip_id > 'clip001'", limit=3, clips_per_shard=128
    )
    assert clip_ids(plan) == [[["clip002", "clip003"], ["clip005"]]]
    assert plan.waiting == 1


def test_a_second_round_takes_only_the_clips_it_is_told(tmp_path):
    lake = stale_lake(tmp_path, 4)
    plan = plan_reannotation(lake.table("clips"), SPEECH, only={"clip001", "gone"}, clips_per_shard=128)
    assert clip_ids(plan) == [[["clip001"]]]


def test_the_same_work_has_the_same_id_and_other_work_another(tmp_path):
    lake = stale_lake(tmp_path, 2, 2)

    def ids(wanted: Wanted = SPEECH, **choice) -> list[str]:
        plan = plan_reannotation(lake.table("clips"), wanted, clips_per_shard=2, **choice)
        return [shard.shard_id for shard in plan.shards]

    first = ids()
    assert len(set(first)) == 2
    append(lake, clip_row(9))
    assert ids()[:2] == first
    assert ids(limit=1)[0] not in first
    assert not set(ids(Wanted("speech", "2", params_hash({}), ("body",)))) & set(first)
    lake.delete("clips", "clip_id = 'clip000'")
    assert ids()[0] != first[0]


def test_a_selection_that_is_no_sql_is_told_apart_from_an_empty_one(tmp_path):
    lake = stale_lake(tmp_path, 2)
    with pytest.raises(SelectionError, match="has no column splt; did you mean split"):
        plan_reannotation(lake.table("clips"), SPEECH, where="splt = 'val'", clips_per_shard=2)
    assert (
        plan_reannotation(lake.table("clips"), SPEECH, where="split = 'no'", clips_per_shard=2).shards == ()
    )


def test_a_batch_holds_as_many_clips_as_its_frames_allow():
    clips = [StaleClip(str(i), n, 0, NEVER, False) for i, n in enumerate((100, 200, 300, 900, 50))]
    assert [[clip.n_frames for clip in batch] for batch in batches(clips, 300)] == [
        [100, 200],
        [300],
        [900],
        [50],
    ]
