"""Blending two pictures of the same thing in bands of detail, so that what only one of them shows makes no ghost."""

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.layers.sampling import Picture, Plane, as_float32, resize, sum_of_channels

# The constants were chosen with the rest of `interpolators/dis.py` (docs/dis.md).

# Blur, in pixels, that splits off a band of detail in the final blend, and its kernel of three standard deviations.
_DETAIL_BLUR, _DETAIL_BLUR_SIZE = 1.0, (7, 7)
# Side of the box in which the two warped frames' detail is compared, full-size pixels.
_DETAIL_WINDOW = 11
# Power of detail, in squared [0, 1] units, below which agreement is not judged (0.25 grey levels).
_DETAIL_FLOOR = 1e-6
# Closer than this to a given frame, its own detail comes back untouched, so that moments 0 and 1 are exact.
_NEAR_END = 0.1


def blend(first: Picture, last: Picture, moment: NDArray[np.float32]) -> Picture:
    """Mix the two fetched frames by the moment, band by band, detail only as far as they share it.

    In each band the mix m of details a and b is scaled by E[ab] / E[mm] over a small window: Wiener's gain for a
    detail common to both with independent noise (or misalignment) on each. Where they agree the gain is 1; where
    they show different things, a plain mix would be a ghost of both, and the mean square error is larger. What the
    coarser bands lose that way is found at half the size.

    Both frames are overwritten: at 4K each copy is 100 MB, and fresh memory costs more time than the arithmetic.
    """
    ramp = np.minimum(np.minimum(moment, 1.0 - moment) * np.float32(1.0 / _NEAR_END), 1.0)
    height, width = first.shape[:2]
    size = (-(-width // 2), -(-height // 2))
    first_base, last_base = _blurred(first), _blurred(last)
    small_first, small_last = resize(first_base, size), resize(last_base, size)
    small_moment, small_ramp = (resize(plane, size) if plane.ndim else plane for plane in (moment, ramp))
    loss = _unshared(
        small_first - _blurred(small_first), small_last - _blurred(small_last), small_moment, small_ramp,
        _DETAIL_WINDOW // 2 | 1
    )  # fmt: skip
    first -= first_base
    last -= last_base
    detail_loss = _unshared(first, last, moment, ramp, _DETAIL_WINDOW)
    first += first_base
    last += last_base
    frame = _mix_into(first, last, moment[..., None])
    frame -= detail_loss
    frame -= resize(loss, (width, height))
    return frame


def _blurred(picture: Picture) -> Picture:
    return as_float32(cv2.GaussianBlur(picture, _DETAIL_BLUR_SIZE, _DETAIL_BLUR))


def _unshared(
    first: Picture, last: Picture, moment: NDArray[np.float32], ramp: NDArray[np.float32], window: int
) -> Picture:
    """What Wiener's gain takes off the mix of two bands of detail."""
    mixed = last - first
    mixed *= moment[..., None]
    mixed += first
    shared = _window_mean(as_float32(first * last), window)
    power = _window_mean(as_float32(mixed * mixed), window)
    gain = np.clip((shared + _DETAIL_FLOOR) / (power + _DETAIL_FLOOR), 0.0, 1.0)
    mixed *= (ramp * (1.0 - gain))[..., None]
    return mixed


def _mix_into(first: Picture, last: Picture, position: NDArray[np.float32]) -> Picture:
    """first + position * (last - first), written over `first`; `last` is used up."""
    last -= first
    last *= position
    first += last
    return first


def _window_mean(products: Picture, side: int) -> Plane:
    """(height, width): sum over channels, mean over the window."""
    return as_float32(cv2.blur(sum_of_channels(products), (side, side)))
