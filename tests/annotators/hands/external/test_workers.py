"""The worker scripts of WiLoR and HaMeR, whole, in a process of their own, over packages that stand for theirs."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from annotators.hands.external import ExternalBackend, ExternalSettings
from tests.annotators.hands.external.synthetic import PICTURE_PX, known_hand, stacked

STAND_INS = Path(__file__).with_name("stand_ins")
HANDS = [(2, known_hand(0, "left")), (2, known_hand(1, "right")), (17, known_hand(2, "right"))]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a backend's repository is, with known hands for weights."""
    folder = tmp_path_factory.mktemp("checkout") / "repository"
    shutil.copytree(STAND_INS, folder)
    rows = stacked([known.row(frame) | {"image_px": known.image_px} for frame, known in HANDS])
    np.savez(folder / "weights.npz", **rows)
    return folder


@pytest.mark.parametrize("kind", ["wilor", "hamer"])
def test_a_worker_finds_the_hands_of_both_sides_and_gives_them_back_as_they_are(checkout: Path, kind: str):
    weights = checkout / "weights.npz"
    settings = ExternalSettings(
        kind=kind,
        python=sys.executable,
        folder=checkout,
        weights=weights,
        config=weights,
        detector=weights,
        device="cpu",
    )
    frames = np.zeros((18, PICTURE_PX[1], PICTURE_PX[0], 3), np.uint8)
    frames[:, 0, 0, 0] = np.arange(18)
    with ExternalBackend.start(settings) as backend:
        found = backend.detect(frames)
    assert [len(hands) for hands in found] == [0, 0, 2] + [0] * 14 + [1]
    for (_, known), hand in zip(HANDS, [*found[2], *found[17]], strict=True):
        np.testing.assert_allclose(hand.image * PICTURE_PX, known.image_px, atol=1e-2)
        np.testing.assert_allclose(hand.world, known.points - known.points.mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(hand.rotations, known.rotations, atol=1e-6)
        assert hand.score == pytest.approx(0.8)
        assert hand.label == {"left": "Right", "right": "Left"}[known.side]
    assert backend.name.startswith(f"{kind}-")
