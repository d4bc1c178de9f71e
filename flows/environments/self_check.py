"""`python -m flows.environments.self_check MODULE...`, in a new environment: does it hold what a task needs?

Prints its packages as JSON once every module was imported; fails with the error of the first that was not.
"""

import importlib
import json
import sys
from importlib import metadata


def main(modules: list[str]) -> None:
    for name in modules:
        importlib.import_module(name)
    found = {each.name: each.version for each in metadata.distributions()}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
