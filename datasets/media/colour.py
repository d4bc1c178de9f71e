"""Clips hold BT.601 limited-range colours, whatever the source had.

BT.601 because everything that reads a small picture agrees on it: OpenCV's I420 conversion knows nothing
else, and ffmpeg, decord and browsers take it for a tagged and for an untagged file of this size alike.
Numbers of AVColorSpace, AVColorTransferCharacteristic: ITU-T H.273, tables 3 and 4.
"""

from functools import cache

import cv2
import numpy as np

FULL_RANGE = 2  # AVCOL_RANGE_JPEG
PQ, HLG = 16, 18
_KR_KB = {
    1: (0.2126, 0.0722),  # BT.709
    2: (0.299, 0.114),  # unspecified: ffmpeg takes BT.601, so do we
    5: (0.299, 0.114),  # BT.470 B, G
    6: (0.299, 0.114),  # SMPTE 170M: BT.601
    9: (0.2627, 0.0593),  # BT.2020, non-constant luminance
}
_BT601 = 6
_LIMITED_SPAN = np.array([219.0, 224.0, 224.0])  # luma, chroma code range in 8 bits
_FULL_SPAN = np.array([255.0, 255.0, 255.0])


def is_known_matrix(colorspace: int) -> bool:
    """Whether `to_bt601` knows this matrix."""
    return colorspace in _KR_KB


def to_bt601(
    planes: tuple[np.ndarray, np.ndarray, np.ndarray], colorspace: int, full_range: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Y (h, w), U and V (h / 2, w / 2), uint8, as BT.601 limited range; no copy where they are so already."""
    if _KR_KB[colorspace] == _KR_KB[_BT601] and not full_range:
        return planes
    y, u, v = planes
    linear, y_offset = _transform(colorspace, full_range)
    chroma = cv2.merge([u, v])
    new_chroma = cv2.transform(chroma, _centred(linear[1:, 1:], 128.0))
    # What the chroma adds to the luma, biased by 128 to stay unsigned.
    shift = cv2.transform(chroma, _centred(linear[:1, 1:], 128.0))
    shift = cv2.resize(shift, (y.shape[1], y.shape[0]), interpolation=cv2.INTER_LINEAR)
    new_y = cv2.addWeighted(y, float(linear[0, 0]), shift, 1.0, y_offset - 128.0)
    new_u, new_v = cv2.split(new_chroma)
    return new_y, new_u, new_v


@cache
def _transform(colorspace: int, full_range: bool) -> tuple[np.ndarray, float]:
    """Code values to BT.601 limited ones: a 3 x 3 matrix about zero chroma, and what is added to the luma."""
    span = _FULL_SPAN if full_range else _LIMITED_SPAN
    source = _rgb_to_ycc(*_KR_KB[colorspace])
    linear = np.diag(_LIMITED_SPAN) @ _rgb_to_ycc(*_KR_KB[_BT601]) @ np.linalg.inv(source) @ np.diag(1 / span)
    black = 0.0 if full_range else 16.0
    return linear, 16.0 - float(linear[0, 0]) * black


def _rgb_to_ycc(kr: float, kb: float) -> np.ndarray:
    luma = np.array([kr, 1 - kr - kb, kb])
    blue, red = (np.eye(3)[2] - luma) / (2 * (1 - kb)), (np.eye(3)[0] - luma) / (2 * (1 - kr))
    return np.stack([luma, blue, red])


def _centred(linear: np.ndarray, offset: float) -> np.ndarray:
    """cv2.transform's matrix for chroma centred on 128, with `offset` added to each output."""
    return np.hstack([linear, (offset - 128.0 * linear.sum(axis=1))[:, None]])


def tone_mapped(rgb48: np.ndarray, transfer: int) -> np.ndarray:
    """(h, w, 3) uint16 BT.2020 PQ or HLG as uint8 BT.709 RGB for an ordinary screen.

    White at 203 cd/m^2 (ITU-R BT.2408) lands at 90 % of the range, what is brighter rolls off into the rest.
    """
    light = _to_light(transfer)[rgb48].astype(np.float32)
    light = np.clip(light @ _BT2020_TO_BT709.T.astype(np.float32), 0.0, None)
    bright = light.max(axis=-1, keepdims=True)
    light *= _roll_off(bright) / np.maximum(bright, 1e-6)
    return _gamma()[np.clip(light * 4095, 0, 4095).astype(np.uint16)]


# ITU-R BT.2087, linear light.
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
_KNEE = 0.8  # below, light passes unchanged
_PEAK = 1000.0 / 203.0  # graded peak of usual HDR, relative to white


def _roll_off(light: np.ndarray) -> np.ndarray:
    """Light relative to white compressed into [0, 1]: straight to the knee, then bent to 1 at the peak."""
    over = np.clip((light - _KNEE) / (_PEAK - _KNEE), 0.0, 1.0)
    slope = (_PEAK - _KNEE) / (1 - _KNEE)
    return np.minimum(light, _KNEE + (1 - _KNEE) * over * (1 + slope) / (1 + over * slope))


@cache
def _to_light(transfer: int) -> np.ndarray:
    """Linear light relative to white for each 16-bit code."""
    code = np.arange(65536) / 65535
    return (_pq_nits(code) if transfer == PQ else _hlg_nits(code)) / 203.0


def _pq_nits(code: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084 to cd/m^2."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = code ** (1 / m2)
    return 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)


def _hlg_nits(code: np.ndarray) -> np.ndarray:
    """ARIB STD-B67 to cd/m^2 on a 1000 cd/m^2 screen; the system gamma is applied to each colour alone."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return 1000 * scene**1.2


@cache
def _gamma() -> np.ndarray:
    """8-bit BT.709 code for each of 4096 steps of linear light."""
    light = np.arange(4096) / 4095
    code = np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)
    return np.round(code * 255).astype(np.uint8)
