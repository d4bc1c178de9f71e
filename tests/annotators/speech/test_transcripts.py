"""What is said in the recordings, by real models where this machine has them."""

import numpy as np
import pytest

from datasets.frame import AUDIO_RATE_HZ
from datasets.models import find_model, missing_sentence
from tests.annotators.speech.sounds import active, turns_of, word_error_rate

JFK = (
    "And so my fellow Americans, ask not what your country can do for you, "
    "ask what you can do for your country."
)


def test_word_errors_are_insertions_deletions_and_replacements():
    assert word_error_rate("The cat sat.", "the cat sat") == 0.0
    assert word_error_rate("the cat", "the cat sat") == pytest.approx(1 / 3)
    assert word_error_rate("a cat sat down", "the cat sat") == pytest.approx(2 / 3)
    assert word_error_rate("", "the cat sat") == 1.0


@pytest.fixture
def real(real_models) -> dict[str, str]:
    """Paths of real models by kind; skipped where recognition or English alignment is not on this machine."""
    named = {
        "recognition": ("whisper-small", "whisper-base", "whisper-tiny"),
        "alignment": ("wav2vec2-base-960h",),
    }
    found = {kind: next(filter(None, map(find_model, names)), None) for kind, names in named.items()}
    for kind, names in named.items():
        if found[kind] is None:
            pytest.skip(missing_sentence(names[0]))
    return {kind: str(model.path) for kind, model in found.items() if model}


def test_known_sentences_are_written_down_with_the_times_of_their_words(worker, real, heard, media):
    truth = (media / "speech" / "librispeech_61-70968-0000.txt").read_text()
    known = {"jfk.flac": JFK, "librispeech_61-70968-0000.flac": truth}
    sounds = [heard(name) for name in known]
    rows = worker.rows(sounds, real | {"diarisation": None})
    for row, sentence, sound in zip(rows, known.values(), sounds, strict=True):
        assert word_error_rate(row["speech_text"], sentence) <= 0.15
        assert row["speech_language"] == "en"
        duration_s = len(sound) / AUDIO_RATE_HZ
        voice = active(
            [(each["start_s"] - 0.1, each["end_s"] + 0.1) for each in row["speech_segments"]], duration_s
        )
        words = active([(each["start_s"], each["end_s"]) for each in row["speech_words"]], duration_s)
        assert (words & voice).sum() >= 0.95 * words.sum()
        assert all(each["end_s"] - each["start_s"] < 1.5 for each in row["speech_words"])


def test_two_people_are_told_apart(worker, real_models, heard, media):
    model = find_model("diarisation-community-1")
    if model is None:
        pytest.skip(missing_sentence("diarisation-community-1"))
    row = worker.rows([heard("two_speakers.wav")], {"recognition": None, "diarisation": str(model.path)})[0]
    assert row["speech_voices"] == 2
    known = turns_of(media / "speech" / "two_speakers.rttm")
    truth = [_of(known, speaker) for speaker in sorted({speaker for _, _, speaker in known})]
    told = [(turn["start_s"], turn["end_s"], turn["speaker"]) for turn in row["speech_turns"]]
    found = [_of(told, speaker) for speaker in ("A", "B")]
    right = max(
        sum(float((one & other).sum()) for one, other in zip(found, order, strict=True))
        for order in (truth, truth[::-1])
    )
    assert right >= 0.9 * sum(float(one.sum()) for one in truth)


def _of(turns: list[tuple[float, float, str]], speaker: str) -> np.ndarray:
    return active([(start_s, end_s) for start_s, end_s, who in turns if who == speaker], 30.0)
