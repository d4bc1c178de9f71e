"""What a run lacks is said once, to the log and to whoever watches (flows.lacking)."""

import pyarrow as pa

from datasets.schema import CLIPS
from flows import progress
from flows.lacking import tell, tell_missing
from flows.run_page.worker_log import RunLog

WHISPER = "model whisper-small is not on this machine: run `emo2 models get whisper-small`"
SYNCNET = "model syncnet is not on this machine: run `emo2 models get syncnet`"


class Watching(progress.Silent):
    def __init__(self) -> None:
        self.told: list[str] = []

    def remark(self, sentence: str) -> None:
        self.told.append(sentence)


def test_each_reason_that_a_command_does_away_with_is_told_once_a_run():
    lines, watching = [], Watching()
    log = RunLog(lambda level, text: lines.append(text))
    rows = [
        {"speech_reason": WHISPER, "face_reason": SYNCNET},
        {"speech_reason": WHISPER, "face_reason": "no face was found"},
        {},
    ]
    for _ in range(2):
        tell_missing(pa.Table.from_pylist(rows, schema=CLIPS), log, watching)
    assert watching.told == [f"face: {SYNCNET}", f"speech: {WHISPER}"]
    assert lines == watching.told


def test_rows_of_one_slot_have_their_reason_alone():
    watching = Watching()
    tell_missing(pa.table({"clip_id": ["a"], "speech_reason": [WHISPER]}), RunLog(), watching)
    assert watching.told == [f"speech: {WHISPER}"]


def test_another_run_tells_it_again():
    watching = Watching()
    for _ in range(2):
        tell("no environment", RunLog(), watching)
    assert watching.told == ["no environment"] * 2
    both = Watching(), Watching()
    progress.Several(*both).remark("said")
    assert [each.told for each in both] == [["said"], ["said"]]
