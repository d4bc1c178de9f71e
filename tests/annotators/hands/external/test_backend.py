import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from annotators.hands.external import BackendError, ExternalBackend, ExternalSettings
from annotators.hands.external.worker import Worker
from tests.annotators.hands.external.synthetic import PICTURE_PX, known_hand, stacked

STAND_IN = Path(__file__).with_name("stand_in_worker.py")
HANDS = {
    (3, "left"): known_hand(0, "left"),
    (3, "right"): known_hand(1, "right"),
    (19, "left"): known_hand(2, "left"),
}


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("hands") / "hands.npz"
    np.savez(path, **stacked([known.row(frame) for (frame, _), known in HANDS.items()]))
    return str(path)


def frames(count: int = 20) -> np.ndarray:
    pictures = np.zeros((count, PICTURE_PX[1], PICTURE_PX[0], 3), np.uint8)
    pictures[:, 0, 0, 0] = 10 * np.arange(count)
    return pictures


def start(
    hands: str, deadline_s: float = 60, per_frame_s: float = 30, **behaviour: object
) -> ExternalBackend:
    worker = Worker(
        "wilor", [sys.executable, str(STAND_IN)], {"hands": hands, **behaviour}, deadline_s=deadline_s
    )
    return ExternalBackend("wilor-test", worker, deadline_s_per_frame=per_frame_s)


def test_hands_of_every_chunk_come_back_in_their_frames(hands: str):
    with start(hands) as backend:
        found = backend.detect(frames())
        assert [len(of_frame) for of_frame in found] == [0] * 3 + [2] + [0] * 15 + [1]
        for (frame, side), hand in zip(HANDS, [*found[3], *found[19]], strict=True):
            known = HANDS[frame, side]
            np.testing.assert_allclose(hand.image * PICTURE_PX, known.image_px, atol=1e-3)
            np.testing.assert_allclose(hand.rotations, known.rotations, atol=1e-12)
            assert hand.score == pytest.approx(10 * frame / 255)  # read from the frame's own pixels


def test_a_clip_without_frames_asks_nothing(hands: str):
    with start(hands) as backend:
        assert backend.detect(frames(0)) == []


def test_a_missing_package_is_named_with_the_remedy(hands: str):
    with pytest.raises(BackendError, match=r"lacks a package \(No module named 'wilorr'\): install"):
        start(hands, missing="wilorr")


def test_a_missing_file_is_named(hands: str):
    with pytest.raises(BackendError, match=r"a file is missing .*MANO_RIGHT\.pkl"):
        start(hands, open="mano_data/MANO_RIGHT.pkl")


def test_a_failure_in_the_network_is_told_and_the_worker_goes_on(hands: str):
    with start(hands, fail="shapes differ") as backend:
        for _ in range(2):
            with pytest.raises(
                BackendError, match="failed \\(RuntimeError: shapes differ\\): try its own demo"
            ):
                backend.detect(frames(1))


def test_a_crash_is_told_with_its_last_words(hands: str):
    told = r"ended with code 7 \(CUDA error: out of memory\)"
    with start(hands, exit=7) as backend, pytest.raises(BackendError, match=told):
        backend.detect(frames(1))


@pytest.mark.parametrize("when", ["load", "detect"])
def test_a_worker_that_hangs_is_ended_at_its_deadline(hands: str, when: str):
    began_s = time.monotonic()
    start_s = 1 if when == "load" else 60
    with (
        pytest.raises(BackendError, match=r"did not answer within 1 s: raise its deadline"),
        start(hands, deadline_s=start_s, per_frame_s=0.2, hang=when) as backend,
    ):
        backend.detect(frames(5))
    assert time.monotonic() - began_s < 50


def test_an_answer_that_is_not_hands_is_refused(hands: str):
    with start(hands, garbage=True) as backend, pytest.raises(BackendError, match="not hands"):
        backend.detect(frames(1))


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(BackendError, match="cannot be started"):
        Worker("wilor", [str(tmp_path / "python")], {}, deadline_s=5)


def test_a_program_that_is_no_worker_is_refused():
    with pytest.raises(BackendError, match=r"wilor ended with code 0"):
        Worker("wilor", [sys.executable, "-c", "print('hello ' * 99)"], {}, deadline_s=60)


def test_a_program_that_goes_on_but_talks_nonsense_is_refused():
    talk = "import os, time; os.write(1, bytes([255]) * 99); time.sleep(60)"
    with pytest.raises(BackendError, match="answered with something that is not a message"):
        Worker("wilor", [sys.executable, "-c", talk], {}, deadline_s=60)


def test_a_closed_backend_leaves_no_process(hands: str):
    backend = start(hands)
    process = backend._worker._process.pid
    backend.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_worker_ends_when_its_pipe_closes(hands: str):
    with start(hands) as backend:
        process = backend._worker._process
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_start_checks_for_files_before_anything_runs(tmp_path: Path):
    (tmp_path / "WiLoR").mkdir()
    settings = ExternalSettings(kind="wilor", python=sys.executable, folder=tmp_path / "WiLoR")
    with pytest.raises(
        BackendError, match=r"wilor: weights .*wilor_final\.ckpt is not there: set weights under wilor"
    ):
        ExternalBackend.start(settings)


@pytest.mark.parametrize("kind", ["wilor", "hamer"])
def test_an_environment_without_the_packages_is_told_so(tmp_path: Path, kind: str):
    """The real worker scripts, up to the first import they cannot do here."""
    for name in ("weights", "config", "detector"):
        (tmp_path / name).write_bytes(b"not read")
    settings = ExternalSettings(
        kind=kind,
        python=sys.executable,
        folder=tmp_path,
        **{name: tmp_path / name for name in ("weights", "config", "detector")},
    )
    with pytest.raises(BackendError, match=r"lacks a package \(No module named '(ultralytics|hamer)'\)"):
        ExternalBackend.start(settings)
