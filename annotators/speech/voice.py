"""Voice activity with pyannote's segmentation network, whose weights come inside the whisperX package."""

from typing import Any

import numpy as np

from annotators.speech.parts import Piece, Stretch
from datasets.frame import AUDIO_RATE_HZ

_LONGEST_S = 30.0  # what Whisper hears at once
_SHORTEST_S = 0.1


class VoiceActivity:
    """Finds where there is a voice; an hour of clips of 12 s takes a core about a minute."""

    def __init__(self, *, onset: float, offset: float, device: str) -> None:
        """onset, offset: probabilities at which a voice begins, and below which it ends."""
        from whisperx.vads.pyannote import Binarize, load_vad_model

        self._network: Any = load_vad_model(device)
        # whisperX cuts what is too long for Whisper where a voice is least sure
        self._binarize = Binarize(
            onset=onset, offset=offset, min_duration_on=_SHORTEST_S, max_duration=_LONGEST_S
        )

    def __call__(self, samples: np.ndarray) -> list[Piece]:
        """The voice in (S,) float32 at 16 kHz, in pieces to recognise, in order."""
        if not len(samples):
            return []
        import torch

        scores = self._network({"waveform": torch.from_numpy(samples)[None], "sample_rate": AUDIO_RATE_HZ})
        duration_s = len(samples) / AUDIO_RATE_HZ
        times = [
            (max(0.0, each.start), min(duration_s, each.end))  # the network sees past the end
            for each in self._binarize(scores).get_timeline()
        ]
        return _pieces([Stretch(start_s, end_s) for start_s, end_s in times if start_s < end_s])


def _pieces(stretches: list[Stretch]) -> list[Piece]:
    """Neighbours together up to 30 s, by whisperX' own rule (Bain et al. 2023, section 2.2)."""
    from whisperx.diarize import Segment
    from whisperx.vads import Vad

    if not stretches:
        return []
    merged = Vad.merge_chunks(
        [Segment(each.start_s, each.end_s) for each in stretches], _LONGEST_S, onset=0.5, offset=None
    )
    return [Piece(tuple(Stretch(start_s, end_s) for start_s, end_s in each["segments"])) for each in merged]
