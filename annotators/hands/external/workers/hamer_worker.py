"""HaMeR (Pavlakos et al. 2024): boxes from ViTPose's hand keypoints, then its network. Runs where `hamer` is.

HaMeR's demo looks for people with a third network first. Here the clip is framed on one speaker, so the whole
picture is that person's box, and detectron2 is not needed.
"""

import os
import sys
from typing import Any

import numpy as np
from emo2_crops import HandBox, Network, pick_device, regress
from emo2_wire import Detect, serve

_MIN_SCORE, _MIN_KEYPOINTS = 0.5, 4  # of HaMeR's demo
_KEYPOINTS = {False: slice(-42, -21), True: slice(-21, None)}  # left and right hand in COCO-WholeBody


def load(settings: dict[str, Any]) -> Detect:
    """Loads the network and ViTPose. HaMeR looks for _DATA below the working folder."""
    os.chdir(settings["folder"])
    sys.path.insert(0, settings["folder"])
    from hamer.datasets.vitdet_dataset import ViTDetDataset
    from hamer.models import load_hamer
    from hamer.utils import recursive_to
    from vitpose_model import ViTPoseModel

    device = pick_device(settings["device"])
    model, config = load_hamer(settings["weights"])
    network = Network(model.to(device).eval(), config, ViTDetDataset, recursive_to, device)
    pose = ViTPoseModel(device)

    def detect(frames: np.ndarray) -> dict[str, np.ndarray]:
        return regress(network, frames, [_boxes(pose, frame) for frame in frames])

    return detect


def _boxes(pose: Any, frame: np.ndarray) -> list[HandBox]:
    height, width = frame.shape[:2]
    whole = np.array([[0, 0, width, height, 1.0]])
    people = pose.predict_pose(np.ascontiguousarray(frame), [whole])
    hands = [(right, person["keypoints"][part]) for person in people for right, part in _KEYPOINTS.items()]
    sure = [(right, points[points[:, 2] > _MIN_SCORE]) for right, points in hands]
    return [_box(points, right) for right, points in sure if len(points) >= _MIN_KEYPOINTS]


def _box(points: np.ndarray, right: bool) -> HandBox:
    corners = np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)])
    return HandBox(corners, right, float(points[:, 2].mean()))


if __name__ == "__main__":
    serve(load)
