"""A disk that fills up in the middle of an ingest, and one that cannot be written to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.disks import NotAllowed, disk
from benchmarks.faults.driver import LONGEST_S, Command, wait_until
from benchmarks.faults.lakes import Difference, clips_redone, difference, leftovers, running
from benchmarks.faults.row import fault_row, not_done
from benchmarks.faults.workload import CLIPS_A_SHARD, Workload
from benchmarks.results import Row

_FULL = "full disk"
_READ_ONLY = "read-only lake, from the start"
_TURNED = "read-only lake, from the middle of a run"
_REPORT_BYTES = 64 << 20  # room for what stands beside the tables


@dataclass(frozen=True)
class _Failed:
    """How a run on a bad disk ended."""

    sentence: str
    ends_wrong: tuple[str, ...]


@dataclass(frozen=True)
class _Trouble:
    """One run on a bad disk, and the run after it was mended."""

    found: Difference
    redone: int
    again_s: float
    said: str
    ends_wrong: tuple[str, ...]


def rows(workload: Workload) -> list[Row]:
    """A row for each kind of trouble."""
    size = _bytes(workload.ingested.lake)
    return [
        _tried(_FULL, lambda: [_full(workload, round(share * size)) for share in workload.sizes.full_disks]),
        _tried(_READ_ONLY, lambda: [_read_only(workload, size)]),
        _tried(_TURNED, lambda: [_turned_read_only(workload, size)]),
    ]


def _tried(what: str, make_trouble: Callable[[], Sequence[_Trouble]]) -> Row:
    try:
        return _row(what, make_trouble())
    except NotAllowed as why:
        return not_done(what, str(why))


def _full(workload: Workload, size_bytes: int) -> _Trouble:
    with disk(workload.new_lake(), size_bytes) as small:
        lake = small.folder / "lake"
        failed = _fails(workload.ingest(lake))
        return _mended(workload, lake, failed, lambda: small.resize(2 * size_bytes + 10 * _REPORT_BYTES))


def _read_only(workload: Workload, size_bytes: int) -> _Trouble:
    """A lake that holds some videos already; the run finds out before it works."""
    with disk(workload.new_lake(), 2 * size_bytes + _REPORT_BYTES) as small:
        lake = small.folder / "lake"
        first = workload.ingest(lake, workload.source / "00.mp4")
        first.wait()
        first.settle()
        small.read_only()
        failed = _fails(workload.ingest(lake), code=2)
        return _mended(workload, lake, failed, small.writable)


def _turned_read_only(workload: Workload, size_bytes: int) -> _Trouble:
    with disk(workload.new_lake(), 2 * size_bytes + _REPORT_BYTES) as small:
        lake = small.folder / "lake"
        command = workload.ingest(lake)
        media = lake / "clip_media" / "data"
        wait_until(lambda: any(media.glob("*.lance")) or command.ended, LONGEST_S, "the first clip")
        small.read_only()
        return _mended(workload, lake, _fails(command), small.writable)


def _fails(command: Command, code: int | None = None) -> _Failed:
    """How a run ended that had to fail; what is wrong about it where it did not, or said no sentence at its end."""
    before = command.log.stat().st_size
    ended = command.wait()
    command.settle()
    printed = command.log.read_bytes()[before:].decode(errors="replace").strip()
    sentence = printed[printed.rfind("emo2: ") :] if "emo2: " in printed else ""
    wrong = [f"ended with {ended}: {printed[-300:]}"] if ended == 0 or (code and ended != code) else []
    return _Failed(sentence, (*wrong, *([] if sentence else [f"said no sentence: {printed[-300:]}"])))


def _mended(workload: Workload, lake: Path, failed: _Failed, mend: Callable[[], None]) -> _Trouble:
    mend()
    command = workload.ingest(lake)
    code, seconds = command.wait(), command.age_s
    command.settle()
    again = [f"the run after it ended with {code}: {command.said()}"] if code else []
    again += [f"{count} runs still say running" for count in [running(lake)] if count]
    redone = clips_redone(leftovers(lake))
    found = difference(workload.ingested.contents, lake)
    return _Trouble(found, redone, seconds, failed.sentence, (*failed.ends_wrong, *again))


def _row(what: str, troubles: Sequence[_Trouble]) -> Row:
    return fault_row(
        what,
        times=len(troubles),
        found=sum((trouble.found for trouble in troubles), Difference()),
        redone=max(trouble.redone for trouble in troubles),
        at_most=CLIPS_A_SHARD,
        recover_s=sum(trouble.again_s for trouble in troubles) / len(troubles),
        ends_wrong=[sentence for trouble in troubles for sentence in trouble.ends_wrong],
        parts={"said": [trouble.said for trouble in troubles]},
    )


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
