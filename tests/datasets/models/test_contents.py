"""Whether a folder has all of a model, and its stamp (datasets.models.contents)."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from datasets.models.contents import chosen_files, content_hash, files_in, is_whole

_names = st.lists(st.from_regex(r"[ab]{1,2}(/[ab])?\.(bin|json)", fullmatch=True), unique=True, max_size=8)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_second_choice_counts_only_without_the_first():
    wanted = ("model.safetensors|model.bin",)
    assert chosen_files(wanted, ["model.bin", "model.safetensors"]) == (["model.safetensors"], [])
    assert chosen_files(wanted, ["model.bin"]) == (["model.bin"], [])
    assert chosen_files(wanted, ["model.h5"]) == ([], ["model.safetensors|model.bin"])


@given(_names, st.lists(st.sampled_from(["*.bin", "a.json", "a*|b*", "*/a.*|b.bin"]), unique=True))
def test_what_is_chosen_fits_and_what_is_unmet_does_not(listing, patterns):
    chosen, unmet = chosen_files(patterns, listing)
    choices = [choice for pattern in patterns for choice in pattern.split("|")]
    assert chosen == [path for path in listing if path in chosen]
    assert all(any(fnmatchcase(path, choice) for choice in choices) for path in chosen)
    for pattern in patterns:
        fits = any(fnmatchcase(path, choice) for path in listing for choice in pattern.split("|"))
        assert fits != (pattern in unmet)


def test_hidden_files_and_dangling_links_are_not_there(tmp_path):
    write(tmp_path, {"model.bin": b"1", ".git/model.bin": b"2", ".hidden": b"3"})
    (tmp_path / "config.json").symlink_to(tmp_path / "blobs" / "lost")
    assert files_in(tmp_path) == ["model.bin"]
    assert not is_whole(tmp_path, ("config.json", "model.bin"))


def test_a_folder_of_thousands_of_files_is_no_model(tmp_path):
    write(tmp_path, {f"{number}.bin": b"" for number in range(1001)})
    assert files_in(tmp_path) is None
    assert not is_whole(tmp_path, ())


def test_without_patterns_weights_make_a_model(tmp_path):
    write(tmp_path, {"config.json": b"{}"})
    assert not is_whole(tmp_path, ())
    write(tmp_path, {"model.safetensors": b"1"})
    assert is_whole(tmp_path, ())


def test_every_shard_of_an_index_is_needed(tmp_path):
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    write(tmp_path, {"text/model.safetensors.index.json": json.dumps(index).encode()})
    write(tmp_path, {"text/model-1.safetensors": b"1"})
    assert not is_whole(tmp_path, ())
    write(tmp_path, {"text/model-2.safetensors": b"2"})
    assert is_whole(tmp_path, ())


@given(
    files=st.dictionaries(
        st.sampled_from(["a.bin", "b.bin", "c/d.json"]), st.binary(max_size=20), min_size=1
    ),
    name=st.sampled_from(["a.bin", "b.bin", "c/d.json"]),
    content=st.binary(max_size=20),
)
def test_the_hash_changes_with_names_and_content_alone(tmp_path_factory, files, name, content):
    first, second = (write(tmp_path_factory.mktemp("m"), files) for _ in range(2))
    assert content_hash(first) == content_hash(second)
    write(second, {name: content})
    assert (content_hash(first) == content_hash(second)) == (files.get(name) == content)


def test_the_hash_sees_both_ends_of_a_large_file(tmp_path):
    size = 3 * 2**20
    hashes = set()
    for changed in (None, 0, size - 1):
        content = bytearray(size)
        if changed is not None:
            content[changed] = 1
        hashes.add(content_hash(write(tmp_path / str(changed), {"model.bin": bytes(content)})))
    assert len(hashes) == 3
