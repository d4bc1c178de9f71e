"""Where a network runs, and on how many threads. Imports torch, which takes seconds."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from annotators.settings import Device
from datasets.errors import UserError


def torch_device(name: Device) -> torch.device:
    """auto: a GPU where there is one. Raises UserError for a GPU that is asked for and not there."""
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise UserError("device is cuda, and torch sees no GPU here: give auto or cpu")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


@contextmanager
def one_thread(device: torch.device) -> Iterator[None]:
    """On a CPU a clip takes the one core it was given; sums of several threads may also differ in the last bit."""
    before = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
