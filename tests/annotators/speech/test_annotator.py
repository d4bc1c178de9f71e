"""The speech annotator outside its environment: it can be made, and labels what needs no model."""

import subprocess
import sys

import numpy as np
import pytest

from annotators.annotator import Clip
from annotators.settings import SpeechParams
from annotators.speech import SpeechAnnotator
from datasets.errors import UserError

NO_PICTURES = np.zeros((0, 704, 512, 3), np.uint8)


def test_it_is_made_without_whisperx_or_torch():
    program = (
        "import sys; from annotators.speech import SpeechAnnotator; print(sorted(SpeechAnnotator().params)); "
        "assert not {'torch', 'whisperx', 'transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "'voice_onset'" in done.stdout


def test_a_clip_without_sound_has_no_voice_and_no_reason():
    row = SpeechAnnotator().annotate([Clip("a", NO_PICTURES, stored_frames=50)]).to_pylist()[0]
    assert row == {
        "speech_ratio": 0.0,
        "speech_segments": [],
        "speech_text": "",
        "speech_language": None,
        "speech_words": [],
        "speech_turns": [],
        "speech_voices": 0,
        "speech_models": '{"vad": "whisperx-3.8.6"}',
        "speech_reason": None,
    }


def test_what_labels_depend_on_is_told_without_the_device():
    there, here = (SpeechAnnotator(SpeechParams(device=device)).params for device in ("cuda", "cpu"))
    assert there == here
    louder = SpeechAnnotator(SpeechParams(voice_onset=0.7)).params
    assert louder != here


def test_sound_is_refused_where_whisperx_is_not(monkeypatch):
    monkeypatch.setattr("annotators.speech.engine.find_spec", lambda name: None)
    clip = Clip("a", NO_PICTURES, np.zeros(32_000, np.float32), stored_frames=50)
    with pytest.raises(UserError, match="emo2 env build speech"):
        SpeechAnnotator().annotate([clip])
