"""What smplx makes of a hand's arrays: the reference that our kinematics and skinning are held to."""

import numpy as np
import smplx
import torch
from smplx.utils import Struct

from datasets.hand.model import HandModel, Posed
from tests.datasets.hand.mano_files import mano_arrays

_TOLERANCE_M = 1e-5
_TIPS = [744, 320, 443, 554, 671]  # thumb to pinky; written out, so that a wrong id in the model shows


def assert_posed_as_smplx_poses_it(
    posed: Posed, hand: HandModel, side: str, pose: np.ndarray, betas: np.ndarray, translation: np.ndarray
) -> None:
    """Joints, finger tips and vertices agree with smplx on the hand's own arrays.

    pose: (T, 48) axis-angle in radians, the global rotation first; betas: (10,); translation: (T, 3).
    """
    reference = smplx.MANO(
        "",
        data_struct=Struct(**mano_arrays(hand, side)),
        is_rhand=side == "right",
        use_pca=False,
        flat_hand_mean=True,
        batch_size=len(pose),
        dtype=torch.float64,
    )
    expected = reference(
        betas=torch.tensor(betas)[None].expand(len(pose), -1),
        global_orient=torch.tensor(pose[:, :3]),
        hand_pose=torch.tensor(pose[:, 3:]),
        transl=torch.tensor(translation),
    )
    vertices, joints = expected.vertices.detach().numpy(), expected.joints.detach().numpy()
    np.testing.assert_allclose(posed.vertices, vertices, atol=_TOLERANCE_M)
    np.testing.assert_allclose(posed.joints, joints[:, :16], atol=_TOLERANCE_M)
    np.testing.assert_allclose(posed.keypoints[:, 4::4], vertices[:, _TIPS], atol=_TOLERANCE_M)
