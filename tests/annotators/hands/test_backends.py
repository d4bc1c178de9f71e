from pathlib import Path

import pytest

from annotators.hands.backends import check_backend, most_s, open_backend, settings_of
from annotators.hands.detect import HandDetector
from annotators.hands.external import BackendError


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where this test's backends file would be."""
    monkeypatch.setenv("EMO2_BACKENDS", str(tmp_path / "backends.toml"))
    return tmp_path / "backends.toml"


def test_mediapipe_needs_no_file(file: Path):
    check_backend("mediapipe")
    backend = open_backend("mediapipe")
    assert isinstance(backend, HandDetector)
    backend.close()


@pytest.mark.parametrize("call", [check_backend, open_backend, settings_of])
def test_a_backend_without_a_table_is_not_configured(file: Path, call):
    file.write_text('[wilor]\npython = "p"\nfolder = "f"\n')
    with pytest.raises(
        BackendError, match=r"hamer is not configured in .*backends\.toml: see docs/hands\.md"
    ):
        call("hamer")


@pytest.mark.parametrize("call", [check_backend, open_backend])
def test_a_configured_backend_whose_files_are_missing_is_told_which(file: Path, call):
    file.write_text(f'[hamer]\npython = "{__file__}"\nfolder = "{file.parent}"\n')
    with pytest.raises(BackendError, match=r"hamer: weights .*hamer\.ckpt is not there"):
        call("hamer")


def test_a_folder_given_for_a_file_is_not_there(file: Path):
    folder = file.parent
    file.write_text(f'[hamer]\npython = "{folder}"\nfolder = "{folder}"\nweights = "{folder}"\n')
    with pytest.raises(BackendError, match="hamer: python"):
        check_backend("hamer")


def test_a_backend_elsewhere_may_take_its_own_deadlines_and_mediapipe_no_more_than_the_clip(file: Path):
    file.write_text('[hamer]\npython = "p"\nfolder = "f"\nstart_deadline_s = 90\ndeadline_s_per_frame = 2\n')
    assert most_s("hamer", 50) == 190
    assert most_s("mediapipe", 50) == 0
