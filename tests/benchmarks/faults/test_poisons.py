"""Poison has to be poisonous, and its watch awake, or nothing that is said of it means anything."""

from random import Random

import av
import pytest

from benchmarks import media
from benchmarks.faults.poisons import Bait, Poison, write_poisons
from benchmarks.faults.watch import Watch, watched
from datasets.identity import video_id
from datasets.media.container import open_container
from datasets.media.errors import MediaError

BAIT = "elsewhere/bait.mp4"
OPEN_DOOR = {
    "protocol_whitelist": "file,http,tcp,crypto,data",
    "safe": "0",
    "allowed_extensions": "ALL",
    "extension_picky": "0",
}


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    """(watch, poisons) of a good talker of 2 s."""
    folder = tmp_path_factory.mktemp("poisoned")
    good = media.talker(folder, seconds=2, shots=1, size_px=(320, 180))
    (folder / BAIT).parent.mkdir()
    (folder / BAIT).write_bytes(good.read_bytes())
    with watched(folder / BAIT) as watch:
        yield watch, write_poisons(folder, good, Bait(BAIT, f"{watch.url}/bait.mp4"), folder, Random(1))


def opened(path, **options) -> None:
    with av.open(str(path), timeout=5, options=options) as container:
        next(container.demux())


def touched(watch: Watch) -> tuple[bool, bool]:
    """Whether the file was opened and the address asked since the last time."""
    asked, watch.requests = watch.requests, 0
    return watch.openings() > 0, asked > 0


def named(poisons: list[Poison], kind: str) -> Poison:
    return next(poison for poison in poisons if poison.kind == kind)


@pytest.mark.parametrize("form", ["HLS", "concat"])
def test_a_player_that_trusts_a_playlist_opens_what_it_names(poisoned, form):
    watch, poisons = poisoned
    opened(named(poisons, f"playlist to a file: {form}").path, **OPEN_DOOR)
    assert touched(watch) == (True, False)
    with pytest.raises(av.FFmpegError):  # the listener answers nothing
        opened(named(poisons, f"playlist to a network: {form}").path, **OPEN_DOOR)
    assert touched(watch) == (False, True)


def test_our_container_opens_nothing_that_a_playlist_names(poisoned):
    watch, poisons = poisoned
    for poison in poisons:
        if poison.kind.startswith("playlist"):
            try:
                open_container(poison.path).close()
            except MediaError:
                continue
    assert touched(watch) == (False, False)


def test_every_kind_has_bytes_of_its_own(poisoned):
    files = [poison.path for poison in poisoned[1] if poison.path.is_file()]
    assert len({video_id(path) for path in files}) == len(files) == len(poisoned[1]) - 1  # but the pipe


def test_bombs_are_small_and_hold_much(poisoned):
    bombs = [poison.path for poison in poisoned[1] if poison.kind.startswith("bomb")]
    assert all(path.stat().st_size < 5_000_000 for path in bombs)
    with av.open(str(named(poisoned[1], "bomb: a picture of 256 million pixels").path)) as container:
        assert container.streams.video[0].width * container.streams.video[0].height == 256_000_000
    with av.open(str(named(poisoned[1], "bomb: an hour in some kilobytes").path)) as container:
        assert container.duration >= 3599e6
