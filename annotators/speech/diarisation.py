"""Who speaks when, with a pipeline of pyannote."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from annotators.speech.parts import Turn
from datasets.frame import AUDIO_RATE_HZ


class Diariser:
    """Tells voices apart, over a whole clip at once."""

    def __init__(self, folder: Path, *, device: str) -> None:
        """folder: config.yaml, and segmentation, embedding and PLDA in folders beside it."""
        from whisperx.diarize import DiarizationPipeline

        self._pipeline = DiarizationPipeline(model_name=str(folder), device=device)
        model = self._pipeline.model
        model._embedding = _shared_frames(model._embedding)

    def __call__(self, samples: np.ndarray) -> list[Turn]:
        """The turns in (S,) float32 at 16 kHz, by the pipeline's own names of speakers."""
        duration_s = len(samples) / AUDIO_RATE_HZ
        told = self._pipeline(samples)
        turns = [
            Turn(str(speaker), max(0.0, float(start_s)), min(duration_s, float(end_s)))
            for speaker, start_s, end_s in zip(told["speaker"], told["start"], told["end"], strict=True)
        ]
        return [turn for turn in turns if turn.start_s < turn.end_s]


def _shared_frames(embedding: Any) -> Any:
    """The same network, run once where the same sound is asked for each of its voices.

    pyannote asks for an embedding of each of up to three voices in a window of 10 s, by the same sound and
    another mask; the mask only enters when the frames are pooled. Embeddings that are no such network are left
    as they are.
    """
    import torch
    from pyannote.audio.pipelines.speaker_verification import PyannoteAudioPretrainedSpeakerEmbedding

    class SharedFrames(PyannoteAudioPretrainedSpeakerEmbedding):
        def __call__(self, waveforms: Any, masks: Any = None) -> np.ndarray:
            if masks is None:
                return super().__call__(waveforms)
            new = [True, *(not torch.equal(a, b) for a, b in pairwise(waveforms))]
            owner = torch.tensor(np.cumsum(new) - 1)
            with torch.inference_mode():
                frames = self.model_.forward_frames(waveforms[torch.tensor(new)].to(self.device))
                pooled = self.model_.forward_embedding(frames[owner], weights=masks.to(self.device))
            return pooled.cpu().numpy()

    if not hasattr(getattr(embedding, "model_", None), "forward_frames"):
        return embedding
    return SharedFrames(embedding.model_, device=embedding.device)
