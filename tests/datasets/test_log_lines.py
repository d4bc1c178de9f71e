"""What a worker logs, as it may travel and be shown (datasets.log_lines)."""

import json
import logging
import warnings

import pytest

from datasets.log_lines import LogLine, checked_lines, gathered, without_secrets


def test_our_information_others_warnings_and_warnings_of_python_are_gathered():
    with gathered() as lines:
        logging.getLogger("datasets.media").info("%d frames", 25)
        logging.getLogger("datasets.media").debug("unheard")
        logging.getLogger("other").info("unheard")
        logging.getLogger("other").warning("slow disk")
        warnings.warn("old file", RuntimeWarning, stacklevel=1)
    assert [line.level for line in lines] == [logging.INFO, logging.WARNING, logging.WARNING]
    assert [line.text for line in lines[:2]] == ["25 frames", "other: slow disk"]
    assert lines[2].text.startswith("RuntimeWarning: old file (test_log_lines.py:")


def test_an_exception_is_told_without_its_traceback():
    with gathered() as lines:
        try:
            raise KeyError("pose")
        except KeyError:
            logging.getLogger("annotators").exception("no hand")
    assert lines == [LogLine(logging.ERROR, "no hand (KeyError: 'pose')")]


def test_afterwards_everything_is_as_before():
    root, ours, show = logging.getLogger(), logging.getLogger("datasets"), warnings.showwarning
    before = (root.handlers[:], ours.level)
    with gathered() as lines:
        assert ours.isEnabledFor(logging.INFO)
    ours.info("later")
    assert (root.handlers, ours.level) == before
    assert warnings.showwarning is show
    assert lines == []


def test_a_flood_is_cut_short_and_counted():
    with gathered() as lines:
        for number in range(80):
            logging.getLogger("flows").info("line %d", number)
    assert len(lines) == 51
    assert lines[49].text == "line 49"
    assert lines[50] == LogLine(logging.WARNING, "30 more lines were left out")


def test_a_line_is_one_line_of_bounded_length_without_control_characters():
    line = LogLine.of(logging.CRITICAL, "red \x1b[31m\nand\t" + "long" * 1000)
    assert line.level == logging.ERROR
    assert line.text.startswith("red [31m and longlong")
    assert len(line.text) == 500


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://key:word@host/lake/a.mp4 is gone", "s3://host/lake/a.mp4 is gone"),
        ("see https://host/a.mp4?X-Amz-Signature=1f&b=2: 403", "see https://host/a.mp4?… 403"),
        ("api_token=abc and password: xyz", "api_token=… and password: …"),
        ("what is this? C:/a@b 5 frames", "what is this? C:/a@b 5 frames"),
    ],
)
def test_secrets_are_left_out(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "sent",
    [
        {"level": 20},
        "text",
        [[20]],
        [["20", "text"]],
        [[20, 5]],
        [None, [True, "text"]],
    ],
)
def test_what_an_untrusted_process_sends_instead_of_lines_is_left_out(sent):
    assert checked_lines(json.loads(json.dumps(sent))) == []


def test_more_and_longer_lines_than_there_may_be_are_cut():
    lines = checked_lines([[10**9, "x" * 10_000]] * 10_000)
    assert len(lines) == 51
    assert set(lines) == {LogLine(logging.ERROR, "x" * 499 + "…")}
