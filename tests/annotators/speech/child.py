"""What tests ask of the speech environment: a process in it that answers lines of JSON with lines of JSON.

Started by worker.py with that environment's Python. Standard output belongs to the answers; whatever whisperX
printed there would spoil them, and whatever it prints to standard error is kept for a test.
"""

import json
import sys
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from annotators.annotator import Clip
from annotators.settings import SpeechParams
from annotators.speech import SpeechAnnotator
from annotators.speech.diarisation import Diariser
from annotators.speech.quiet import before_import, unheard
from datasets.errors import UserError

_NO_PICTURES = np.zeros((0, 704, 512, 3), np.uint8)


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": _ANSWERS[asked.pop("do")](**asked)}
        except UserError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


def _annotate(params: str, clips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return _annotator(params).annotate([_clip(**clip) for clip in clips]).to_pylist()


@cache
def _annotator(params: str) -> SpeechAnnotator:
    return SpeechAnnotator(SpeechParams.model_validate_json(params))


def _clip(clip_id: str, samples: str | None, n_frames: int) -> Clip:
    return Clip(clip_id, _NO_PICTURES, np.load(samples) if samples else None, stored_frames=n_frames)


def _talkative(folder: str) -> str:
    """A recognition model that says more words than there is sound for."""
    from benchmarks.speech.tiny_whisper import TINY, write_whisper

    with unheard():
        return str(write_whisper(Path(folder), replace(TINY, tokens=200)))


def _tiny_models(folder: str) -> dict[str, str]:
    from benchmarks.speech.tiny_diarisation import write_diarisation
    from benchmarks.speech.tiny_wav2vec2 import write_wav2vec2
    from benchmarks.speech.tiny_whisper import write_whisper

    with unheard():
        return {
            "recognition": str(write_whisper(Path(folder, "whisper"))),
            "alignment": str(write_wav2vec2(Path(folder, "wav2vec2"))),
            "diarisation": str(write_diarisation(Path(folder, "diarisation"))),
        }


def _embeddings(diarisation: str, samples: str) -> dict[str, Any]:
    """Embeddings of one sound under two masks, and of another, and turns: by pyannote alone, and as ours."""
    before_import()
    with unheard():
        import torch
        from whisperx.diarize import DiarizationPipeline

        alone, ours = DiarizationPipeline(model_name=diarisation), Diariser(Path(diarisation), device="cpu")
        sound = np.load(samples)
        windows = torch.from_numpy(np.stack([sound[:60_000], sound[:60_000], sound[60_000:120_000]]))[:, None]
        masks = torch.ones((3, 100))
        masks[1, :50] = 0.0
        told = alone(sound)
        return {
            "shared": ours._pipeline.model._embedding(windows, masks=masks).tolist(),
            "own": alone.model._embedding(windows, masks=masks).tolist(),
            "turns": sorted((turn.start_s, turn.end_s, turn.speaker) for turn in ours(sound)),
            "turns_alone": sorted(zip(told["start"], told["end"], told["speaker"], strict=True)),
        }


def _facts() -> dict[str, Any]:
    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    return {"whisperx": version("whisperx"), "reports": is_metrics_enabled()}


_ANSWERS = {
    "annotate": _annotate,
    "tiny_models": _tiny_models,
    "talkative": _talkative,
    "embeddings": _embeddings,
    "facts": _facts,
}

if __name__ == "__main__":
    main()
