"""How a Ray task is told to run in an environment."""

from typing import Any

from datasets.errors import UserError
from flows.environments.code_folder import code_folder
from flows.environments.places import find_environment, missing_environment


def ray_options(name: str) -> dict[str, Any]:
    """Options for a remote function: it runs in that environment, on the code that runs here.

    On a cluster the environment lies at the same path on every node, and so does the code. Only plain Python values,
    bytes and Arrow data can cross: numpy arrays are pickled in a form that another numpy does not read. Raises
    UserError where the environment is not built.
    """
    found = find_environment(name)
    if found is None:
        raise UserError(missing_environment(name))
    variables = {"PYTHONPATH": str(code_folder(found.folder))}
    return {"runtime_env": {"py_executable": str(found.python), "env_vars": variables}}
