"""The code of recognition, alignment and diarisation, on random models in their true formats.

What such models say means nothing; how it is put together does.
"""

import json
from itertools import chain, pairwise

import numpy as np
import pytest

from datasets.errors import UserError
from datasets.frame import AUDIO_RATE_HZ
from datasets.models import missing_sentence
from tests.annotators.speech.sounds import chords

NOBODYS = "nobody/no-such-model"


@pytest.fixture(scope="module")
def sounds(heard) -> list[np.ndarray]:
    """Two people in 8 s, one in 4 s, music, one in 5 s."""
    talk = heard("two_speakers.wav")
    parts = [talk[6 * AUDIO_RATE_HZ : 14 * AUDIO_RATE_HZ], talk[20 * AUDIO_RATE_HZ : 24 * AUDIO_RATE_HZ]]
    return [*parts, chords(3.0), heard("jfk.flac")[: 5 * AUDIO_RATE_HZ]]


@pytest.fixture(scope="module")
def rows(worker, tiny, sounds) -> list[dict]:
    return worker.rows(sounds, tiny)


def test_every_column_is_filled_where_all_models_are_there(rows):
    for row in (rows[0], rows[1], rows[3]):
        assert row["speech_reason"] is None
        assert row["speech_language"] == "en"
        assert [name for name, value in row.items() if value is None] == ["speech_reason"]
        assert set(json.loads(row["speech_models"])) == {"vad", "recognition", "alignment", "diarisation"}


def test_words_are_those_of_the_text_in_its_order(rows):
    for row in rows:
        assert [each["word"] for each in row["speech_words"]] == row["speech_text"].split()
    assert len(rows[0]["speech_words"]) > 5
    assert (
        len({row["speech_text"] for row in rows}) >= 3
    )  # what is heard changes what is said; music says nothing


def test_words_follow_each_other_within_the_clip_with_scores_of_a_probability(rows, sounds):
    for row, sound in zip(rows, sounds, strict=True):
        times = [time_s for each in row["speech_words"] for time_s in (each["start_s"], each["end_s"])]
        assert all(before <= after for before, after in pairwise(times))
        assert all(0.0 <= time_s <= len(sound) / AUDIO_RATE_HZ + 0.02 for time_s in times)
        assert all(0.0 <= each["score"] <= 1.0 for each in row["speech_words"])


def test_segments_hold_the_words_said_in_them(rows):
    for row in rows:
        assert " ".join(each["text"] for each in row["speech_segments"] if each["text"]) == row["speech_text"]
    voices = [each for each in rows[0]["speech_segments"] if each["text"]]
    assert len(voices) == len(rows[0]["speech_segments"]) > 1


def test_speakers_are_letters_by_who_speaks_first_and_words_have_those_of_their_turns(rows):
    turns, words = rows[0]["speech_turns"], rows[0]["speech_words"]
    starts = [turn["start_s"] for turn in turns]
    assert starts == sorted(starts)
    names = list(dict.fromkeys(turn["speaker"] for turn in turns))
    assert names == ["A", "B", "C", "D"][: rows[0]["speech_voices"]]
    for word in words:
        shared = {
            turn["speaker"]
            for turn in turns
            if turn["start_s"] < word["end_s"] and turn["end_s"] > word["start_s"]
        }
        assert word["speaker"] in (shared or {None})


def test_music_runs_no_recognition(rows):
    silent = rows[2]
    assert (silent["speech_text"], silent["speech_words"], silent["speech_turns"]) == ("", [], [])
    assert json.loads(silent["speech_models"]) == {"vad": "whisperx-3.8.6"}


def test_rows_do_not_depend_on_the_clips_beside_them_and_come_out_the_same_again(worker, tiny, sounds, rows):
    assert list(chain(*(worker.rows([sound], tiny) for sound in sounds))) == rows
    assert worker.rows(sounds[::-1], tiny)[::-1] == rows


def test_what_is_longer_than_whisper_hears_at_once_is_recognised_in_pieces(worker, tiny, heard):
    talk = heard("two_speakers.wav")
    long = np.concatenate([talk, talk[: 20 * AUDIO_RATE_HZ]])
    row = worker.rows([long], tiny | {"diarisation": None})[0]
    assert len(row["speech_words"]) >= 20  # the tiny model says 12 words a piece
    starts = [each["start_s"] for each in row["speech_words"]]
    assert starts == sorted(starts)
    assert starts[-1] > 30.0


