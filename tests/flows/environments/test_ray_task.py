"""A Ray task in an environment of its own (flows.environments.ray_task)."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import ray

from datasets.errors import UserError
from flows.environments import ray_options
from flows.environments.build import build
from flows.ray_session import ray_session

ROOT = Path(__file__).parents[3]


def test_a_task_gets_the_interpreter_and_our_code_alone(tiny, tell):
    built = build("tiny", tell).environment
    runtime = ray_options("tiny")["runtime_env"]
    assert runtime["py_executable"] == str(built.python)
    code = Path(runtime["env_vars"]["PYTHONPATH"])
    assert {link.name: link.resolve() for link in code.iterdir()} == {
        name: ROOT / name for name in ("flows", "annotators", "datasets", "training")
    }


def test_one_that_is_not_built_is_told_with_the_command(tiny):
    with pytest.raises(UserError, match="tiny is not built: run `emo2 env build tiny`"):
        ray_options("tiny")


@pytest.mark.slow
def test_a_task_runs_in_the_speech_environment_on_this_code_and_bytes_come_back(real_environments):
    """Functions within this one travel as they are: a worker there knows no tests."""

    def look() -> dict[str, Any]:
        import sys

        import numpy
        import whisperx.vads.pyannote  # noqa: F401

        import datasets.lake
        import flows.environments

        return {
            "python": sys.version_info[:2],
            "executable": sys.executable,
            "numpy": numpy.__version__,
            "files": [datasets.lake.__file__, flows.environments.__file__],
            "path": sys.path,
        }

    def turn_round(sent: bytes, table: Any) -> tuple[bytes, Any]:
        import numpy
        import pyarrow

        values = numpy.frombuffer(sent, numpy.float32)
        return values[::-1].tobytes(), table.append_column("n", pyarrow.array(range(table.num_rows)))

    sent = np.random.default_rng(0).normal(size=100_000).astype(np.float32)
    with ray_session() as session:
        options = ray_options("speech")
        looking = session.submit(ray.remote(look).options(**options))
        there = dict(session.results([looking]))[looking]
        turning = session.submit(
            ray.remote(turn_round).options(**options), sent.tobytes(), pa.table({"word": ["so", "what"]})
        )
        back, table = dict(session.results([turning]))[turning]

    assert there["python"] == sys.version_info[:2]
    assert there["executable"] == str(real_environments.python)
    assert int(there["numpy"].split(".")[0]) >= 2
    assert [Path(file).resolve().parents[1 + ("environments" in file)] for file in there["files"]] == [
        ROOT,
        ROOT,
    ]
    assert str(Path(np.__file__).parents[1]) not in there["path"]
    assert hashlib.sha256(back).digest() == hashlib.sha256(sent[::-1].tobytes()).digest()
    assert table.to_pydict() == {"word": ["so", "what"], "n": [0, 1]}
