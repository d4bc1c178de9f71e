"""Environments of their own, for annotators whose packages do not fit beside the rest.

`emo2 env build NAME` makes one; a Ray task started with `ray_options(NAME)` runs in it.
"""

from flows.environments.places import Environment, find_environment, missing_environment
from flows.environments.ray_task import ray_options

__all__ = ["Environment", "find_environment", "missing_environment", "ray_options"]
