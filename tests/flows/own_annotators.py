"""Annotators of one's own for the tests of re-annotation; named as "tests.flows.own_annotators:SpeechTwo".

They need no media. The environment tells what they are to do wrong, since workers are other processes.
"""

import logging
import os
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from annotators.annotator import Clip, Resources
from annotators.body import BodyAnnotator
from datasets.schema import SLOTS

LOG, SECONDS, FAIL = "EMO2_TEST_LOG", "EMO2_TEST_SECONDS", "EMO2_TEST_FAIL"


class SpeechOne:
    """Writes the clip's id and its version as the text."""

    name = "speech"
    version = "1"
    schema = SLOTS["speech"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ()
    needs = "columns"

    @property
    def params(self) -> dict[str, Any]:
        return {}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """Notes each clip in the file LOG, takes SECONDS for it, and does to the clip in FAIL what that says."""
        rows = []
        for clip in clips:
            _note(clip.clip_id)
            time.sleep(float(os.environ.get(SECONDS, "0")))
            _fail(clip.clip_id)
            rows.append({"speech_ratio": 0.5, "speech_text": self.text(clip), "speech_words": []})
        return pa.RecordBatch.from_pylist(rows, schema=self.schema)

    def text(self, clip: Clip) -> str:
        return f"{clip.clip_id} by {self.version}"


class SpeechTwo(SpeechOne):
    version = "2"


class SpeechOfBody(SpeechOne):
    """Derived from the body: writes its first number."""

    reads = ("body",)

    def text(self, clip: Clip) -> str:
        return f"{clip.columns['body_keypoints'][0, 0]:g}"


class SpeechThatTalks(SpeechOne):
    """Logs each clip, and warns each time."""

    def text(self, clip: Clip) -> str:
        logging.getLogger("annotators.speech").info("listened to %s", clip.clip_id)
        logging.getLogger("microphone").warning("the microphone is of %s", clip.clip_id)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("the words are guessed", RuntimeWarning, stacklevel=2)
        return super().text(clip)


class NewBody(BodyAnnotator):
    """The body annotator of a later release."""

    version = "test"


class NoSlot(SpeechOne):
    name = "feet"


class OtherColumns(SpeechOne):
    schema = pa.schema([("speech_ratio", pa.float32())])


class ElsewhereOnly(SpeechOne):
    environment = "whisper"


def _note(clip_id: str) -> None:
    if LOG in os.environ:
        with Path(os.environ[LOG]).open("a") as log:
            log.write(f"{clip_id}\n")


def _fail(clip_id: str) -> None:
    """FAIL holds "clip_id raise" or "clip_id die"; "*" is any clip."""
    which, how = os.environ.get(FAIL, "- -").split()
    if which not in (clip_id, "*"):
        return
    if how == "die":
        os._exit(1)
    raise ValueError(f"no words in {clip_id}")
