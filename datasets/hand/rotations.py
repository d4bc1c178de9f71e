"""Rotations in batches: axis-angle (radians), matrices and quaternions (w first), for any leading shape."""

import numpy as np

# A left hand is a right hand seen in a mirror whose plane is x = 0.
MIRROR_POINT = np.array([-1.0, 1.0, 1.0])
_MIRROR = np.array([[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
_TINY_ANGLE = 1e-8  # below it sin(x)/x is 1 to the last bit of a double


def axis_angle_to_matrix(axis_angle: np.ndarray) -> np.ndarray:
    """(..., 3, 3) matrices of (..., 3) axis-angle vectors in radians, by way of their quaternions."""
    return quaternion_to_matrix(_axis_angle_to_quaternion(axis_angle))


def matrix_to_axis_angle(matrix: np.ndarray) -> np.ndarray:
    """(..., 3) axis-angle vectors, angle in [0, pi], of (..., 3, 3) rotation matrices."""
    quaternion = matrix_to_quaternion(matrix)
    axis = quaternion[..., 1:]
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    return axis * np.where(sine > _TINY_ANGLE, angle / np.maximum(sine, _TINY_ANGLE), 2.0)


def matrix_to_quaternion(matrix: np.ndarray) -> np.ndarray:
    """(..., 4) unit quaternions with w >= 0 of (..., 3, 3) rotation matrices.

    Each row of `products` is one component times the whole quaternion, times four; the row of the largest
    component is free of cancellation.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = np.moveaxis(np.asarray(matrix, float), (-2, -1), (0, 1))
    rows = [
        [1 + xx + yy + zz, zy - yz, xz - zx, yx - xy],
        [zy - yz, 1 + xx - yy - zz, xy + yx, xz + zx],
        [xz - zx, xy + yx, 1 - xx + yy - zz, yz + zy],
        [yx - xy, xz + zx, yz + zy, 1 - xx - yy + zz],
    ]
    products = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    largest = np.argmax(np.diagonal(products, axis1=-2, axis2=-1), axis=-1)
    best = np.take_along_axis(products, largest[..., None, None], axis=-2)[..., 0, :]
    unit = best / np.linalg.norm(best, axis=-1, keepdims=True)
    return np.where(unit[..., :1] < 0, -unit, unit)


def quaternion_to_matrix(quaternion: np.ndarray) -> np.ndarray:
    """(..., 3, 3) matrices of (..., 4) quaternions, w first; they need not have unit length."""
    unit = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    w, x, y, z = np.moveaxis(unit, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def make_sign_continuous(quaternions: np.ndarray) -> np.ndarray:
    """The same rotations (T, ..., 4), each quaternion on its predecessor's side; the first stays as it is."""
    agreement = np.sum(quaternions[1:] * quaternions[:-1], axis=-1, keepdims=True)
    flips = np.cumprod(np.where(agreement < 0, -1.0, 1.0), axis=0)
    return np.concatenate([quaternions[:1], quaternions[1:] * flips])


def geodesic_deg(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(...) angles in degrees, 0 to 180, between (..., 3, 3) rotation matrices.

    From the chord |A - B| = 2 sqrt(2) sin(angle / 2), which keeps its digits at small angles.
    """
    chord = np.linalg.norm(np.asarray(first) - second, axis=(-2, -1))
    return np.degrees(2 * np.arcsin(np.clip(chord / np.sqrt(8.0), 0.0, 1.0)))


def mirror_axis_angle(axis_angle: np.ndarray) -> np.ndarray:
    """(..., 3) axis-angle of the other hand: the same rotation seen in the mirror x = 0."""
    return axis_angle * np.array([1.0, -1.0, -1.0])


def mirror_matrix(matrix: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotation M R M of the other hand, M = diag(-1, 1, 1)."""
    return matrix * _MIRROR


def _axis_angle_to_quaternion(axis_angle: np.ndarray) -> np.ndarray:
    angle = np.linalg.norm(axis_angle, axis=-1, keepdims=True)
    sinc = np.where(angle > _TINY_ANGLE, np.sin(angle / 2) / np.maximum(angle, _TINY_ANGLE), 0.5)
    return np.concatenate([np.cos(angle / 2), sinc * axis_angle], axis=-1)
