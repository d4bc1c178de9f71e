import pytest

from datasets.selection import SelectionError, checked_selection
from tests.datasets.lakes import clip, new_lake, put


@pytest.fixture
def clips(tmp_path):
    lake = new_lake(tmp_path)
    put(lake, "clips", clip("a", "v", speech_text="so (it) is"), clip("b", "v", face_height_px=40.0))
    return lake.table("clips")


def test_the_selection_keeps_its_meaning_beside_other_conditions(clips):
    selection = checked_selection(clips, "face_height_px > 90 OR face_height_px < 50")
    assert clips.count_rows(f"face_height_px > 90 AND {selection}") == 1


@pytest.mark.parametrize(
    "where", ["speech_text = 'so (it) is'", "speech_text LIKE '%)%'", "body_src.version = '2'"]
)
def test_brackets_within_quotes_and_fields_of_structs_are_sql(clips, where):
    assert clips.count_rows(checked_selection(clips, where)) >= 1


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("face_heigt_px > 3", "the table clips has no column face_heigt_px; did you mean face_height_px?"),
        ("`no such` = 3", "the table clips has no column no such; it has clip_id, video_id"),
        ("body_src.versio = '2'", "Field versio not found in struct (body_src is struct<"),
        ("n_frames > 'long'", "could not convert to literal of type 'Int32' (n_frames is int32)"),
        ("face_height_px", "does not return a boolean (face_height_px is float)"),
        ("near(split) = 1", "Invalid function 'near'"),
        ("keep AND", "Expected: an expression"),
        ("", "write SQL over the columns of clips"),
        ("keep; drop", "Expected: )"),
        ("keep) OR (keep IS NULL", "closes a bracket that it never opened"),
    ],
)
def test_wrong_sql_is_told_with_the_option_and_the_column(clips, where, said):
    with pytest.raises(SelectionError) as error:
        checked_selection(clips, where, option="--only")
    assert str(error.value).startswith(f"--only {where!r}")
    assert said in str(error.value)
    assert ".rs" not in str(error.value)
