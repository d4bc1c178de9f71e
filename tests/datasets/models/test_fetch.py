"""Models come from a Hub, through the real huggingface_hub (datasets.models.fetch)."""

import hashlib
import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from datasets.errors import UserError
from datasets.models import find_model
from datasets.models.fetch import get_model, usual_files
from datasets.models.lock import lock_file, read_lock
from tests.datasets.models.conftest import PINNED, WEIGHTS
from tests.model_hub import HubRepo


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(
        "huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000
    )  # 10 MB: what is cut off would be lost


def test_get_brings_what_the_entry_asks_for_and_no_more(hub, registry):
    got = get_model("ears")
    assert sorted(path.name for path in got.path.iterdir()) == [
        "config.json",
        "pytorch_model.bin",
        "vocab.json",
    ]
    assert (got.path / "pytorch_model.bin").read_bytes() == WEIGHTS
    assert (got.was_here, got.is_verified) == (False, True)


def test_what_was_got_is_found_by_the_same_stamp(hub, registry):
    got = get_model("ears")
    found = find_model("ears")
    assert (found.stamp, found.path) == (got.stamp, got.path)
    assert found.stamp == f"ears@{PINNED[:12]}"


def test_the_lock_holds_commit_sizes_and_hashes(hub, registry):
    get_model("ears")
    record = read_lock()["acme/ears"]
    assert record.commit == PINNED
    assert sorted(record.files) == ["config.json", "pytorch_model.bin", "vocab.json"]
    assert record.files["pytorch_model.bin"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert record.files["config.json"].size_bytes == 2


def test_a_second_get_needs_no_network(hub, registry, monkeypatch):
    get_model("ears")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    again = get_model("ears")
    assert (again.was_here, again.is_verified) == (True, True)


def test_a_damaged_file_in_the_cache_is_got_again(hub, registry):
    path = get_model("ears").path / "pytorch_model.bin"
    path.resolve().write_bytes(b"\0" * len(WEIGHTS))
    with pytest.raises(
        UserError, match=r"pytorch_model.bin of acme/ears is damaged .* removed: get it again"
    ):
        get_model("ears")
    get_model("ears")
    assert path.read_bytes() == WEIGHTS


def test_a_model_without_a_revision_keeps_to_that_of_its_first_get(hub, registry):
    first = get_model("mouth")
    hub.repos["acme/mouth"].commit = "d" * 40  # main has moved on
    shutil.rmtree(first.path)
    with pytest.raises(UserError, match="no revision cccc"):
        get_model("mouth")
    assert get_model("mouth", revision="main").stamp == "mouth@dddddddddddd"


def test_a_repository_nobody_registered_comes_with_weights_in_one_format(hub, registry):
    got = get_model("someone/tiny")
    assert sorted(path.name for path in got.path.iterdir()) == ["config.json", "model.safetensors"]
    assert find_model("someone/tiny").stamp == "someone/tiny@cccccccccccc"


def test_a_cut_line_is_mended_within_one_get(hub, registry):
    hub.cut_after = 5000
    with pytest.raises(UserError, match=r"answered 503 .* what came is kept"):
        get_model("ears")
    assert find_model("ears") is None
    hub.cut_after = None
    assert (get_model("ears").path / "pytorch_model.bin").read_bytes() == WEIGHTS
    assert hub.ranges() == ["", "bytes=5000-", "bytes=5000-"]  # whole, the retry that met 503, the next get


def test_what_another_programs_attempt_left_is_not_asked_for_again(hub, registry, machine):
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    part = machine.cache / "models--acme--ears" / "blobs" / f"{digest}.emo2.incomplete"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS[:9000])
    get_model("ears")
    assert hub.ranges() == ["bytes=9000-"]
    assert not part.exists()


def test_two_programs_at_once_bring_a_file_once(hub, registry):
    hub.waits = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(get_model, "ears") for _ in range(2)]
        while not hub.ranges():
            time.sleep(0.01)
        hub.waits.set()
        paths = {each.result(60).path for each in both}
    assert len(paths) == 1
    assert hub.ranges() == [""]


def test_a_large_file_with_another_hash_is_removed_and_told(hub, registry, machine):
    hub.broken["pytorch_model.bin"] = WEIGHTS[::-1]
    with pytest.raises(UserError, match=r"pytorch_model.bin of acme/ears came with SHA-256 .* removed"):
        get_model("ears")
    assert not list(machine.cache.rglob("*incomplete"))
    assert find_model("ears") is None
    assert read_lock() == {}


def test_a_small_file_with_another_content_is_removed_and_told(hub, registry):
    hub.broken["config.json"] = b"[]"
    with pytest.raises(UserError, match=r"config.json of acme/ears is damaged"):
        get_model("ears")
    assert find_model("ears") is None


def test_a_hub_whose_file_is_not_the_registrys_is_refused_before_it_comes(hub, registry):
    hub.repos["acme/ears"].files["pytorch_model.bin"] = WEIGHTS + b"another"
    with pytest.raises(UserError, match="not the file it was"):
        get_model("ears")
    assert hub.ranges() == []


def test_locked_brings_exactly_what_another_machine_got(hub, registry, machine):
    get_model("mouth")
    lock = lock_file().read_text()
    shutil.rmtree(machine.cache)
    shutil.rmtree(machine.models)
    machine.models.mkdir()
    lock_file().write_text(lock)
    assert get_model("mouth", locked=True).stamp == "mouth@cccccccccccc"
    assert json.loads(lock_file().read_text())["models"]["acme/mouth"]["commit"] == "c" * 40


