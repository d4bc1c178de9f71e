"""The speech environment as tests see it: one process for all of them, since it takes 20 s to start."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import UserError
from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ

_ROOT = Path(__file__).parents[3]


class SpeechWorker:
    """Annotates sound in the speech environment."""

    def __init__(self, python: Path, folder: Path, env: Mapping[str, str]) -> None:
        """folder: for what goes to and fro; env: the process's environment, to which our packages are added."""
        self._folder, self._names = folder, count()
        self._errors = (folder / "stderr").open("w+")
        self._process = subprocess.Popen(
            [str(python), "-m", "tests.annotators.speech.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=folder,
            env={**env, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"},
        )

    def ask(self, do: str, **options: Any) -> Any:
        """The child's answer; raises UserError where the child did."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the speech environment ended: {self.printed()[-2000:]}"
        told = json.loads(line)
        if "error" in told:
            raise UserError(told["error"])
        return told["answer"]

    def rows(self, sounds: Sequence[np.ndarray | None], params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row a sound, annotated together."""
        clips = [
            {
                "clip_id": str(at),
                "samples": None if sound is None else self.kept(sound),
                "n_frames": 50 if sound is None else len(sound) * CLIP_RATE_HZ // AUDIO_RATE_HZ,
            }
            for at, sound in enumerate(sounds)
        ]
        return self.ask("annotate", params=json.dumps(dict(params)), clips=clips)

    def kept(self, sound: np.ndarray) -> str:
        """The path of a file with these samples."""
        path = self._folder / f"{next(self._names)}.npy"
        np.save(path, sound)
        return str(path)

    def printed(self) -> str:
        """What the process has written to standard error so far."""
        self._errors.flush()
        return (self._folder / "stderr").read_text()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._errors.close()
