import pytest

from benchmarks.faults.replacing import RIVALS, column_bytes, replaced_by
from benchmarks.faults.synthetic import Shape, make_lake
from datasets.content import clip_contents


@pytest.mark.parametrize("rival", RIVALS)
def test_a_rival_writes_more_than_the_column_and_leaves_the_lake_as_it_was(tmp_path, rival):
    lake = make_lake(tmp_path / "lake", Shape(100, clips_a_fragment=50, frames=20))
    before = clip_contents(lake)
    took = replaced_by(tmp_path / "lake", RIVALS[rival])
    assert took.written.files > 1.5 * column_bytes(tmp_path / "lake")
    assert clip_contents(lake) == before


def test_the_bytes_of_a_column_grow_with_its_frames(tmp_path):
    narrow, wide = (tmp_path / str(frames) for frames in (10, 20))
    make_lake(narrow, Shape(100, frames=10))
    make_lake(wide, Shape(100, frames=20))
    # 210 float16 numbers a frame, 90 clips that were kept
    assert column_bytes(wide) - column_bytes(narrow) == 10 * 210 * 2 * 90