def test_locked_refuses_a_file_that_is_not_the_locks(hub, registry, machine):
    get_model("mouth")
    shutil.rmtree(machine.cache)
    hub.repos["acme/mouth"].files["auxiliary/mouth.model"] = WEIGHTS + b"another"
    with pytest.raises(UserError, match="not the file it was"):
        get_model("mouth", locked=True)


def test_locked_without_a_record_says_so(hub, registry):
    with pytest.raises(UserError, match=r"models.lock.json has no acme/ears"):
        get_model("ears", locked=True)


def test_a_gated_model_says_what_to_do(hub, registry, monkeypatch):
    hub.repos["acme/ears"].is_gated = True
    with pytest.raises(
        UserError, match=rf"is gated: accept its terms at {hub.endpoint}/acme/ears, then set HF_TOKEN"
    ):
        get_model("ears")
    monkeypatch.setenv("HF_TOKEN", "hf_stranger")
    with pytest.raises(UserError, match="the account of HF_TOKEN is not let in"):
        get_model("ears")
    hub.tokens.add("hf_guest")
    monkeypatch.setenv("HF_TOKEN", "hf_guest")
    assert get_model("ears").is_verified
    assert hub.store_was_told == set()


def test_an_unknown_repository_says_so(hub):
    with pytest.raises(UserError, match="nobody/nothing is not on the Hub, or is not for everyone"):
        get_model("nobody/nothing")


def test_a_repository_that_was_renamed_is_got_and_found_by_its_old_name(hub, registry):
    hub.renamed["acme/ears"] = "apex/ears"
    hub.repos["apex/ears"] = hub.repos.pop("acme/ears")
    got = get_model("ears")
    assert (got.path / "pytorch_model.bin").read_bytes() == WEIGHTS
    assert find_model("ears").path == got.path


def test_an_unknown_revision_says_so(hub):
    with pytest.raises(UserError, match="someone/tiny has no revision v9"):
        get_model("someone/tiny@v9")


def test_a_repository_without_what_the_entry_needs_says_what(hub, registry):
    del hub.repos["acme/ears"].files["pytorch_model.bin"]
    with pytest.raises(UserError, match=r"lacks model.safetensors\|pytorch_model.bin"):
        get_model("ears")


def test_without_a_network_the_offline_way_is_told(registry):
    with pytest.raises(UserError, match=r"cannot be reached .* carry it here with `emo2 models add`"):
        get_model("ears")


def test_the_offline_switch_of_the_hubs_libraries_is_kept(hub, registry, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="HF_HUB_OFFLINE is set"):
        get_model("ears")
    assert hub.asked == []


def test_without_a_network_a_model_that_other_software_got_is_here_unverified(registry, machine):
    folder = machine.cached("acme/ears", PINNED, {"config.json": b"{}", "pytorch_model.bin": WEIGHTS})
    got = get_model("ears")
    assert (got.path, got.was_here, got.is_verified) == (folder, True, False)


def test_an_answer_that_is_no_hubs_is_told(hub, registry, monkeypatch):
    monkeypatch.setattr("tests.model_hub.json.dumps", lambda *_: "<html>Welcome to our network</html>")
    with pytest.raises(UserError, match=r"is not a Hub's: check HF_ENDPOINT"):
        get_model("ears")


def test_a_place_that_is_no_hub_is_told(hub, registry, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.endpoint}/elsewhere")
    with pytest.raises(UserError, match=r"answered 404 .*: choose another revision, and check HF_ENDPOINT"):
        get_model("ears")


def test_a_models_folder_that_cannot_be_written_is_told(hub, registry, machine, monkeypatch):
    machine.models.write_text("a file")
    with pytest.raises(UserError, match=r"cannot be .*(EMO2_MODELS|permissions)"):
        get_model("ears")


def test_a_full_disk_is_told_before_anything_comes(hub, registry, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(UserError, match=r"needs 0 MB and .* has 0 MB left: make room"):
        get_model("ears")
    assert hub.ranges() == []


def test_a_disk_that_fills_up_meanwhile_keeps_what_came(hub, registry, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(UserError, match="the disk is full"):
        get_model("ears")


@pytest.mark.parametrize("name", ["/etc", "no-such-id", "a/b/c"])
def test_a_name_that_the_hub_cannot_have_is_refused_without_asking(hub, name):
    with pytest.raises(UserError):
        get_model(name)
    assert hub.asked == []


def test_two_revisions_at_once_are_refused(hub):
    with pytest.raises(UserError, match="name two revisions"):
        get_model("someone/tiny@main", revision="v2")


def test_usual_files_are_each_folders_weights_in_one_format_and_the_texts_beside():
    listing = [
        ".gitattributes",
        "README.md",
        "config.json",
        "flax_model.msgpack",
        "model-1.safetensors",
        "model-2.safetensors",
        "pytorch_model.bin",
        "text/model.bin",
        "text/vocab.txt",
    ]
    assert usual_files(listing) == [
        "config.json",
        "model-1.safetensors",
        "model-2.safetensors",
        "text/model.bin",
        "text/vocab.txt",
    ]
    assert usual_files(["README.md", "data.csv", "notes.txt"]) == []


def test_the_hub_for_tests_is_one_that_huggingface_hub_takes_for_real(hub):
    """Were it more lenient than the code, a mistake in either would hide."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    with pytest.raises(RepositoryNotFoundError):
        snapshot_download("nobody/nothing", endpoint=hub.endpoint, cache_dir="/nonexistent")
    hub.repos["someone/else"] = HubRepo({"a.txt": b"a"})
    hub.asked.clear()
