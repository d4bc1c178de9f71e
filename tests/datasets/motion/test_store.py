"""Bucket files in a lake."""

from pathlib import Path

import pytest

from datasets.lake import Lake, LakeError
from datasets.motion.buckets import Buckets
from datasets.motion.store import BucketChoice, MotionBuckets, load_buckets, save_buckets

TWO = BucketChoice(count=2)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "a lake #1%20", create=True)


def made(version: int = 3, **changes) -> MotionBuckets:
    values = {
        "clips_version": version,
        "window_frames": 300,
        "stride_frames": 150,
        "count": 2,
        "min_seen_share": 0.5,
        "clips": 10,
        "clips_without_motion": 1,
        "motion_versions": ("2",),
        "windows_left": 9,
        "windows_right": 8,
        "variance": Buckets.between([-9.0, -6.1, -3.0]),
        "speed": Buckets.between([-3.0, -1.0, 0.3]),
    }
    return MotionBuckets(**values | changes)


def test_buckets_come_back_as_they_were(lake):
    address = save_buckets(lake, made())
    assert address == f"{lake.uri}/buckets/motion-v3-w300-s150-b2.json"
    assert load_buckets(lake, choice=TWO) == made()
    assert load_buckets(lake, choice=TWO).id == made().id


def test_the_same_buckets_are_the_same_bytes(lake):
    first = Path(save_buckets(lake, made())).read_bytes()
    assert Path(save_buckets(lake, made())).read_bytes() == first


def test_the_newest_version_is_loaded_unless_told(lake):
    for version in (9, 10, 2):
        save_buckets(lake, made(version))
    assert load_buckets(lake, choice=TWO).clips_version == 10
    assert load_buckets(lake, choice=TWO, version=2).clips_version == 2


def test_other_windows_and_counts_have_files_of_their_own(lake):
    save_buckets(lake, made())
    save_buckets(lake, made(window_frames=24, stride_frames=12, clips=7))
    assert load_buckets(lake, choice=TWO).clips == 10
    assert load_buckets(lake, choice=BucketChoice(count=2, window_frames=24)).clips == 7


def test_buckets_that_were_never_made_say_how_to_make_them(lake):
    with pytest.raises(
        LakeError, match=r"no motion buckets w300-s150-b8: run `emo2 buckets .*--stride-frames 150 --count 8`"
    ):
        load_buckets(lake)
    save_buckets(lake, made())
    with pytest.raises(LakeError, match="w300-s150-b2 at clips version 4"):
        load_buckets(lake, choice=TWO, version=4)


@pytest.mark.parametrize("text", ["", "[]", '{"id": "0"}', "{}"])
def test_a_file_that_is_no_bucket_file_is_named(lake, text):
    Path(save_buckets(lake, made())).write_text(text)
    with pytest.raises(
        LakeError, match=r"motion-v3-w300-s150-b2\.json is not a bucket file as it was written"
    ):
        load_buckets(lake, choice=TWO)


def test_a_file_that_somebody_changed_is_refused(lake):
    path = Path(save_buckets(lake, made()))
    text = path.read_text()
    path.write_text(text.replace('"clips": 10', '"clips": 11'))
    assert path.read_text() != text
    with pytest.raises(LakeError, match="as it was written"):
        load_buckets(lake, choice=TWO)


def test_a_lake_that_cannot_be_written_is_one_sentence(lake):
    (Path(lake.uri) / "buckets").write_text("a file in the way")
    with pytest.raises(
        LakeError, match=r"cannot reach .*/buckets/motion-v3-w300-s150-b2\.json \(.*\): check"
    ):
        save_buckets(lake, made())


def test_a_store_out_of_reach_is_one_sentence():
    nowhere = {"aws_endpoint": "http://127.0.0.1:9", "allow_http": "true", "client_max_retries": "0"}
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "secret", "aws_region": "us-east-1"}
    with pytest.raises(LakeError, match=r"cannot reach s3://bucket/lake/buckets") as caught:
        load_buckets(Lake("s3://bucket/lake", nowhere | keys))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_id_is_of_everything_that_was_used():
    assert made().id != made(clips=11).id
    assert made().id != made(4).id
    assert len(made().id) == 12


def test_buckets_of_an_older_release_are_read_and_keep_their_id(lake):
    path = Path(save_buckets(lake, made()))
    assert "clips_digest" in path.read_text()
    path.write_text(path.read_text().replace('    "clips_digest": null,\n', ""))
    assert "clips_digest" not in path.read_text()
    assert load_buckets(lake, choice=TWO).id == made().id
    assert made(clips_digest="0f").id != made().id
