"""The file that says what was got (datasets.models.lock)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import UserError
from datasets.models.lock import LockedFile, LockedModel, lock_file, read_lock, remember

_files = st.dictionaries(
    st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?", fullmatch=True),
    st.builds(LockedFile, st.integers(0, 2**40), st.from_regex(r"[0-9a-f]{64}", fullmatch=True)),
    max_size=3,
)
_models = st.builds(
    LockedModel, st.from_regex(r"[0-9a-f]{40}", fullmatch=True), st.just("2026-01-31"), _files
)


def test_without_a_file_nothing_was_got():
    assert read_lock() == {}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}/[a-z]{1,5}", fullmatch=True), _models, max_size=3))
def test_what_is_remembered_is_read(tmp_path_factory, models):
    path = tmp_path_factory.mktemp("models") / "models.lock.json"
    for repo, model in models.items():
        remember(repo, model, path)
    assert read_lock(path) == models


def test_a_repository_has_its_last_record():
    remember("a/b", LockedModel("1" * 40, "first"))
    remember("a/b", LockedModel("2" * 40, "second"))
    assert read_lock()["a/b"].commit == "2" * 40


def test_two_at_once_both_get_in():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: remember(f"a/{number}", LockedModel("1" * 40, "now")), range(20)))
    assert len(read_lock()) == 20


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"version": 2, "models": {}}',
        '{"version": 1, "models": {"a/b": {"commit": "main", "at": "", "files": {}}}}',
        '{"version": 1, "models": {"a/b": {"commit": "%s", "at": "", "files": {"../x": {}}}}}' % ("1" * 40),
        '{"version": 1, "models": {"a/b": {"commit": "%s", "at": "", "files": {"x": {"size_bytes": -1}}}}}'
        % ("1" * 40),
    ],
)
def test_a_file_that_is_no_lock_is_refused_in_one_sentence(text):
    lock_file().parent.mkdir(parents=True)
    lock_file().write_text(text)
    with pytest.raises(UserError, match=r"models.lock.json is not a lock of models .*: mend or delete it"):
        read_lock()


def test_a_path_out_of_the_repository_is_refused():
    with pytest.raises(ValueError, match="no path within a repository"):
        LockedModel("1" * 40, "now", {"../../passwd": LockedFile(1, "0" * 64)})
