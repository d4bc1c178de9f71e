"""The two networks that put lips and sound into one space, and their weights. Imports torch.

Layer sizes and names are those of the published weights, so that `syncnet_v2.model` loads as it is.
"""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from datasets.errors import UserError
from datasets.frame import CLIP_RATE_HZ
from datasets.syncnet.mfcc import MFCC_RATE_HZ, mfcc

WEIGHTS_FILE: Final = "syncnet_v2.model"
WINDOW_FRAMES: Final = 5
EMBEDDING_WIDTH: Final = 1024
_STEPS_A_FRAME: Final = MFCC_RATE_HZ // CLIP_RATE_HZ
_COUNTER = "num_batches_tracked"  # of batch norm; older files lack it, and it serves training only
_BATCH = 16  # windows at once: 150 MiB


class SyncNet(nn.Module):
    """Embeds five frames of a face, and the 0.2 s of sound that go with them."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_conv2d(1, 64, (3, 3), padding=(1, 1)),
            nn.Identity(),  # a pooling over one value, whose place counts in the names of the weights
            *_conv2d(64, 192, (3, 3), padding=(1, 1)),
            nn.MaxPool2d((3, 3), stride=(1, 2)),  # (B, 192, 11, 9)
            *_conv2d(192, 384, (3, 3), padding=(1, 1)),
            *_conv2d(384, 256, (3, 3), padding=(1, 1)),
            *_conv2d(256, 256, (3, 3), padding=(1, 1)),
            nn.MaxPool2d((3, 3), stride=(2, 2)),  # (B, 256, 5, 4)
            *_conv2d(256, 512, (5, 4)),  # (B, 512, 1, 1)
        )
        self.netfcaud = _head()
        self.netfclip = _head()
        self.netcnnlip = nn.Sequential(
            *_conv3d(3, 96, (5, 7, 7), stride=2),  # (B, 96, 1, 109, 109)
            nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2)),
            *_conv3d(96, 256, (1, 5, 5), stride=2, padding=1),
            nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),  # (B, 256, 1, 13, 13)
            *_conv3d(256, 256, (1, 3, 3), padding=1),
            *_conv3d(256, 256, (1, 3, 3), padding=1),
            *_conv3d(256, 256, (1, 3, 3), padding=1),
            nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2)),
            *_conv3d(256, 512, (1, 6, 6)),  # (B, 512, 1, 1, 1)
        )

    def lips(self, faces: Tensor) -> Tensor:
        """(B, 1024) of (B, 3, 5, 224, 224) faces, blue first, 0 to 255."""
        return self.netfclip(self.netcnnlip(faces).flatten(1))

    def sound(self, coefficients: Tensor) -> Tensor:
        """(B, 1024) of (B, 1, 13, 20) coefficients."""
        return self.netfcaud(self.netcnnaud(coefficients).flatten(1))


def load_syncnet(path: Path) -> SyncNet:
    """The network with the weights of a file, or of `syncnet_v2.model` somewhere in a folder; ready to embed, on CPU.

    Raises UserError where there is no such file, or it holds something else.
    """
    file = _weights_file(path)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, UnpicklingError) as error:
        raise _unfit(file, f"it cannot be read ({str(error).splitlines()[0]})") from error
    network = SyncNet()
    if problem := _problem(state, network.state_dict()):
        raise _unfit(file, problem)
    network.load_state_dict(state, strict=False)
    return network.eval()


@torch.inference_mode()
def embeddings(network: SyncNet, faces: np.ndarray, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 1024) float32 of lips and of sound, N = T - 5 windows that begin with each frame.

    faces: (T, 224, 224, 3) uint8 BGR at 25 Hz; audio: (T * 640,) in [-1, 1] at 16 kHz. N is 0 for six frames or
    fewer. On the device the network is on.
    """
    device = next(network.parameters()).device
    coefficients = torch.from_numpy(mfcc(audio).T.astype(np.float32))  # (13, F)
    count = max(len(faces) - WINDOW_FRAMES, 0)
    lips, sound = [], []
    for begin in range(0, count, _BATCH):
        windows = range(begin, min(begin + _BATCH, count))
        pictures = [_window(faces, start) for start in windows]
        steps = [
            coefficients[:, _STEPS_A_FRAME * start :][:, : _STEPS_A_FRAME * WINDOW_FRAMES]
            for start in windows
        ]
        lips.append(network.lips(torch.stack(pictures).to(device)).cpu().numpy())
        sound.append(network.sound(torch.stack(steps)[:, None].to(device)).cpu().numpy())
    nothing = np.empty((0, EMBEDDING_WIDTH), np.float32)
    return np.concatenate([nothing, *lips]), np.concatenate([nothing, *sound])


def _window(faces: np.ndarray, start: int) -> Tensor:
    """(3, 5, 224, 224) float32"""
    window = np.ascontiguousarray(faces[start : start + WINDOW_FRAMES].transpose(3, 0, 1, 2))
    return torch.from_numpy(window).float()


def _conv2d(
    inputs: int, outputs: int, kernel: tuple[int, int], *, padding: tuple[int, int] = (0, 0)
) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, padding=padding), nn.BatchNorm2d(outputs), nn.ReLU()]


def _conv3d(
    inputs: int, outputs: int, kernel: tuple[int, int, int], *, stride: int = 1, padding: int = 0
) -> list[nn.Module]:
    """Strides and padding in the picture; in time there are none."""
    step, around = (1, stride, stride), (0, padding, padding)
    return [
        nn.Conv3d(inputs, outputs, kernel, stride=step, padding=around),
        nn.BatchNorm3d(outputs),
        nn.ReLU(),
    ]


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, EMBEDDING_WIDTH))


def _weights_file(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.rglob(WEIGHTS_FILE))
    if not found:
        raise UserError(f"no {WEIGHTS_FILE} in {path}: name the file, or the folder it is in")
    return found[0]


def _problem(state: Any, wanted: Mapping[str, Tensor]) -> str | None:
    """What tells weights of something else from ours."""
    if not isinstance(state, Mapping):
        return f"it holds a {type(state).__name__}, not a table of weights"
    if missing := sorted(name for name in wanted if name not in state and not name.endswith(_COUNTER)):
        return f"it lacks {missing[0]}"
    if strange := sorted(str(name) for name in state if name not in wanted):
        return f"it holds {strange[0]}, which SyncNet has not"
    for name, values in state.items():
        if values.shape != wanted[name].shape:
            return f"{name} is {tuple(values.shape)}, not {tuple(wanted[name].shape)}"
    return None


def _unfit(file: Path, problem: str) -> UserError:
    return UserError(f"{file} is no SyncNet: {problem}; give the file {WEIGHTS_FILE} as published")
