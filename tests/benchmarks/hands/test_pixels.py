"""The arithmetic of the benchmark on made-up labels; its figures are what `make bench-hands` prints."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.hands.pixels import Labelled, Painted, Stranger, accuracy_rows, hand_errors, wrong_sides
from benchmarks.hands.talkers import Labels, RawHands
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.talker.clips import TalkerClip
from datasets.talker.scene import make_scene, truth_of
from datasets.talker.truth import TalkerTruth

N = 50


@pytest.fixture(scope="module")
def truth() -> TalkerTruth:
    scene = make_scene(seconds=2, shots=1, seed=3, width_px=512, height_px=704, rate_hz=25)
    return truth_of(scene, 512, 704)


def perfect(truth: TalkerTruth) -> Labelled:
    """What the annotator would say if it never erred."""
    labels = Labels(
        valid=np.ones((N, 2), int),
        measured_px=truth.keypoints_2d.astype(float),
        rotations=axis_angle_to_matrix(truth.axis_angle.astype(float).reshape(N, 2, 16, 3)),
        wrist=truth.wrist.astype(float),
        posed=truth.keypoints_3d.astype(float),
        focal_px=float(truth.focal_px[0]),
        others=0,
    )
    raw = RawHands(truth.keypoints_2d.astype(float), np.zeros((N, 2, 21)), truth.keypoints_3d.astype(float))
    frames = np.zeros((N, 704, 512, 3), np.uint8)
    return Labelled(TalkerClip(frames, truth, np.zeros((N, 2), bool)), labels, raw, 30.0)


def test_perfect_labels_have_no_error(truth: TalkerTruth):
    for name, values in hand_errors(perfect(truth)).items():
        assert values.shape == (N, 2)
        assert values == pytest.approx(0, abs=1e-2), name


def test_errors_have_their_units(truth: TalkerTruth):
    one = perfect(truth)
    shoulders = np.linalg.norm(truth.body_3d[:, 1] - truth.body_3d[:, 2], axis=-1)
    turn = axis_angle_to_matrix(np.radians([10.0, 0.0, 0.0]))
    off = replace(
        one.labels,
        wrist=one.labels.wrist + np.array([0.0, 0.0, 0.5]) * shoulders[:, None, None],
        rotations=one.labels.rotations @ turn,
    )
    raw = replace(one.raw, image_px=one.raw.image_px + np.array([3.0, 4.0]))
    errors = hand_errors(replace(one, labels=off, raw=raw))
    assert errors["wrist_share"] == pytest.approx(0.5, abs=1e-4)
    assert errors["angle_deg"] == pytest.approx(10, abs=1e-3)
    assert errors["global_deg"] == pytest.approx(10, abs=1e-3)
    assert (errors["wrist_image_share"] < 0.2).all()  # away from the camera, the picture changes little
    assert errors["raw_image_px"] == pytest.approx(5, abs=1e-3)


def test_swapped_hands_are_on_the_wrong_side_and_missing_ones_are_not(truth: TalkerTruth):
    one = perfect(truth)
    points = one.labels.measured_px.copy()
    points[:10] = points[:10, ::-1]
    points[20:, 0] = np.nan
    wrong = wrong_sides(replace(one, labels=replace(one.labels, measured_px=points)))
    assert wrong[:10].all()
    assert not wrong[10:].any()


def test_rows_hold_what_was_found_and_which_sides_were_wrong(truth: TalkerTruth):
    one = perfect(truth)
    valid = one.labels.valid.copy()
    valid[:25, 0] = 0
    rows = accuracy_rows("large", [replace(one, labels=replace(one.labels, valid=valid))])
    assert rows[0].value == 75
    assert rows[-1].value == 0
    assert rows[-1].met
    assert rows[1].parts["raw_p95"] == pytest.approx(0, abs=1e-2)


def test_hands_are_painted_over_one_at_a_time_for_four_frames(truth: TalkerTruth):
    touched = Painted().touched(N)
    assert touched[:24].sum(axis=0).tolist() == [4, 4]
    assert not touched.all(axis=1).any()
    frames = np.random.default_rng(0).integers(0, 255, (N, 704, 512, 3), dtype=np.uint8)
    painted = Painted().spoil(frames, truth)
    frame, side = 9, 0
    assert touched[frame, side]
    x, y = truth.keypoints_2d[frame, side].mean(axis=0).astype(int)
    assert np.ptp(painted[frame, y - 20 : y + 20, x - 20 : x + 20], axis=(0, 1)).max() == 0
    assert (painted[0] == frames[0]).all()


def test_a_stranger_covers_the_right_edge_only(truth: TalkerTruth):
    strip = np.full((N, 704, 100, 3), 7, np.uint8)
    shown = Stranger(strip).spoil(np.zeros((N, 704, 512, 3), np.uint8), truth)
    assert (shown[:, :, 412:] == 7).all()
    assert (shown[:, :, :412] == 0).all()
