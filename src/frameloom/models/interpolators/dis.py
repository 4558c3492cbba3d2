"""Weight-free frame interpolation: motion candidates at the moment itself, fused by how well the two frames agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.flow.dis import DISFlow
from frameloom.models.layers.projection import Projection, project

Plane: TypeAlias = NDArray[np.float32]  # (height, width)
Picture: TypeAlias = NDArray[np.float32]  # (height, width, channels)
Motion: TypeAlias = NDArray[np.float32]  # (height, width, 2), pixels from first to last, x right and y down

# All constants were chosen on the tuning half of the development set (see REPORT.md); dB are of its mean PSNR.

# Motion is decided at half size: full size costs four times the time and is 0.03 dB worse (costs get noisier).
_SHRINK = 2
# Splat weight exp(-0.05 * error in grey levels): 20 levels of mismatch lose to a perfect match by e.
_SPLAT_SHARPNESS = 0.05
# A projected motion is trusted where at least this weight landed.
_LEAST_COVERAGE = 0.05
# Blur, in half-size pixels, that carries motion into holes that nothing reached.
_HOLE_BLUR = 8.0
# Side of the box over which a candidate's mismatch is averaged, half-size pixels.
_COST_WINDOW = 9
# Grey levels of mismatch by which an unprojected candidate must beat a projected one.
_UNPROJECTED_PENALTY = 2.0
# Grey levels of mismatch over which the choice between candidates is soft.
_SOFTNESS = 2.0
_MEDIAN_SIDE = 5
# Detail bands of the final blend, as blur in full-size pixels.
_DETAIL_BLURS = (1.0, 2.0)
# Side of the box in which the two warped frames' detail is compared, full-size pixels.
_DETAIL_WINDOW = 7
# Power of detail, in squared [0, 1] units, below which agreement is not judged (0.25 grey levels).
_DETAIL_FLOOR = 1e-6
# Closer than this to a given frame, its own detail comes back untouched, so that moments 0 and 1 are exact.
_NEAR_END = 0.1


class DIS:
    """Interpolates between two frames from DIS optical flow in both directions; no weights, NumPy and OpenCV only.

    Forward and backward flow (Kroeger et al., ECCV 2016) are projected to the moment by softmax splatting (Niklaus
    and Liu, CVPR 2020). Per pixel the projected and unprojected motions compete, as in candidate-based motion
    compensated frame-rate conversion: the winner is where the two frames agree when fetched along it. The fetched
    frames are blended band by band, with detail that only one of them shows held back as Wiener's filter would.
    """

    def between(
        self,
        first: NDArray[np.float32],
        last: NDArray[np.float32],
        moments: Sequence[float | NDArray[np.float32]],
    ) -> Iterator[NDArray[np.float32]]:
        """One frame per moment, lazily and in order.

        Args:
            first, last: (height, width, 3 or 4) float32 RGB(A) in [0, 1], of one shape, from 1x1 up.
            moments: each a number in [0, 1] or a distance map (height, width) in [0, 1] that says, for every pixel
                of the output, how far along its path it is: 0 as in first, 1 as in last.

        Yields:
            (height, width, 3 or 4) float32 in [0, 1].
        """
        if np.array_equal(first, last):
            for _ in moments:
                yield np.clip(first, 0.0, 1.0)
            return
        pair = _study(first, last)
        for moment in moments:
            yield _frame_at(pair, np.asarray(moment, np.float32))


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is known of two frames before any moment is asked for."""

    first: Picture
    last: Picture
    first_traits: Picture  # (half height, half width, 3): grey and its two gradients, in grey levels
    last_traits: Picture
    forward: Motion  # (half height, half width, 2), half-size pixels, on the grid of first
    backward: Motion  # on the grid of last, also pointing from first to last
    forward_weight: Plane  # (half height, half width), in (0, 1]: how well forward matches
    backward_weight: Plane


