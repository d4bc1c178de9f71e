"""What WiLoR and HaMeR share: a network that makes MANO of square crops, left hands mirrored to right ones."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from emo2_wire import Arrays

BOX_MARGIN = 2.0  # both demos enlarge a hand's box by it
_BATCH = 16


class HandBox(NamedTuple):
    """A hand that a detector found in one picture."""

    corners: np.ndarray  # (4,) left, top, right, bottom in pixels
    right: bool
    score: float


class Network(NamedTuple):
    """A loaded model with the helpers of its package."""

    model: Any
    config: Any
    crops: Callable[..., Any]  # the package's ViTDetDataset
    to_device: Callable[..., Any]  # the package's recursive_to
    device: Any


def pick_device(name: str) -> Any:
    """The torch device of that name; "auto" takes CUDA where there is some."""
    import torch

    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)


def regress(network: Network, frames: np.ndarray, boxes: list[list[HandBox]]) -> Arrays:
    """Raw predictions for every box of every frame, one row a hand: see `annotators.hands.external.predictions`.

    frames: (n, H, W, 3) uint8 RGB; boxes: each frame's.
    """
    found = [(number, box) for number, of_frame in enumerate(boxes) for box in of_frame]
    rows = {
        "frame": np.array([number for number, _ in found], np.int64),
        "right": np.array([box.right for _, box in found], np.int64),
        "score": np.array([box.score for _, box in found], np.float32),
    }
    return {**rows, **_predicted(network, frames, boxes)}


def _predicted(network: Network, frames: np.ndarray, boxes: list[list[HandBox]]) -> Arrays:
    import torch
    from torch.utils.data import ConcatDataset, DataLoader

    crops = [
        _crops(network, frame, of_frame) for frame, of_frame in zip(frames, boxes, strict=True) if of_frame
    ]
    batches = []
    for batch in DataLoader(ConcatDataset(crops), batch_size=_BATCH) if crops else ():
        with torch.no_grad():
            batches.append(_row_arrays(batch, network.model(network.to_device(batch, network.device))))
    return {name: np.concatenate([rows[name] for rows in [_EMPTY, *batches]]) for name in _EMPTY}


def _crops(network: Network, frame: np.ndarray, boxes: list[HandBox]) -> Any:
    corners = np.array([box.corners for box in boxes], np.float32)
    right = np.array([float(box.right) for box in boxes])
    blue_first = np.ascontiguousarray(frame[:, :, ::-1])
    return network.crops(network.config, blue_first, corners, right, rescale_factor=BOX_MARGIN)


def _row_arrays(batch: Any, out: Any) -> Arrays:
    mano = out["pred_mano_params"]
    count = len(batch["right"])
    rotations = [_numpy(mano[name]).reshape(count, -1, 3, 3) for name in ("global_orient", "hand_pose")]
    return {
        "box_centre_px": _numpy(batch["box_center"]).reshape(count, 2),
        "box_size_px": _numpy(batch["box_size"]).reshape(count),
        "crop_points": _numpy(out["pred_keypoints_2d"]).reshape(count, 21, 2),
        "keypoints": _numpy(out["pred_keypoints_3d"]).reshape(count, 21, 3),
        "rotations": np.concatenate(rotations, axis=1),
        "betas": _numpy(mano["betas"]).reshape(count, 10),
    }


def _numpy(tensor: Any) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()


_EMPTY = {
    "box_centre_px": np.zeros((0, 2), np.float32),
    "box_size_px": np.zeros(0, np.float32),
    "crop_points": np.zeros((0, 21, 2), np.float32),
    "keypoints": np.zeros((0, 21, 3), np.float32),
    "rotations": np.zeros((0, 16, 3, 3), np.float32),
    "betas": np.zeros((0, 10), np.float32),
}
