from pathlib import Path

import mediapipe as mp
import numpy as np
import pytest

from datasets.errors import UserError
from datasets.talker import write_talker
from tests.datasets.talker.conftest import pictures, sound

SMALL = {"width_px": 160, "height_px": 96}


def test_the_file_has_the_frames_and_the_sound_it_should(talker):
    frames = pictures(talker.video)
    samples, rate = sound(talker.video)
    assert frames.shape == (225, 180, 320, 3)
    assert talker.truth.n_frames == 225
    assert rate == 48_000
    assert abs(len(samples) / rate - 9) < 0.05


def test_pictures_jump_at_the_cuts_and_nowhere_else(talker):
    frames = pictures(talker.video).astype(np.int16)
    jumps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    found = np.flatnonzero(jumps > 15) + 1
    assert found.tolist() == talker.truth.cut_frames.tolist()
    assert len(found) == 2


def test_fades_go_down_to_black_and_up_again_where_the_truth_says(talker):
    brightness = pictures(talker.video).mean(axis=(1, 2, 3))
    [(start, end, black)] = talker.truth.fades.tolist()
    assert brightness[black] < 1
    assert brightness[black] == brightness[start:end].min()
    assert (np.diff(brightness[start:black]) < 0.5).all()
    assert (np.diff(brightness[black:end]) > -0.5).all()
    assert brightness[start - 1] > 30
    assert brightness[end] > 30
    assert talker.truth.shot[black] == talker.truth.shot[black - 1] + 1


def test_the_voice_sets_in_at_the_beats(talker):
    samples, rate = sound(talker.video)
    for beat in talker.truth.beats_s:
        before = samples[int((beat - 0.06) * rate) : int((beat - 0.01) * rate)]
        after = samples[int((beat + 0.01) * rate) : int((beat + 0.06) * rate)]
        assert np.abs(after).mean() > 3 * np.abs(before).mean()


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path):
    def written(name: str, seed: int) -> tuple[np.ndarray, bytes]:
        video, truth = tmp_path / f"{name}.mp4", tmp_path / f"{name}.npz"
        write_talker(video, seconds=2, shots=1, seed=seed, truth=truth, **SMALL)
        return pictures(video), truth.read_bytes()

    first, again, other = written("first", 1), written("again", 1), written("other", 2)
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert not np.array_equal(first[0], other[0])
    assert first[1] != other[1]


def test_one_shot_has_neither_cut_nor_fade(tmp_path):
    reports: list[tuple[int, int]] = []
    truth = write_talker(
        tmp_path / "one.mp4",
        seconds=2,
        shots=1,
        progress=lambda done, of: reports.append((done, of)),
        **SMALL,
    )
    assert len(truth.cut_frames) == len(truth.fades) == 0
    assert reports == [(done, 50) for done in range(1, 51)]
    assert [path.name for path in tmp_path.iterdir()] == ["one.mp4"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shots": 0}, "at least one"),
        ({"seconds": 5, "shots": 3}, "at least 6 seconds"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"seconds": -1, "shots": 1}, "seconds is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"width_px": 321}, "must be even"),
        ({"rate_hz": 0}, "rate_hz is 0"),
    ],
)
def test_impossible_arguments_are_told_in_one_sentence(tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        write_talker(tmp_path / "talker.mp4", **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["absent/talker.mp4", "file/talker.mp4", "."])
def test_a_place_that_cannot_be_written_is_told_before_rendering(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="folder"):
        write_talker(tmp_path / place)
    with pytest.raises(UserError, match="folder"):
        write_talker(tmp_path / "talker.mp4", truth=tmp_path / place)


def test_one_name_for_video_and_truth_is_refused(tmp_path):
    with pytest.raises(UserError, match="give two names"):
        write_talker(tmp_path / "talker.mp4", truth=tmp_path / "talker.mp4")


def test_a_failure_part_way_leaves_nothing_behind(tmp_path):
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_talker(tmp_path / "talker.mp4", seconds=2, shots=1, progress=stop, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_mediapipe_finds_both_hands_where_the_truth_has_them(tmp_path: Path):
    truth = write_talker(tmp_path / "talker.mp4", seconds=2.4, shots=1, seed=1)
    frames = pictures(tmp_path / "talker.mp4")
    middle = int(truth.body_2d[:, 1:3, 0].mean())  # of the shoulders
    left = min(max(middle - 262, 0), 1280 - 524)  # 524 x 720 has the shape of a clip
    errors = []
    with mp.solutions.hands.Hands(static_image_mode=False, max_num_hands=2) as detector:
        for frame, expected in zip(frames, truth.keypoints_2d, strict=True):
            found = detector.process(np.ascontiguousarray(frame[:, left : left + 524])).multi_hand_landmarks
            for hand in found or []:
                points = np.array([[left + 524 * p.x, 720 * p.y] for p in hand.landmark])
                errors.append(np.linalg.norm(expected - points, axis=-1).mean(axis=1).min())
    assert len(errors) > 0.8 * 2 * len(frames)
    assert np.median(errors) < 10  # hands are about 110 px long
