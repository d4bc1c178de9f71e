"""What annotators look and listen with: MediaPipe's models, MANO, hand backends elsewhere, models of the Hub."""

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


def annotator_models(scope: Scope) -> Iterator[Finding]:
    """Those that annotators run on unless told otherwise; without one its columns stay null, with the reason."""
    from datasets.models import find_model
    from datasets.models.lock import read_lock

    what, wanted = "models of annotators", default_models()
    try:
        read_lock()
    except UserError as error:
        yield refused(what, error, "mend or delete it")
    missing = [name for name in wanted if find_model(name) is None]
    here = f"{len(wanted) - len(missing)} of {len(wanted)} are here"
    if missing:
        yield ok(what, f"{here}; for the others: `emo2 models get {' '.join(missing)}` (docs/models.md)")
    else:
        yield ok(what, f"{here}: {', '.join(wanted)}")


def default_models() -> tuple[str, ...]:
    """The names in the annotators' parameters as they are without any choice of the user's."""
    from annotators.settings import ModelSettings
    from datasets.models import alignment_model

    settings = ModelSettings()
    speech = settings.speech
    alignment = speech.alignment or alignment_model(speech.language or "en")
    names = (settings.face.syncnet, settings.audio.model, speech.recognition, alignment, speech.diarisation)
    return tuple(name for name in (*names, settings.reference.clip) if name)
