"""What the audio annotator is worth and what it costs: onsets, pitch, features of two cuts, CPU-ms a frame."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from annotators.annotator import Clip
from annotators.audio import AudioAnnotator
from annotators.audio.annotator import MeasureParams
from annotators.audio.frames import SAMPLES_A_FRAME
from annotators.audio.loudness import loudness_dbfs
from annotators.audio.onsets import onsets_s
from annotators.audio.pitch import pitch
from annotators.columns import one_value
from annotators.settings import AudioParams
from benchmarks.audio_models import BASE_FIELDS, save_speech_model
from benchmarks.audio_sounds import Matches, Voice, click_track, matched, talker_voice, with_noise
from benchmarks.results import Row, held_row, report
from datasets.frame import CLIP_RATE_HZ
from datasets.models import find_model

_MEASURES = MeasureParams()
_WITHIN_S = 1 / CLIP_RATE_HZ
_SNR_DB = (None, 20.0)
_TEMPI = (60, 90, 120, 180, 240)
_CLIP_FRAMES = 300


def run(*, quick: bool = False) -> Path:
    """Print the table and write audio.json."""
    return report("audio", rows(quick=quick))


def rows(*, quick: bool = False) -> list[Row]:
    """quick: fewer voices, and no model of the size of the real one."""
    voices = [talker_voice(seed) for seed in range(3 if quick else 12)]
    return [*_onset_rows(voices), *_pitch_rows(voices), *_cost_rows(voices[0]), *_model_rows(quick)]


def _onset_rows(voices: Sequence[Voice]) -> Iterator[Row]:
    tracks = [
        (_noisy(audio, snr_db), clicks_s)
        for (audio, clicks_s), snr_db in product(map(click_track, _TEMPI), _SNR_DB)
    ]
    clicks = [_onsets_matched(audio, known_s) for audio, known_s in tracks]
    worst_ms = 1000 * max(float(np.abs(match.errors_s).max(initial=0.0)) for match in clicks)
    yield held_row(
        "clicks, 60 to 240 a minute, clean and at 20 dB: farthest onset",
        worst_ms,
        "ms",
        10.0,
        better="lower",
        parts=_shares(clicks),
    )
    for snr_db in (None, 20.0, 10.0):
        found = [_onsets_matched(_noisy(voice.audio, snr_db), voice.starts_s) for voice in voices]
        shares = _shares(found)
        error_ms = 1000 * float(np.abs(np.concatenate([match.errors_s for match in found])).mean())
        parts = {"precision": shares["precision"], "mean error ms": error_ms}
        yield Row(
            f"talker's syllables {_called(snr_db)}: onsets found", shares["recall"], "share", parts=parts
        )


def _pitch_rows(voices: Sequence[Voice]) -> Iterator[Row]:
    for snr_db in (None, 20.0, 10.0):
        known = np.concatenate([voice.pitch_hz() for voice in voices])
        found = np.concatenate([_pitch_hz(_noisy(voice.audio, snr_db)) for voice in voices])
        errors = np.abs(found / known - 1)[np.isfinite(known)]
        heard = errors[np.isfinite(errors)]
        parts = {"voiced": len(heard) / len(errors), "over 20 %": float(np.mean(heard > 0.2))}
        name = f"talker's pitch {_called(snr_db)}: within 2 %"
        yield held_row(name, float(np.mean(heard < 0.02)), "share", 0.98, better="higher", parts=parts)


def _cost_rows(voice: Voice) -> Iterator[Row]:
    audio = voice.audio
    parts: dict[str, float] = {
        "loudness": _cpu_ms_a_frame(lambda: loudness_dbfs(audio, _CLIP_FRAMES)),
        "pitch": _cpu_ms_a_frame(lambda: pitch(audio, _CLIP_FRAMES, _MEASURES.pitch)),
        "onsets": _cpu_ms_a_frame(lambda: onsets_s(audio, _MEASURES.onsets)),
    }
    name = "loudness, pitch and onsets"
    yield held_row(name, sum(parts.values()), "CPU-ms a frame", 2.0, better="lower", parts=parts)


def _model_rows(quick: bool) -> Iterator[Row]:
    """Of the real weights where they are here, else of random ones, which cost as much."""
    if find_model("wav2vec2-base"):
        yield from _rows_of_model("wav2vec2-base", "wav2vec2-base")
        return
    with tempfile.TemporaryDirectory() as folder:
        small = save_speech_model(Path(folder) / "small", **({} if quick else BASE_FIELDS))
        yield from _rows_of_model(
            str(small), "random weights, " + ("2 layers" if quick else "wav2vec2-base's size")
        )


def _rows_of_model(model: str, called: str) -> Iterator[Row]:
    annotator = AudioAnnotator(AudioParams(model=model, device="cpu"))
    speech = with_noise(talker_voice(0, 20.0).audio, 40)
    first = _features(annotator, speech[: _CLIP_FRAMES * SAMPLES_A_FRAME])
    started_s = time.process_time()
    second = _features(annotator, speech[75 * SAMPLES_A_FRAME : (75 + _CLIP_FRAMES) * SAMPLES_A_FRAME])
    cost_ms = 1000 * (time.process_time() - started_s) / _CLIP_FRAMES
    alike = _likeness(first[100:275], second[25:200], first.mean(axis=0))
    parts = {"least": float(alike.min()), "frames": len(alike)}
    name = f"features of two cuts 3 s apart, 1 s and more from their ends ({called})"
    yield Row(name, float(alike.mean()), "cosine about the mean", parts=parts)
    yield Row(f"all of the slot ({called})", cost_ms, "CPU-ms a frame")


def _features(annotator: AudioAnnotator, audio: np.ndarray) -> np.ndarray:
    """(T, 768) float32."""
    frames = len(audio) // SAMPLES_A_FRAME
    batch = annotator.annotate([Clip("a", np.zeros((0, 704, 512, 3), np.uint8), audio, stored_frames=frames)])
    return one_value(batch["audio_features"]).astype(np.float32)


def _likeness(first: np.ndarray, second: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(T,) cosine of what differs from the mean vector, which all frames share and which would flatter."""
    first, second = first - mean, second - mean
    return (first * second).sum(axis=1) / (np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1))


def _onsets_matched(audio: np.ndarray, known_s: np.ndarray) -> Matches:
    return matched(onsets_s(audio, _MEASURES.onsets), known_s, _WITHIN_S)


def _pitch_hz(audio: np.ndarray) -> np.ndarray:
    return pitch(audio, len(audio) // SAMPLES_A_FRAME, _MEASURES.pitch)[:, 0]


def _shares(found: Sequence[Matches]) -> dict[str, float]:
    return {
        "recall": float(np.mean([match.recall for match in found])),
        "precision": float(np.mean([match.precision for match in found])),
    }


def _noisy(audio: np.ndarray, snr_db: float | None) -> np.ndarray:
    return audio if snr_db is None else with_noise(audio, snr_db)


def _called(snr_db: float | None) -> str:
    return "clean" if snr_db is None else f"at {snr_db:g} dB"


def _cpu_ms_a_frame(measure: Callable[[], object], *, times: int = 3) -> float:
    """The least of several, after one to warm up."""
    measure()
    took_s = []
    for _ in range(times):
        started_s = time.process_time()
        measure()
        took_s.append(time.process_time() - started_s)
    return 1000 * min(took_s) / _CLIP_FRAMES
