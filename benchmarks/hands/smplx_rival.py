"""A rival of the fit: every frame optimised by itself through the smplx package's MANO layer and autograd.

What most public pipelines do: Adam on axis-angle pose, translation and shape of a batch of frames, a robust
loss on landmarks in the picture and in space, Gaussian priors on pose and shape. It starts where ours starts.
"""

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import smplx
import torch
from smplx.utils import Struct

from annotators.hands.anatomy import angle_prior, flat_landmarks, joint_frames
from annotators.hands.fit import FitSettings, HandObservations
from annotators.hands.ik import right_hand_rotations
from annotators.hands.place import place
from datasets.hand.camera import Camera
from datasets.hand.model import MANO_PARENTS, MEDIAPIPE_ORDER, N_BETAS, TIP_VERTICES, HandModel
from datasets.hand.rotations import axis_angle_to_matrix, matrix_to_axis_angle

_RATE = 0.01


def fit_by_smplx(
    model: HandModel, observed: HandObservations, camera: Camera, settings: FitSettings, *, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (T, 16, 3, 3) and keypoints (T, 21, 3) of T frames of a right hand, all landmarks seen."""
    layer, rest = _layer(model, len(observed.image_px)), flat_landmarks(model, np.zeros(N_BETAS))
    start = right_hand_rotations(observed.points, rest)
    flat = model.forward(start, np.zeros((len(start), 3)), np.zeros(N_BETAS), "right").keypoints
    variables = [
        torch.tensor(matrix_to_axis_angle(start), dtype=torch.float32, requires_grad=True),
        torch.tensor(place(flat, observed.image_px, camera), dtype=torch.float32, requires_grad=True),
        torch.zeros(len(start), N_BETAS, requires_grad=True),
    ]
    adam = torch.optim.Adam(variables, lr=_RATE)
    loss = _Loss(model, observed, camera, settings)
    for _ in range(steps):
        adam.zero_grad()
        loss(variables[0], variables[2], _keypoints(layer, *variables)).backward()
        adam.step()
    with torch.no_grad():
        keypoints = _keypoints(layer, *variables).double().numpy()
    return axis_angle_to_matrix(variables[0].detach().double().numpy()), keypoints


def _layer(model: HandModel, batch: int) -> smplx.MANO:
    arrays = Struct(
        v_template=model.template,
        shapedirs=model.shape_dirs,
        posedirs=model.pose_dirs,
        f=model.faces,
        J_regressor=model.joint_regressor,
        weights=model.weights,
        kintree_table=np.array([MANO_PARENTS, range(16)]) % 2**32,
        hands_components=np.eye(45),
        hands_mean=np.zeros(45),
    )
    with redirect_stdout(StringIO()):  # it prints a warning about MANO's ten shape directions
        return smplx.MANO("", data_struct=arrays, use_pca=False, flat_hand_mean=True, batch_size=batch)


def _keypoints(
    layer: smplx.MANO, pose: torch.Tensor, translation: torch.Tensor, betas: torch.Tensor
) -> torch.Tensor:
    """(T, 21, 3) in MediaPipe's order."""
    out = layer(
        betas=betas,
        global_orient=pose[:, 0],
        hand_pose=pose[:, 1:].reshape(len(pose), 45),
        transl=translation,
    )
    points = torch.cat([out.joints[:, :16], out.vertices[:, list(TIP_VERTICES)]], dim=1)
    return points[:, list(MEDIAPIPE_ORDER)]


class _Loss:
    """The same noise, robust loss and pose prior as ours; no time, and a shape of its own for each frame."""

    def __init__(self, model: HandModel, observed: HandObservations, camera: Camera, settings: FitSettings):
        self._camera, self._settings = camera, settings
        self._image_px = _tensor(observed.image_px)
        size_px = np.ptp(observed.image_px, axis=1).max(axis=-1)[:, None, None]
        self._image_std = _tensor(settings.image_noise * size_px)
        points = observed.points - observed.points.mean(axis=1, keepdims=True)
        self._points = _tensor(points / [1, 1, settings.depth_gain])
        noise = [settings.across_noise_m, settings.across_noise_m, settings.depth_noise_m]
        self._space_std = _tensor(np.array(noise))
        self._frames = _tensor(joint_frames(flat_landmarks(model, np.zeros(N_BETAS))))
        mean, std = angle_prior()
        self._mean, self._std = _tensor(mean), _tensor(std)

    def __call__(self, pose: torch.Tensor, betas: torch.Tensor, keypoints: torch.Tensor) -> torch.Tensor:
        depth = keypoints[..., 2:].clamp(min=0.05)
        centre = torch.tensor([self._camera.centre_x_px, self._camera.centre_y_px])
        image = self._image_px - centre - self._camera.focal_px * keypoints[..., :2] / depth
        space = self._points - (keypoints - keypoints.mean(dim=1, keepdim=True))
        squared = ((image / self._image_std) ** 2).sum(-1) + ((space / self._space_std) ** 2).sum(-1)
        angles = torch.einsum("tja,jab->tjb", pose[:, 1:], self._frames)
        robust = squared / (1 + squared / self._settings.robust_scale**2)
        return robust.sum() + (((angles - self._mean) / self._std) ** 2).sum() + (betas**2).sum()


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)
