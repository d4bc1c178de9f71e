"""Times our path and whisperX alone in turn, on the same sounds with the same models; runs in the speech environment.

`python -m benchmarks.speech.measure` takes a JSON on standard input (`Order`) and prints one (list of `Timed`).
Times are CPU seconds of the process, with one thread: the machine may be shared, and cores are what is paid for.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotators.annotator import Clip
from annotators.settings import SpeechParams
from annotators.speech import SpeechAnnotator
from annotators.speech.alignment import without_download
from annotators.speech.engine import Engine
from annotators.speech.found import SpeechModels
from annotators.speech.quiet import unheard
from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ

_NO_PICTURES = np.zeros((0, 704, 512, 3), np.uint8)


@dataclass(frozen=True)
class Order:
    """What to time."""

    sounds: tuple[str, ...]  # files of samples
    models: dict[str, str | None]  # paths by kind; None: that part is left out
    repeats: int
    alone: bool = True  # whisperX beside ours


@dataclass
class Timed:
    """CPU seconds of one round over all sounds."""

    who: str  # "ours" or "alone"
    audio_s: float
    whole_s: float = 0.0
    parts_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, part: str, work: Callable[[], Any]) -> Any:
        """What `work` gives, its time noted."""
        began = time.process_time()
        result = work()
        self.parts_s[part] += time.process_time() - began
        return result


def main() -> None:
    """Read an order, print what was timed."""
    order = Order(**json.load(sys.stdin))
    print(json.dumps([vars(timed) for timed in measured(order)]))


def measured(order: Order) -> list[Timed]:
    """Both in turn, so that what else the machine does hits both; a round of each goes before, for what is loaded."""
    sounds = [np.load(path) for path in order.sounds]
    params = SpeechParams(language="en", device="cpu", compute_type="int8", **order.models)
    ours = _Ours(params)
    players = [ours.round, _Alone(params).round] if order.alone else [ours.round]
    for play in players:
        play([sounds[0][: 5 * AUDIO_RATE_HZ]])
    rounds = []
    for turn in range(order.repeats):
        rounds += [play(sounds) for play in (players if turn % 2 == 0 else players[::-1])]
    return rounds


class _Ours:
    """Our annotator, its engine's calls timed."""

    def __init__(self, params: SpeechParams) -> None:
        self._annotator = SpeechAnnotator(params)
        self._engine = _TimedEngine(SpeechModels.find(params))
        self._annotator._engine = self._engine

    def round(self, sounds: Sequence[np.ndarray]) -> Timed:
        timed = self._engine.timed = Timed("ours", _seconds(sounds))
        began = time.process_time()
        for sound in sounds:
            frames = len(sound) * CLIP_RATE_HZ // AUDIO_RATE_HZ
            self._annotator.annotate([Clip("a", _NO_PICTURES, sound, stored_frames=frames)])
        timed.whole_s = time.process_time() - began
        return timed


class _TimedEngine(Engine):
    timed: Timed

    def voice(self, *args: Any) -> Any:
        return self.timed.add("voice", lambda: super(_TimedEngine, self).voice(*args))

    def recognised(self, *args: Any) -> Any:
        return self.timed.add("recognition", lambda: super(_TimedEngine, self).recognised(*args))

    def aligned(self, *args: Any) -> Any:
        return self.timed.add("alignment", lambda: super(_TimedEngine, self).aligned(*args))

    def turns(self, *args: Any) -> Any:
        return self.timed.add("diarisation", lambda: super(_TimedEngine, self).turns(*args))


class _Alone:
    """whisperX as its README has it, by its public functions alone."""

    def __init__(self, params: SpeechParams) -> None:
        import whisperx
        from whisperx.diarize import DiarizationPipeline

        self._models, self._tables = params, without_download()
        with unheard():
            self._pipeline: Any = whisperx.load_model(
                params.recognition, "cpu", compute_type="int8", language="en", threads=1
            )
            self._aligner, self._metadata = whisperx.load_align_model(
                "en", "cpu", model_name=params.alignment, model_cache_only=True
            )
            self._diarise = DiarizationPipeline(params.diarisation) if params.diarisation else None
        self._hear = self._pipeline.vad_model

    def round(self, sounds: Sequence[np.ndarray]) -> Timed:
        timed = Timed("alone", _seconds(sounds))
        self._pipeline.vad_model = _timed_voice(self._hear, timed)
        began = time.process_time()
        with unheard():
            for sound in sounds:
                self._file(sound, timed)
        timed.whole_s = time.process_time() - began
        timed.parts_s["recognition"] -= timed.parts_s["voice"]  # transcribe does both
        return timed

    def _file(self, sound: np.ndarray, timed: Timed) -> None:
        import whisperx

        told = timed.add("recognition", lambda: self._pipeline.transcribe(sound, batch_size=8))
        aligned = timed.add(
            "alignment",
            lambda: whisperx.align(told["segments"], self._aligner, self._metadata, sound, "cpu"),
        )
        if diarise := self._diarise:
            turns = timed.add("diarisation", lambda: diarise(sound))
            whisperx.assign_word_speakers(turns, aligned)


def _timed_voice(hear: Any, timed: Timed) -> Any:
    """whisperX' voice activity with its time noted."""
    from whisperx.vads import Pyannote

    class TimedVoice(Pyannote):
        def __init__(self) -> None:
            pass  # the network is in `hear`

        def __call__(self, audio: Any, **kwargs: Any) -> Any:
            return timed.add("voice", lambda: hear(audio))

        @staticmethod
        def merge_chunks(*args: Any, **kwargs: Any) -> Any:
            return timed.add("voice", lambda: Pyannote.merge_chunks(*args, **kwargs))

    return TimedVoice()


def _seconds(sounds: Sequence[np.ndarray]) -> float:
    return sum(len(sound) for sound in sounds) / AUDIO_RATE_HZ


if __name__ == "__main__":
    main()