def _study(first: Picture, last: Picture) -> _Pair:
    """Flow both ways and what judging motion needs, at half size."""
    height, width = first.shape[:2]
    size = (-(-width // _SHRINK), -(-height // _SHRINK))
    per_pixel = np.array([size[0] / width, size[1] / height], np.float32)  # half-size pixels per pixel
    search = DISFlow()
    forward = _resize(search.estimate(first, last), size) * per_pixel
    backward = _resize(search.estimate(last, first), size) * -per_pixel
    first_traits, last_traits = _traits(first, size), _traits(last, size)
    return _Pair(
        first=first,
        last=last,
        first_traits=first_traits,
        last_traits=last_traits,
        forward=forward,
        backward=backward,
        forward_weight=_match_weight(first_traits, last_traits, forward),
        backward_weight=_match_weight(last_traits, first_traits, -backward),
    )


def _traits(image: Picture, size: tuple[int, int]) -> Picture:
    """(half height, half width, 3): grey level 0..255 and twice its gradient along x and y, per half-size pixel."""
    code = cv2.COLOR_RGBA2GRAY if image.shape[2] == 4 else cv2.COLOR_RGB2GRAY
    grey = _resize(cv2.cvtColor(image, code), size) * np.float32(255.0)
    slope_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    slope_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    return np.dstack([grey, slope_x, slope_y])


def _match_weight(here: Picture, there: Picture, flow: Motion) -> Plane:
    """(height, width), in (0, 1]: how alike each pixel of `here` and the pixel its flow leads to are in grey."""
    error = cv2.absdiff(here[..., 0], _fetch(there[..., 0], flow, 1.0, cv2.INTER_LINEAR))
    return np.exp(np.float32(-_SPLAT_SHARPNESS) * cv2.blur(error, (3, 3)))


def _frame_at(pair: _Pair, moment: NDArray[np.float32]) -> Picture:
    """The frame at one moment, a number () or a map (height, width)."""
    height, width = pair.first.shape[:2]
    small_height, small_width = pair.forward.shape[:2]
    small_moment = _resize(moment, (small_width, small_height)) if moment.ndim else moment
    motion = _resize(_motion_at(pair, small_moment), (width, height))
    motion *= np.array([width / small_width, height / small_height], np.float32)
    first = _fetch(pair.first, motion, -moment, cv2.INTER_CUBIC)
    last = _fetch(pair.last, motion, 1.0 - moment, cv2.INTER_CUBIC)
    # What one frame cannot see, because it lies outside, the other shows alone
    first_sees, last_sees = _is_inside(motion, -moment), _is_inside(motion, 1.0 - moment)
    np.copyto(first, last, where=(last_sees & ~first_sees & (moment > 0))[..., None])
    np.copyto(last, first, where=(first_sees & ~last_sees & (moment < 1))[..., None])
    return np.clip(_blend(first, last, moment), 0.0, 1.0)


def _motion_at(pair: _Pair, moment: NDArray[np.float32]) -> Motion:
    """(half height, half width, 2): motion from first to last through every half-size pixel at the moment."""
    early = _project_along(pair.forward, pair.forward_weight, moment, 0.0)
    late = _project_along(pair.backward, pair.backward_weight, moment, 1.0)
    early_motion, late_motion = _without_holes(early, late)
    candidates = (early_motion, late_motion, pair.forward, pair.backward, np.zeros_like(pair.forward))
    penalties = (0.0, 0.0, _UNPROJECTED_PENALTY, _UNPROJECTED_PENALTY, _UNPROJECTED_PENALTY)
    costs = np.stack(
        [_mismatch(pair, motion, moment) + penalty for motion, penalty in zip(candidates, penalties, strict=True)]
    )
    shares = np.exp((costs.min(axis=0) - costs) * np.float32(1.0 / _SOFTNESS))
    shares /= shares.sum(axis=0)
    motion = np.zeros_like(pair.forward)
    for candidate, share in zip(candidates, shares, strict=True):
        motion += candidate * share[..., None]
    return np.dstack([cv2.medianBlur(np.ascontiguousarray(motion[..., axis]), _MEDIAN_SIDE) for axis in (0, 1)])


def _project_along(motion: Motion, weight: Plane, moment: NDArray[np.float32], start: float) -> Projection:
    """Carry a motion field from its own frame, at time `start` (0 or 1), to the moment."""
    path = moment - np.float32(start)
    if moment.ndim:
        # The map is on the output's grid, so how far a pixel goes depends on where it lands: two fixed-point steps
        for _ in range(2):
            path = _fetch(moment, motion, path, cv2.INTER_LINEAR) - np.float32(start)
    return project(motion, path[..., None] * motion, weight)


def _without_holes(early: Projection, late: Projection) -> tuple[Motion, Motion]:
    """Both motions with holes filled from each other, and where neither landed from the surroundings."""
    early_landed = (early.coverage > _LEAST_COVERAGE)[..., None]
    late_landed = (late.coverage > _LEAST_COVERAGE)[..., None]
    either = np.where(early_landed, early.values, late.values)
    known = (early_landed | late_landed).astype(np.float32)
    spread = cv2.GaussianBlur(np.dstack([either * known, known]), (0, 0), _HOLE_BLUR)
    around = spread[..., :2] / np.maximum(spread[..., 2:], np.float32(1e-4))
    return (
        np.where(early_landed, early.values, np.where(late_landed, late.values, around)),
        np.where(late_landed, late.values, np.where(early_landed, early.values, around)),
    )


def _mismatch(pair: _Pair, motion: Motion, moment: NDArray[np.float32]) -> Plane:
    """(half height, half width), grey levels: how much the frames differ when both are fetched along the motion."""
    first = _fetch(pair.first_traits, motion, -moment, cv2.INTER_LINEAR)
    last = _fetch(pair.last_traits, motion, 1.0 - moment, cv2.INTER_LINEAR)
    difference = cv2.transform(cv2.absdiff(first, last), np.ones((1, 3), np.float32))
    return cv2.blur(difference, (_COST_WINDOW, _COST_WINDOW))


def _blend(first: Picture, last: Picture, moment: NDArray[np.float32]) -> Picture:
    """Mix the two fetched frames by the moment, band by band, detail only as far as they share it.

    In each band the mix m of details a and b is scaled by E[ab] / E[mm] over a small window: Wiener's gain for a
    detail common to both with independent noise (or misalignment) on each. Where they agree the gain is 1; where
    they show different things, a plain mix would be a ghost of both, and the mean square error is larger.
    """
    position = moment[..., None]
    ramp = np.minimum(np.minimum(moment, 1.0 - moment) * np.float32(1.0 / _NEAR_END), 1.0)
    detail = np.zeros_like(first)
    for blur in _DETAIL_BLURS:
        first_base, last_base = cv2.GaussianBlur(first, (0, 0), blur), cv2.GaussianBlur(last, (0, 0), blur)
        first_detail, last_detail = first - first_base, last - last_base
        mixed = first_detail + position * (last_detail - first_detail)
        shared, power = _window_sum(first_detail * last_detail), _window_sum(mixed * mixed)
        gain = np.clip((shared + _DETAIL_FLOOR) / (power + _DETAIL_FLOOR), 0.0, 1.0)
        detail += mixed * (1.0 + ramp * (gain - 1.0))[..., None]
        first, last = first_base, last_base
    return first + position * (last - first) + detail


def _window_sum(products: Picture) -> Plane:
    """(height, width): channels added, then averaged over the detail window."""
    total = cv2.transform(products, np.ones((1, products.shape[2]), np.float32))
    return cv2.blur(total, (_DETAIL_WINDOW, _DETAIL_WINDOW))


def _fetch(image: NDArray[np.float32], motion: Motion, along: float | NDArray[np.float32], method: int) -> Picture:
    """Each pixel from where `along * motion` leads, edges repeated; `along` is a number or (height, width)."""
    target_x, target_y = _targets(motion, along)
    return cv2.remap(np.ascontiguousarray(image), target_x, target_y, method, borderMode=cv2.BORDER_REPLICATE)


def _targets(motion: Motion, along: float | NDArray[np.float32]) -> tuple[Plane, Plane]:
    """(height, width) x and y of where `along * motion` leads from every pixel."""
    height, width = motion.shape[:2]
    target_x = motion[..., 0] * np.float32(along) + np.arange(width, dtype=np.float32)
    target_y = motion[..., 1] * np.float32(along) + np.arange(height, dtype=np.float32)[:, None]
    return target_x, target_y


def _is_inside(motion: Motion, along: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(height, width): whether `along * motion` leads to a place inside the picture."""
    height, width = motion.shape[:2]
    target_x, target_y = _targets(motion, along)
    return (target_x >= -0.5) & (target_x <= width - 0.5) & (target_y >= -0.5) & (target_y <= height - 0.5)


def _resize(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """To (width, height): area mean when shrinking, bilinear when growing."""
    shrinks = size[0] <= image.shape[1] and size[1] <= image.shape[0]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
