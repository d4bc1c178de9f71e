import pytest

from flows.view.find import UnknownClip, resolve

IDS = ["aa11", "aa12", "ab34", "c056"]


def complaint(wanted: str, ids: list[str] | None = None) -> str:
    with pytest.raises(UnknownClip) as raised:
        resolve(IDS if ids is None else ids, wanted, "/data/lake")
    return str(raised.value)


def test_a_whole_id_and_a_beginning_of_one_alone_are_found():
    assert resolve(IDS, "aa12", "") == "aa12"
    assert resolve(IDS, "ab", "") == "ab34"
    assert resolve(["a", "ab"], "a", "") == "a"


def test_a_beginning_of_several_names_them():
    assert complaint("aa") == "2 clips of /data/lake begin with 'aa' (aa11, aa12): give more of the id"
    assert "4 clips" in complaint("")
    assert complaint("").count("...") == 1


def test_an_unknown_id_names_the_nearest_first():
    assert "no clip 'aa19' in /data/lake; nearest: aa1" in complaint("aa19")
    assert "nearest: c056" in complaint("c1")
    assert "'%'" in complaint("%")


def test_an_empty_lake_says_how_to_fill_it():
    assert complaint("aa", []) == (
        "the lake at /data/lake holds no clips: run `emo2 ingest SOURCE --lake /data/lake`"
    )
