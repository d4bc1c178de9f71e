import numpy as np
import torch
from emo2_stand_in import points_px


class _Boxes:
    def __init__(self, hands):
        boxes = [[*points.min(axis=0), *points.max(axis=0), 0.8, float(right)] for points, right in hands]
        self.data = torch.tensor(np.array(boxes, np.float32).reshape(-1, 6))

    def cpu(self):
        return self

    def numpy(self):
        self.data = self.data.numpy()
        return self

    @property
    def xyxy(self):
        return self.data[:, :4]

    @property
    def conf(self):
        return self.data[:, 4]

    @property
    def cls(self):
        return self.data[:, 5]


class _Result:
    def __init__(self, hands):
        self.boxes = _Boxes(hands)


class YOLO:
    def __init__(self, path):
        self.path = path

    def to(self, device):
        return self

    def __call__(self, image, conf, verbose):
        return [_Result(points_px(image[0, 0, 2]))]  # blue first: red is last
