"""Models are found on this machine, without any network (datasets.models.find)."""

import json
import subprocess
import sys

import pytest

from datasets.models import FoundModel, find_model
from datasets.models.add import add_model
from datasets.models.lock import LockedFile, LockedModel, lock_file, remember
from tests.datasets.models.conftest import PINNED, WEIGHTS
from tests.datasets.models.test_contents import write

FILES = {"config.json": b"{}", "pytorch_model.bin": WEIGHTS}
OTHER, ANOTHER = "b" * 40, "e" * 40


def test_nothing_is_found_on_an_empty_machine(registry):
    assert find_model("ears") is None
    assert find_model("acme/ears") is None
    assert find_model("/no/such/folder") is None


def test_a_snapshot_of_the_cache_is_found_by_id_and_by_repository(registry, machine):
    folder = machine.cached("acme/ears", PINNED, FILES)
    assert find_model("ears") == FoundModel("ears", folder, f"ears@{PINNED[:12]}")
    assert find_model("acme/ears") == FoundModel("acme/ears", folder, f"ears@{PINNED[:12]}")


def test_half_a_download_is_not_there(registry, machine):
    folder = machine.cached("acme/ears", PINNED, {"config.json": b"{}"})
    assert find_model("ears") is None
    (folder / "pytorch_model.bin").symlink_to(machine.cache / "models--acme--ears" / "blobs" / "not-yet")
    assert find_model("ears") is None


def test_the_registrys_commit_goes_before_the_locks_before_mains_before_others(registry, machine):
    mouth = {"auxiliary/mouth.model": WEIGHTS}
    machine.cached("acme/mouth", ANOTHER, mouth)
    assert find_model("mouth").stamp == f"mouth@{ANOTHER[:12]}"
    machine.cached("acme/mouth", "f" * 40, mouth, ref="main")
    assert find_model("mouth").stamp == "mouth@ffffffffffff"
    machine.cached("acme/mouth", OTHER, mouth)
    remember("acme/mouth", LockedModel(OTHER, "2026-01-01"))
    assert find_model("mouth").stamp == f"mouth@{OTHER[:12]}"
    machine.cached("acme/ears", ANOTHER, FILES, ref="main")
    machine.cached("acme/ears", PINNED, FILES)
    assert find_model("ears").stamp == f"ears@{PINNED[:12]}"


def test_a_named_revision_is_that_commit_or_none(registry, machine):
    machine.cached("acme/ears", PINNED, FILES)
    machine.cached("acme/ears", OTHER, FILES, ref="v2")
    assert find_model("ears@v2").stamp == f"ears@{OTHER[:12]}"
    assert find_model(f"acme/ears@{OTHER}").stamp == f"ears@{OTHER[:12]}"
    assert find_model(f"ears@{OTHER[:7]}").stamp == f"ears@{OTHER[:12]}"
    assert find_model("ears@v3") is None


def test_a_locked_file_of_another_size_is_half_a_download(registry, machine):
    machine.cached("acme/mouth", OTHER, {"auxiliary/mouth.model": WEIGHTS[:100]})
    remember(
        "acme/mouth", LockedModel(OTHER, "now", {"auxiliary/mouth.model": LockedFile(len(WEIGHTS), "0" * 64)})
    )
    assert find_model("mouth") is None


def test_an_unregistered_repository_is_found_where_it_has_weights(machine):
    machine.cached("someone/tiny", OTHER, {"config.json": b"{}"}, ref="main")
    assert find_model("someone/tiny") is None
    machine.cached("someone/else", OTHER, {"model.safetensors": b"1"}, ref="main")
    assert find_model("someone/else").stamp == f"someone/else@{OTHER[:12]}"


def test_a_folder_and_a_file_are_found_by_content(tmp_path):
    folder = write(tmp_path / "mine", FILES)
    found = find_model(str(folder))
    assert found.path == folder
    assert found.stamp.startswith("mine@")
    assert len(found.stamp) == len("mine@") + 12
    again = write(tmp_path / "elsewhere" / "mine", FILES)
    assert find_model(str(again)).stamp == found.stamp
    write(again, {"pytorch_model.bin": WEIGHTS[::-1]})
    assert find_model(str(again)).stamp != found.stamp
    assert find_model(str(folder / "pytorch_model.bin")).path == folder / "pytorch_model.bin"


def test_a_folder_without_weights_is_no_model(tmp_path):
    assert find_model(str(write(tmp_path / "empty", {"notes.txt": b""}))) is None


def test_an_added_model_goes_before_the_cache(registry, machine, tmp_path):
    machine.cached("acme/mouth", OTHER, {"auxiliary/mouth.model": WEIGHTS}, ref="main")
    added = add_model("mouth", write(tmp_path / "mine", {"auxiliary/mouth.model": WEIGHTS[::-1]}))
    assert find_model("mouth") == added
    assert find_model("acme/mouth").path == added.path
    assert find_model(f"mouth@{OTHER}").path != added.path


def test_an_added_model_that_was_changed_has_another_stamp(registry, machine, tmp_path):
    source = machine.cached("acme/mouth", OTHER, {"auxiliary/mouth.model": WEIGHTS})
    added = add_model("mouth", source)
    assert added.stamp == f"mouth@{OTHER[:12]}"
    (added.path / "auxiliary" / "mouth.model").write_bytes(WEIGHTS[::-1])
    assert find_model("mouth").stamp not in (added.stamp, None)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "models": {}}', '{"version": 1, "models": {"a": 1}}']
)
def test_a_lock_that_cannot_be_read_hides_no_model(registry, machine, text):
    machine.cached("acme/ears", PINNED, FILES)
    machine.models.mkdir()
    lock_file().write_text(text)
    assert find_model("ears") is not None


def test_finding_imports_nothing_heavy_and_takes_no_time(machine):
    machine.cached("openai/clip-vit-large-patch14", PINNED, FILES, ref="main")
    program = (
        "import sys, time, json; t = time.perf_counter(); from datasets.models import find_model;"
        "find_model('clip-vit-l14'); find_model('nobody/nothing');"
        "heavy = {'numpy', 'torch', 'huggingface_hub', 'pydantic', 'pyarrow'} & set(sys.modules);"
        "print(json.dumps([sorted(heavy), time.perf_counter() - t]))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy, seconds = json.loads(ran.stdout)
    assert heavy == []
    assert seconds < 1  # 0.05 on an idle machine; those that run tests are shared
