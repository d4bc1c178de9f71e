"""The models that speech is timed with: real ones where this machine has them, else random ones of true size.

Runs in the speech environment: `python -m benchmarks.speech.models FOLDER [tiny]` prints as JSON where they lie and
what they are.
Random weights cost what real ones cost, but for the length of the text: they say 50 tokens of each piece,
what people say in about 15 s.
"""

import json
import sys
from pathlib import Path
from typing import Any

from annotators.speech.quiet import before_import, unheard
from benchmarks.speech import tiny_wav2vec2
from benchmarks.speech.tiny_diarisation import write_diarisation
from benchmarks.speech.tiny_wav2vec2 import write_wav2vec2
from benchmarks.speech.tiny_whisper import SIZES, write_whisper
from datasets.models import find_model


def main() -> None:
    """Make what is missing in the folder and tell where everything is."""
    folder = Path(sys.argv[1])
    before_import()
    with unheard():
        told = (
            _tiny(folder)
            if sys.argv[2:] == ["tiny"]
            else {
                "recognition": _model("whisper-base", folder, _random_whisper),
                "alignment": _model("wav2vec2-base-960h", folder, _random_wav2vec2),
                "diarisation": _model("diarisation-community-1", folder, write_diarisation),
            }
        )
    print(json.dumps(told))


def _tiny(folder: Path) -> dict[str, dict[str, str]]:
    paths = {
        "recognition": write_whisper(folder / "whisper"),
        "alignment": write_wav2vec2(folder / "wav2vec2"),
    }
    return {kind: {"path": str(path), "what": "tiny, random weights"} for kind, path in paths.items()}


def _model(name: str, folder: Path, write: Any) -> dict[str, str]:
    if found := find_model(name):
        return {"path": str(found.path), "what": found.stamp}
    path = folder / name
    if not (path / "whole").exists():
        write(path)
        (path / "whole").touch()
    return {"path": str(path), "what": f"random weights of the size of {name}"}


def _random_whisper(folder: Path) -> None:
    write_whisper(folder, SIZES["base"])


def _random_wav2vec2(folder: Path) -> None:
    write_wav2vec2(folder, tiny_wav2vec2.BASE)


if __name__ == "__main__":
    main()