def test_words_that_alignment_finds_no_place_for_are_kept_without_times(worker, tiny, sounds, tmp_path):
    talkative = worker.ask("talkative", folder=str(tmp_path / "talkative"))
    row = worker.rows(sounds[1:2], tiny | {"recognition": talkative, "diarisation": None})[0]
    assert [each["word"] for each in row["speech_words"]] == row["speech_text"].split()
    assert len(row["speech_words"]) > 100
    assert {each["start_s"] for each in row["speech_words"]} == {None}
    assert [each["text"] for each in row["speech_segments"]] == [row["speech_text"]]


def test_without_a_recognition_model_voice_and_turns_are_there(worker, tiny, sounds, rows):
    row = worker.rows(sounds[:1], tiny | {"recognition": NOBODYS})[0]
    assert row["speech_reason"] == missing_sentence(NOBODYS)
    assert (row["speech_text"], row["speech_words"], row["speech_language"]) == (None, None, None)
    assert {each["text"] for each in row["speech_segments"]} == {None}
    for column in ("speech_ratio", "speech_turns", "speech_voices"):
        assert row[column] == rows[0][column]


def test_without_an_alignment_model_there_are_texts_of_whole_pieces(worker, tiny, sounds, rows):
    row = worker.rows(sounds[:1], tiny | {"alignment": NOBODYS})[0]
    assert row["speech_reason"] == missing_sentence(NOBODYS)
    assert row["speech_words"] is None
    first, last = rows[0]["speech_segments"][0], rows[0]["speech_segments"][-1]
    whole = {"start_s": first["start_s"], "end_s": last["end_s"], "text": rows[0]["speech_text"]}
    assert row["speech_segments"] == [whole]
    for column in ("speech_ratio", "speech_text", "speech_language", "speech_turns", "speech_voices"):
        assert row[column] == rows[0][column]


def test_a_language_without_an_alignment_model_is_a_reason(worker, tiny, sounds):
    row = worker.rows(sounds[1:2], tiny | {"language": "haw", "alignment": None, "diarisation": None})[0]
    assert row["speech_language"] == "haw"
    assert row["speech_words"] is None
    assert row["speech_reason"].startswith("no alignment model is known for the language haw")


def test_without_a_diarisation_model_nobody_counts_the_voices(worker, tiny, sounds, rows):
    row = worker.rows(sounds[:1], tiny | {"diarisation": NOBODYS})[0]
    assert row["speech_reason"] == missing_sentence(NOBODYS)
    assert (row["speech_turns"], row["speech_voices"]) == (None, None)
    assert [each | {"speaker": None} for each in rows[0]["speech_words"]] == row["speech_words"]
    assert row["speech_segments"] == rows[0]["speech_segments"]


def test_of_several_missing_models_the_first_is_told(worker, sounds):
    params = {"recognition": NOBODYS, "alignment": "x/y", "diarisation": "x/z"}
    row = worker.rows(sounds[:1], params)[0]
    assert row["speech_reason"] == missing_sentence(NOBODYS)
    assert row["speech_ratio"] > 0.5


def test_a_folder_that_holds_another_model_is_told_by_its_name(worker, tiny, sounds):
    with pytest.raises(UserError, match=r"wav2vec2 does not load .*emo2 models list"):
        worker.rows(sounds[:1], tiny | {"recognition": tiny["alignment"]})


def test_arithmetic_that_the_device_cannot_do_is_told(worker, tiny, sounds):
    with pytest.raises(UserError, match=r"whisper does not load .*another arithmetic"):
        worker.rows(sounds[:1], tiny | {"compute_type": "int8_float16", "device": "cpu"})


def test_a_language_that_the_model_does_not_speak_is_told(worker, tiny, sounds):
    with pytest.raises(UserError, match="language xx"):
        worker.rows(sounds[:1], tiny | {"language": "xx"})


def test_embeddings_of_shared_frames_are_those_of_pyannote(worker, tiny, sounds):
    told = worker.ask("embeddings", diarisation=tiny["diarisation"], samples=worker.kept(sounds[0]))
    assert np.allclose(told["shared"], told["own"], atol=1e-4)
    assert not np.allclose(told["own"][0], told["own"][1], atol=1e-2)  # another mask is another voice
    duration_s = len(sounds[0]) / AUDIO_RATE_HZ
    within = [
        (start_s, min(end_s, duration_s)) for start_s, end_s, _ in told["turns_alone"] if start_s < duration_s
    ]
    assert np.allclose([turn[:2] for turn in told["turns"]], within, atol=0.02)


def test_nothing_is_reported_and_nothing_printed(worker, rows):
    facts = worker.ask("facts")
    assert facts["reports"] is False
    assert worker.printed() == ""
    assert rows[0]["speech_models"].count(f"whisperx-{facts['whisperx']}") == 1
