"""What annotators look with: MediaPipe's models, MANO, and hand backends elsewhere."""

from collections.abc import Iterator
from importlib import metadata

from datasets.errors import UserError
from flows.doctor.finding import Finding, ok, problem, refused
from flows.doctor.scope import Scope

# As the annotators load them from the wheel.
_MEDIAPIPE = (
    "face_detection/face_detection_full_range_sparse.tflite",
    "pose_detection/pose_detection.tflite",
    "pose_landmark/pose_landmark_full.tflite",
    "palm_detection/palm_detection_full.tflite",
    "hand_landmark/hand_landmark_full.tflite",
)


def mediapipe_models(scope: Scope) -> Iterator[Finding]:
    """They come with the wheel, and later wheels fetch them from the network."""
    what, wheel = "models of MediaPipe", metadata.distribution("mediapipe")
    paths = {name: wheel.locate_file(f"mediapipe/modules/{name}") for name in _MEDIAPIPE}
    missing = [name for name, path in paths.items() if not path.is_file()]  # type: ignore[attr-defined]
    if missing:
        told = f"mediapipe {wheel.version} lacks {', '.join(missing)}"
        yield problem(
            what, told, "run `touch pyproject.toml` and `make setup`: 0.10.21 is the last wheel with them"
        )
    else:
        yield ok(what, f"all {len(_MEDIAPIPE)}, in the wheel {wheel.version}")


def hand_models(scope: Scope) -> Iterator[Finding]:
    """Those of `emo2 models list`, each opened and held against its name."""
    from datasets.hand.store import hand_model, models_folder, stored_models

    stored = stored_models()
    if not stored:
        told = f"neutral, and no MANO in {models_folder()}"
        yield ok("hand models", f"{told}: `emo2 models add mano PATH` takes one of yours")
    for model in stored:
        try:
            hand_model(model.name)
        except UserError as error:
            yield refused("hand models", error, "run `emo2 models add mano PATH` again")
        else:
            yield ok("hand models", f"{model.name} in {model.path}")


def backends(scope: Scope) -> Iterator[Finding]:
    """WiLoR and HaMeR, where they are set up; nothing is loaded."""
    from annotators.hands.external.settings import backends_file, configured_backends

    try:
        found = configured_backends()
        for kind, settings in found.items():
            settings.check()
            yield ok("hand backends", f"{kind} in {settings.folder}")
    except UserError as error:
        yield refused("hand backends", error, "see docs/hands.md")
        return
    if not found:
        yield ok(
            "hand backends", f"mediapipe alone; {backends_file()} would name WiLoR and HaMeR (docs/hands.md)"
        )
