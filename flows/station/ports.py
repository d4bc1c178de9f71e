"""A port for a program that cannot be told to take any."""

import random
import socket
from contextlib import closing, suppress

from flows.station.config import HOST

# Below those that the system gives out by itself, which Ray's many processes take while a station starts.
_CHOICE = range(20_000, 32_768)


def free_port() -> int:
    """One on loopback that nobody listens at. Raises OSError where there is none."""
    for port in random.sample(_CHOICE, len(_CHOICE)):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise OSError(f"no port of {_CHOICE.start} to {_CHOICE.stop - 1} is free on {HOST}")
