"""Buckets of a small lake whose motion is known."""

from pathlib import Path

import numpy as np
import pytest

from datasets.lake import Lake, LakeError
from datasets.motion.buckets import BucketsError
from datasets.motion.freshness import bucket_state
from datasets.motion.store import BucketChoice, load_buckets
from datasets.motion.windows import motion_sums
from datasets.rows import table_of
from flows.buckets import compute_buckets

FOUR = BucketChoice(window_frames=20, stride_frames=20, count=4)


def clip(
    number: int, size_m: float, *, seen: slice = slice(None), split: str = "train", keep: bool = True
) -> dict:
    """A clip of 60 frames whose left hand goes round a circle of this radius every 20 frames."""
    angle = 2 * np.pi * np.arange(60) / 20
    places, counted = np.zeros((60, 2, 3)), np.zeros((60, 2), bool)
    places[:, 0, :2] = size_m * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    counted[seen, 0] = True
    source = {"name": "motion", "version": "2", "params_hash": "0", "run_id": "r", "at": None}
    return {
        "clip_id": f"{split}{number}", "split": split, "keep": keep, "n_frames": 60,
        "motion_sums": motion_sums(places, counted).tolist(), "motion_src": source,
    }  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def put(lake: Lake, *rows: dict) -> int:
    return lake.append("clips", lake.write_fragments("clips", table_of("clips", rows)))


RADII_M = np.exp(np.linspace(-5, -1, 40))


def test_edges_are_quantiles_of_the_windows_of_both_hands(lake):
    put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    made = compute_buckets(lake, FOUR)
    assert (made.clips, made.windows_left, made.windows_right) == (40, 120, 0)
    assert made.motion_versions == ("2",)
    variance_m2, speed_m_s = RADII_M**2, 25 * 2 * RADII_M * np.sin(np.pi / 20)
    assert np.bincount(made.variance.bucket_of(variance_m2)).tolist() == [10, 10, 10, 10]
    assert np.bincount(made.speed.bucket_of(speed_m_s)).tolist() == [10, 10, 10, 10]
    assert np.exp([made.variance.edges[0], made.variance.edges[-1]]) == pytest.approx(
        variance_m2[[0, -1]], rel=2e-3
    )


def test_only_kept_train_clips_count(lake):
    put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    alone = compute_buckets(lake, FOUR)
    put(lake, clip(0, 3.0, split="val"), clip(1, 3.0, split="test"), clip(99, 3.0, keep=False))
    both = compute_buckets(lake, FOUR)
    assert (both.variance, both.speed, both.clips) == (alone.variance, alone.speed, alone.clips)


def test_the_order_and_the_fragments_of_the_clips_do_not_matter(lake, tmp_path):
    put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    other = Lake.open(tmp_path / "other", create=True)
    for number, radius in reversed(list(enumerate(RADII_M))):
        put(other, clip(number, radius))
    assert compute_buckets(lake, FOUR).variance == compute_buckets(other, FOUR).variance


def test_a_version_stays_what_it_was_while_the_lake_grows(lake):
    version = put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    before = compute_buckets(lake, FOUR)
    put(lake, *(clip(100 + number, 3 * radius) for number, radius in enumerate(RADII_M)))
    assert compute_buckets(lake, FOUR, version=version) == before
    assert compute_buckets(lake, FOUR).id != before.id


def test_buckets_say_which_motion_they_were_made_of(lake):
    version = put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    put(lake, clip(100, 0.3))
    old, new = compute_buckets(lake, FOUR, version=version), compute_buckets(lake, FOUR)
    assert (bucket_state(lake, old), bucket_state(lake, new)) == ("stale", "current")


def test_windows_in_which_a_hand_is_hardly_seen_do_not_count(lake):
    put(lake, *(clip(number, radius, seen=slice(0, 29)) for number, radius in enumerate(RADII_M)))
    assert compute_buckets(lake, FOUR).windows_left == 40  # of 3 windows 20, 9 and 0 frames are seen


def test_a_clip_shorter_than_the_window_counts_whole_and_once(lake):
    put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    whole = compute_buckets(lake, BucketChoice(count=4))
    assert (whole.window_frames, whole.stride_frames, whole.windows_left) == (300, 150, 40)


def test_a_window_weighs_as_much_as_the_frames_in_which_its_hand_is_seen(lake):
    calm, lively = RADII_M[:20], RADII_M[20:]
    put(lake, *(clip(number, radius) for number, radius in enumerate(calm)))
    put(lake, *(clip(20 + number, radius, seen=slice(0, 30)) for number, radius in enumerate(lively)))
    made = compute_buckets(lake, BucketChoice(count=4))
    middle = made.variance.edges[
        2
    ]  # two thirds of the weight is calm: half of it lies at three quarters of those
    assert middle == pytest.approx(2 * np.log(calm[14]), abs=0.01)


def test_progress_ends_at_all_clips_also_those_without_motion(lake):
    rows = [clip(number, radius) for number, radius in enumerate(RADII_M)]
    put(lake, *rows, {"clip_id": "none", "split": "train", "keep": True})
    told: list[tuple[int, int]] = []
    made = compute_buckets(lake, FOUR, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (41, 41)
    assert made.clips_without_motion == 1


def test_clips_without_motion_say_what_to_do(lake):
    put(lake, {"clip_id": "a", "split": "train", "keep": True})
    remedy = r"has 1 kept clips without motion: run `emo2 reannotate --lake .* --annotator motion`"
    with pytest.raises(BucketsError, match=remedy):
        compute_buckets(lake, FOUR)


def test_too_few_windows_are_counted(lake):
    put(lake, clip(0, 0.1), clip(1, 0.2))
    with pytest.raises(BucketsError, match=r"has 6 windows of 20 frames .* 4 buckets need 40"):
        compute_buckets(lake, FOUR)


def test_a_lake_where_nothing_moves_is_refused(lake):
    put(lake, *(clip(number, 0.0) for number in range(40)))
    with pytest.raises(BucketsError, match="hardly anything moves"):
        compute_buckets(lake, FOUR)


def test_a_version_that_is_not_there_is_named(lake):
    with pytest.raises(LakeError, match="has no version 7: its newest is 1"):
        compute_buckets(lake, FOUR, version=7)


def test_a_table_of_an_older_release_is_named(lake):
    put(lake, clip(0, 0.1))
    lake.table("clips").drop_columns(["motion_sums"])
    with pytest.raises(LakeError, match=r"has no column motion_sums.*reannotate .*--annotator motion"):
        compute_buckets(lake, FOUR)


def test_the_command_prints_the_buckets_and_the_file_it_wrote(emo2, lake):
    version = put(lake, *(clip(number, radius) for number, radius in enumerate(RADII_M)))
    options = ("--window-frames", 20, "--stride-frames", 20, "--count", 4)
    code, out, _ = emo2("buckets", "--lake", lake.uri, *options)
    assert code == 0
    assert f"{lake.uri}/buckets/motion-v{version}-w20-s20-b4.json" in out.splitlines()
    assert "120 windows of left hands" in out
    made = load_buckets(lake, choice=FOUR)
    assert made == compute_buckets(lake, FOUR)
    assert made.id in out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [((), "no kept clips"), (("--version", 5), "no version 5"), (("--count", 1), "--count")],
)
def test_what_a_user_can_get_wrong_is_one_sentence_and_exit_code_2(emo2, lake, options, sentence):
    code, _, err = emo2("buckets", "--lake", lake.uri, *options)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err
