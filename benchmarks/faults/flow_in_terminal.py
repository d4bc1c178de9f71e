"""`python -m benchmarks.faults.flow_in_terminal FLOW CONFIG`: what `emo2 FLOW` does, with what no option sets.

Shards and commits are for hours of video by default. To be broken into within seconds they have to be small.
"""

import importlib
import json
import sys
from typing import Any

from datasets.errors import UserError
from flows.environment import prepare_engines

_CONFIGS = {  # flow -> module and class
    "ingest": ("flows.ingest_config", "IngestConfig"),
    "reannotate": ("flows.reannotation.config", "ReannotateConfig"),
}


def main() -> None:
    """CONFIG is JSON. Exit codes are those of `emo2`."""
    name, fields = sys.argv[1], json.loads(sys.argv[2])
    prepare_engines()
    try:
        _run(name, fields)
    except UserError as error:
        print(f"emo2: {error}", file=sys.stderr)
        sys.exit(2)


def _run(name: str, fields: dict[str, Any]) -> None:
    # Imported late, as the command line does, so that a signal finds as much or as little set up.
    module, kind = _CONFIGS[name]
    config = getattr(importlib.import_module(module), kind)
    run_in_terminal = importlib.import_module("flows.terminal_run").run_in_terminal
    run_in_terminal(getattr(importlib.import_module(f"flows.{name}"), name), config(**fields))


if __name__ == "__main__":
    main()
