"""WiLoR (Potamias et al. 2025): its own hand detector, then its network. Runs where `wilor` is installed."""

import os
import sys
from typing import Any

import numpy as np
from emo2_crops import HandBox, Network, pick_device, regress
from emo2_wire import Detect, serve

_MIN_SCORE = 0.3  # of WiLoR's demo


def load(settings: dict[str, Any]) -> Detect:
    """Loads the network and the detector. WiLoR looks for mano_data below the working folder."""
    os.chdir(settings["folder"])
    sys.path.insert(0, settings["folder"])
    from ultralytics import YOLO
    from wilor.datasets.vitdet_dataset import ViTDetDataset
    from wilor.models import load_wilor
    from wilor.utils import recursive_to

    device = pick_device(settings["device"])
    model, config = load_wilor(checkpoint_path=settings["weights"], cfg_path=settings["config"])
    network = Network(model.to(device).eval(), config, ViTDetDataset, recursive_to, device)
    detector = YOLO(settings["detector"]).to(device)

    def detect(frames: np.ndarray) -> dict[str, np.ndarray]:
        return regress(network, frames, [_boxes(detector, frame) for frame in frames])

    return detect


def _boxes(detector: Any, frame: np.ndarray) -> list[HandBox]:
    """Hands in one picture; the detector's class 1 is a right hand, class 0 a left one."""
    blue_first = np.ascontiguousarray(frame[:, :, ::-1])
    boxes = detector(blue_first, conf=_MIN_SCORE, verbose=False)[0].boxes.cpu().numpy()
    found = zip(boxes.xyxy, boxes.cls, boxes.conf, strict=True)
    return [HandBox(corners, bool(kind > 0.5), float(score)) for corners, kind, score in found]


if __name__ == "__main__":
    serve(load)
