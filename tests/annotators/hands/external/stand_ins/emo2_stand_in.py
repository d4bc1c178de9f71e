"""What the stand-ins for WiLoR and HaMeR share: their public interface, over hands that a test wrote.

The first byte of a frame is its number; the file given as weights holds the rows a network would predict.
"""

import numpy as np
import torch


class Network:
    """Answers a batch of crops with the predictions written for them, in the shapes and names of the real ones."""

    def __init__(self, weights):
        with np.load(weights) as content:
            self.rows = dict(content)

    def to(self, device):
        self.device = device
        return self

    def eval(self):
        return self

    def __call__(self, batch):
        assert not torch.is_grad_enabled()
        hands = batch["img"][:, 0, 0, 0].long().numpy()

        def rows(name):
            return torch.tensor(self.rows[name][hands], dtype=torch.float32)

        mano = {
            "global_orient": rows("rotations")[:, :1],
            "hand_pose": rows("rotations")[:, 1:],
            "betas": rows("betas"),
        }
        return {
            "pred_mano_params": mano,
            "pred_keypoints_3d": rows("keypoints"),
            "pred_keypoints_2d": rows("crop_points"),
            "pred_cam": torch.ones(len(hands), 3),
        }


class ViTDetDataset(torch.utils.data.Dataset):
    """Items as the real one's; the picture of a crop holds the number of its hand, found by its place."""

    def __init__(self, config, image, boxes, right, rescale_factor=2.5):
        self.config, self.boxes, self.right, self.factor = config, boxes, right, rescale_factor
        assert image.dtype == np.uint8
        self.shown = config["frame"] == image[0, 0, 2]  # blue first: red is last

    def __len__(self):
        return len(self.boxes)

    def __getitem__(self, index):
        box = self.boxes[index].astype(np.float32)
        centre = (box[:2] + box[2:]) / 2
        apart = np.linalg.norm(self.config["box_centre_px"] - centre, axis=1)
        hand = np.where(self.shown, apart, np.inf).argmin()
        assert self.config["right"][hand] == self.right[index]
        return {
            "img": np.full((3, 4, 4), float(hand), np.float32),
            "personid": index,
            "box_center": centre,
            "box_size": self.factor * (box[2:] - box[:2]).max(),
            "img_size": np.array([512.0, 704.0]),
            "right": np.float32(self.right[index]),
        }


def recursive_to(batch, device):
    return {name: value.to(device) for name, value in batch.items()}


def load(weights):
    print("Loading ", weights)  # as the real ones do, on standard output
    network = Network(weights)
    return network, network.rows


def points_px(frame_number):
    """Landmarks (21, 2) of each hand of a frame, and whether it is a right one, from the same file."""
    with np.load("weights.npz") as rows:
        hands = np.flatnonzero(rows["frame"] == frame_number)
        return [(rows["image_px"][hand], bool(rows["right"][hand])) for hand in hands]
