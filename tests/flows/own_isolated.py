"""Annotators of one's own for the tests of other environments; imports nothing that such a one may lack.

The environment variables tell what they are to do wrong, since workers are other processes.
"""

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from datasets.schema import SLOTS

FAIL = "EMO2_TEST_ISOLATED_FAIL"


class HeardSpeech:
    """Writes how much of the clip it was given, and by which numpy, as the text; half of the clip has a voice."""

    name = "speech"
    version = "1"
    schema = SLOTS["speech"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ()
    needs: Needs = "sound"

    def __init__(self, params: object = None) -> None:
        pass

    @property
    def params(self) -> dict[str, Any]:
        return {"model": None}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        rows = [self._row(clip) for clip in clips]
        return pa.RecordBatch.from_pylist(rows, schema=self.schema)

    def _row(self, clip: Clip) -> dict[str, Any]:
        _fail(os.environ.get(FAIL))
        samples = None if clip.audio is None else len(clip.audio)
        numpy = np.__version__.split(".")[0]
        text = f"{len(clip.frames)} pictures, {clip.n_frames} frames, {samples} samples, numpy {numpy}"
        return {"speech_ratio": 0.5, "speech_text": text}


class SpeechElsewhere(HeardSpeech):
    """The same in the environment speech."""

    environment = "speech"


class LackingSpeech(HeardSpeech):
    """One whose model is not there."""

    def _row(self, clip: Clip) -> dict[str, Any]:
        reason = "model whisper-small is not on this machine: run `emo2 models get whisper-small`"
        return {"speech_ratio": 0.5, "speech_reason": reason}


class Speaker:
    """A score for the mouth; the version says which."""

    name = "speaker"
    version = "0.01"
    schema = SLOTS["speaker"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ("speech",)
    optional = ("speech",)
    needs: Needs = "columns"
    params: dict[str, Any] = {}  # noqa: RUF012

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        rows = [{"speaker_score": float(self.version), "speaker_voices": 1} for _ in clips]
        return pa.RecordBatch.from_pylist(rows, schema=self.schema)


class SureSpeaker(Speaker):
    version = "0.9"


def _fail(how: str | None) -> None:
    if how == "die":
        os._exit(1)
    if how == "sleep":
        time.sleep(600)
    if how == "raise":
        raise OddError("no words\nat all")


class OddError(Exception):
    """An exception of a class that nobody else has."""
