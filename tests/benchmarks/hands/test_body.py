"""The body benchmark's own ground: swaying changes nothing that is true of the hands."""

import numpy as np
import pytest

from annotators.torso import torso_axes
from benchmarks.hands import body
from datasets.talker.scene import Scene, make_scene, truth_of


def scene() -> Scene:
    return make_scene(seconds=2, shots=1, seed=0, width_px=512, height_px=704, rate_hz=25)


def from_torso(made: Scene) -> np.ndarray:
    track = body._true_track(truth_of(made, 512, 704))
    away = truth_of(made, 512, 704).wrist - track.world[:, [11, 12]].mean(axis=1)[:, None]
    return np.einsum("tij,tsi->tsj", torso_axes(track.world), away)


def test_a_swaying_talker_moves_in_the_camera_but_not_in_the_torso():
    still, swaying = scene(), body._swaying(scene(), np.random.default_rng(0))
    moved = truth_of(swaying, 512, 704).body_3d - truth_of(still, 512, 704).body_3d
    assert np.abs(moved).max() > 0.05
    assert from_torso(swaying) == pytest.approx(from_torso(still), abs=1e-5)


def test_errors_are_zero_for_the_truth_and_the_logarithm_of_twice_for_twice():
    places = np.random.default_rng(0).normal(size=(100, 2, 3))
    assert body._log_errors(places, places) == pytest.approx((0, 0, 0))
    assert body._log_errors(2 * places, places) == pytest.approx(
        (2 * np.log(2), np.log(2), 2 * np.log(2)), rel=1e-6
    )


def test_only_gaps_of_at_most_five_frames_are_bridged():
    lost = np.array([0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0], bool)
    assert body._short(lost).tolist() == [
        bool(number) for number in [0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    ]


def test_counting_bridged_frames_brings_the_speed_nearer_to_the_truth():
    left_out, counted = body._gap_rows(2)
    assert left_out.value is not None
    assert counted.value is not None
    assert left_out.value < counted.value <= 0.01
