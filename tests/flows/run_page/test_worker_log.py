"""What workers log, as it reaches the log of the run (flows.run_page.worker_log)."""

import logging
import pickle
import platform
import warnings

import pytest

from datasets.log_lines import LogLine
from flows.run_page import worker_log
from flows.run_page.worker_log import Logged, RunLog, clip_names, logged, logging_to, video_name

Said = list[tuple[int, str]]


@logged(about=lambda name: name)
def work(name: str) -> str:
    """Logs its name; warns of frame numbers, and fails, where told by its name."""
    if name != "quiet":
        logging.getLogger("flows.work").info("took %s in", name)
        warnings.warn(f"frame {len(name)} of {name[0]} is old", RuntimeWarning, stacklevel=1)
    if name == "bad":
        raise ValueError(name)
    return name.upper()


@pytest.fixture
def said() -> Said:
    return []


@pytest.fixture
def log(said) -> RunLog:
    return RunLog(lambda level, text: said.append((level, text)))


def test_the_caller_sees_the_value_and_the_run_what_was_logged(log, said):
    assert log.unpacked(work("a.mp4")) == "A.MP4"
    where = f"a.mp4, node {platform.node()}"
    assert said[0] == (logging.INFO, f"{where}: took a.mp4 in")
    assert said[1][0] == logging.WARNING
    assert said[1][1].startswith(f"{where}: RuntimeWarning: frame 5 of a is old (test_worker_log.py:")


def test_a_task_that_logs_nothing_returns_its_plain_value(log, said):
    assert work("quiet") == "QUIET"
    assert log.unpacked(work("quiet")) == "QUIET"
    assert said == []


def test_what_was_logged_before_an_exception_comes_with_it(log, said):
    with pytest.raises(ValueError, match="bad") as caught:
        work("bad")
    log.unpacked(pickle.loads(pickle.dumps(caught.value)))
    assert said[0][1].endswith("took bad in")


def test_a_warning_that_repeats_is_told_once_and_counted_at_the_end(log, said):
    with logging_to(log):
        assert worker_log.current() is log
        for name in ("a.mp4", "ab.mp4", "abc.mp4"):  # frame 5, 6 and 7
            log.unpacked(work(name))
        log.unpacked(work("b.mp4"))
        warned = [text for level, text in said if level == logging.WARNING]
        assert len(warned) == 2
        assert "frame 5 of a " in warned[0]
        assert "frame 5 of b " in warned[1]
        assert len(said) == 4 + 2
    (counted,) = said[6:]
    assert counted[0] == logging.WARNING
    assert counted[1].startswith("3 times: RuntimeWarning: frame 5 of a is old")


def test_kinds_of_warnings_without_end_are_only_counted(log, said):
    lines = tuple(LogLine(logging.WARNING, f"warning {chr(0x4E00 + kind)}") for kind in range(250))
    log.unpacked(Logged(None, "a.mp4", lines))
    log.close()
    assert len(said) == 201
    assert said[-1][1] == "50 more warnings, of other kinds, are not shown"


def test_lines_name_no_secret_and_stay_one_line(log, said):
    log.info("from s3://key:word@host/a.mp4?sig=1")
    log.warning("from s3://key:word@host/b.mp4")
    log.unpacked(Logged(None, "c\n2026 all is well.mp4", (LogLine(logging.INFO, "old"),)))
    assert said == [
        (logging.INFO, "from s3://host/a.mp4?…"),
        (logging.WARNING, "from s3://host/b.mp4"),
        (logging.INFO, "c 2026 all is well.mp4: old"),
    ]


def test_outside_a_run_nobody_reads(said):
    worker_log.current().warning("unheard")
    assert worker_log.current().unpacked(work("a.mp4")) == "A.MP4"


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("/media/talk 7.mp4", "talk 7.mp4"),
        ("what?.mp4", "what?.mp4"),
        ("s3://bucket/talks/talk%207.mp4?region=eu", "talk 7.mp4"),
        ("https://key:word@host/", "a video"),
    ],
)
def test_a_video_is_named_by_its_file(uri, name):
    assert video_name(uri) == name


def test_clips_are_named_by_the_first():
    assert clip_names(["c1", "c2", "c3"]) == "clip c1 and 2 more"
    assert clip_names(["c1"]) == "clip c1"
    assert clip_names([]) == "no clip"
