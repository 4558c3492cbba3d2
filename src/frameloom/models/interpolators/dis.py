"""Weight-free frame interpolation: motion candidates at the moment itself, fused by how well the two frames agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.interpolators.dis_pair import ROUND_TRIP, Pair, study
from frameloom.models.layers.band_blend import blend
from frameloom.models.layers.projection import Projection, project
from frameloom.models.layers.sampling import (
    Motion,
    Picture,
    Plane,
    all_inside,
    as_float32,
    fetch,
    fetch_from,
    inside,
    places,
    resize,
    sum_of_channels,
)

# Constants were chosen on the tuning half of the development set (see docs/dis.md); dB are of its mean PSNR.

# A projected motion is trusted where at least this weight landed.
_LEAST_COVERAGE = 0.05
# Side of the box, applied twice, that carries motion into holes that nothing reached, half-size pixels.
_HOLE_BOX = (19, 19)
# Side of the box over which a candidate's mismatch is averaged, half-size pixels.
_COST_WINDOW = 11
# Grey levels of mismatch assumed where neither a pixel nor its window can be seen in both frames.
_UNSEEN_MISMATCH = 10.0
# Grey levels of mismatch by which an unprojected candidate must beat a projected one.
_UNPROJECTED_PENALTY = 2.0
# Grey levels of mismatch over which the choice between candidates is soft.
_SOFTNESS = 2.0
_MEDIAN_SIDE = 5
# Grey levels of mismatch that count against a motion which leads to what should be at the other end of its path. Chosen
# on one real pair by eye and on the drawn scene of the tests: 0 is 0.6 dB worse, 80 to 320 differ by 0.4.
_OFF_COURSE = 160.0
# Shares of what the chosen motion and each of the two flows as they are show: motion is never sure, where hypotheses
# differ their mean is nearer to the truth than any of them (+0.06 dB tuning, +0.04 held out). More hypotheses gain no
# more. Only the chosen one is fetched cubically: for the others it changes -0.01 dB tuning, +0.01 held out.
_SHARE_OF_CHOSEN, _SHARE_OF_FLOW = np.float32(0.6), 0.2


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
            first, last: (height, width, 3 or 4) float32 RGB(A), nominally [0, 1], of one shape, from 1x1 up.
            moments: each a number in [0, 1] or a distance map (height, width) in [0, 1] that says, for what is seen
                at every pixel of first, how far along its path it is: 0 as in first, 1 as in last.

        Yields:
            (height, width, 3 or 4) float32 in [0, 1], or as far beyond as the two frames go.
        """
        if np.array_equal(first, last):
            for _ in moments:
                yield first.copy()
            return
        pair = study(first, last)
        for moment in moments:
            yield _frame_at(pair, np.asarray(moment, np.float32))


_TwoPictures: TypeAlias = tuple[Picture, Picture]


def _frame_at(pair: Pair, moment: NDArray[np.float32]) -> Picture:
    """The frame at one moment, a number () or a map (height, width) on the grid of the first frame."""
    height, width = pair.first.shape[:2]
    small_height, small_width = pair.forward.shape[:2]
    full, per_pixel = (width, height), np.array([width / small_width, height / small_height], np.float32)
    if moment.ndim and moment.min() == moment.max():
        moment = moment[0, 0]
    if not moment.ndim:
        motion = resize(_motion_at(pair, _Course(moment, moment)) * per_pixel, full)
        first, last = _fetched(pair, motion, moment, per_pixel)
    else:
        course = _course(pair, moment)
        chosen = _motion_at(pair, course)
        motion, moment = resize(as_float32(chosen[..., :2] * per_pixel), full), resize(chosen[..., 2], full)
        # The flows as they are would show whatever else is on its way through the same pixel
        first = fetch(pair.first, motion, -moment, cubic=True)
        last = fetch(pair.last, motion, 1.0 - moment, cubic=True)
    _show_what_one_sees(first, last, motion, moment)
    frame = blend(first, last, moment)
    return np.clip(frame, *pair.bounds, out=frame)


def _fetched(pair: Pair, motion: Motion, moment: NDArray[np.float32], per_pixel: NDArray[np.float32]) -> _TwoPictures:
    """What both frames show along the motion and, in smaller shares, along the two flows as they are."""
    height, width = pair.first.shape[:2]
    first = _SHARE_OF_CHOSEN * fetch(pair.first, motion, -moment, cubic=True)
    last = _SHARE_OF_CHOSEN * fetch(pair.last, motion, 1.0 - moment, cubic=True)
    for flow in (pair.forward, pair.backward):
        other = resize(flow * per_pixel, (width, height))
        cv2.scaleAdd(fetch(pair.first, other, -moment, cubic=False), _SHARE_OF_FLOW, first, first)
        cv2.scaleAdd(fetch(pair.last, other, 1.0 - moment, cubic=False), _SHARE_OF_FLOW, last, last)
    return first, last


def _show_what_one_sees(first: Picture, last: Picture, motion: Motion, moment: NDArray[np.float32]) -> None:
    """Where one frame cannot see what the motion leads to, because it lies outside, let the other stand alone."""
    in_first, in_last = places(motion, -moment), places(motion, 1.0 - moment)
    if all_inside(in_first, margin=0.5) and all_inside(in_last, margin=0.5):
        return
    first_sees, last_sees = inside(in_first, margin=0.5), inside(in_last, margin=0.5)
    only_last = (last_sees & ~first_sees & (moment > 0)).astype(np.uint8)
    only_first = (first_sees & ~last_sees & (moment < 1)).astype(np.uint8)
    cv2.copyTo(last, only_last, first)
    cv2.copyTo(first, only_first, last)


@dataclass(frozen=True, slots=True)
class _Course:
    """How far along its path everything is at one moment: a number (), or (half height, half width) each."""

    first: NDArray[np.float32]  # what is seen in the first frame, on its grid
    last: NDArray[np.float32]  # what is seen in the last frame, on its grid


def _course(pair: Pair, moment: Plane) -> _Course:
    """A distance map at half size, and carried to the grid of the last frame."""
    height, width = pair.forward.shape[:2]
    first = resize(moment, (width, height))
    carried = fetch(first, pair.backward, -1.0, cubic=False)
    # What the last frame uncovers has no place in the first one: it goes with what lies around
    round_trip = pair.backward - fetch(pair.forward, pair.backward, -1.0, cubic=False)
    sound = (np.hypot(round_trip[..., 0], round_trip[..., 1]) < ROUND_TRIP).astype(np.float32)
    known = np.dstack([carried * sound, sound])
    spread = cv2.blur(cv2.blur(known, _HOLE_BOX), _HOLE_BOX)
    around = (spread[..., 0] + np.float32(1e-3) * carried) / (spread[..., 1] + np.float32(1e-3))
    return _Course(first, as_float32(np.where(sound > 0, carried, around)))


def _off_course(course: _Course, motion: Motion, moment: Plane) -> tuple[Plane, Plane]:
    """(half height, half width) in [0, 1], of what the motion leads to in either frame: how far from there it is."""
    return (
        as_float32(cv2.absdiff(fetch(course.first, motion, -moment, cubic=False), moment)),
        as_float32(cv2.absdiff(fetch(course.last, motion, 1.0 - moment, cubic=False), moment)),
    )


def _motion_at(pair: Pair, course: _Course) -> Picture:
    """(half height, half width, 2): motion from first to last through every half-size pixel at the moment.

    On a course of maps a third channel says how far along it every pixel is.
    """
    early, late = _projected(pair, course)
    early_motion, late_motion = _without_holes(early, late)
    candidates = (early_motion, late_motion, *_unprojected(pair, course, early_motion))
    penalties = (0.0, 0.0, _UNPROJECTED_PENALTY, _UNPROJECTED_PENALTY)
    costs = np.stack(
        [_cost(pair, course, motion) + penalty for motion, penalty in zip(candidates, penalties, strict=True)]
    )
    shares = np.exp((costs.min(axis=0) - costs) * np.float32(1.0 / _SOFTNESS))
    shares /= shares.sum(axis=0)
    motion = np.zeros_like(early_motion)
    for candidate, share in zip(candidates, shares, strict=True):
        motion += candidate * share[..., None]
    return as_float32(
        np.dstack([
            cv2.medianBlur(np.ascontiguousarray(motion[..., channel]), _MEDIAN_SIDE)
            for channel in range(motion.shape[2])
        ])
    )  # fmt: skip


def _projected(pair: Pair, course: _Course) -> tuple[Projection, Projection]:
    """Both motion fields, on a course of maps with these, carried from their own frame to the moment."""
    values = pair.forward, pair.backward
    if course.first.ndim:
        values = np.dstack([pair.forward, course.first]), np.dstack([pair.backward, course.last])
    early_path, late_path = course.first[..., None], course.last[..., None] - np.float32(1.0)
    return (
        project(as_float32(values[0]), early_path * pair.forward, pair.forward_weight),
        project(as_float32(values[1]), late_path * pair.backward, pair.backward_weight),
    )


def _unprojected(pair: Pair, course: _Course, nearby: Picture) -> tuple[Picture, Picture]:
    """Both motion fields as they are; on a course of maps with how far along it they are, from a guess nearby."""
    if not course.first.ndim:
        return pair.forward, pair.backward
    moment = nearby[..., 2]
    forward_moment = fetch(course.first, pair.forward, -moment, cubic=False)
    backward_moment = fetch(course.last, pair.backward, 1.0 - moment, cubic=False)
    return (
        as_float32(np.dstack([pair.forward, forward_moment])),
        as_float32(np.dstack([pair.backward, backward_moment])),
    )


def _cost(pair: Pair, course: _Course, candidate: Picture) -> Plane:
    """(half height, half width), grey levels: what speaks against a motion."""
    if not course.first.ndim:
        return _mismatch(pair, candidate, course.first)
    motion, moment = candidate[..., :2], candidate[..., 2]
    off = np.minimum(*_off_course(course, motion, moment))  # one of the frames may show something in front of it
    return as_float32(_mismatch(pair, motion, moment) + np.float32(_OFF_COURSE) * off)


def _without_holes(early: Projection, late: Projection) -> tuple[Motion, Motion]:
    """Both motions with holes filled from each other, and where neither landed from the surroundings."""
    early_landed = (early.coverage > _LEAST_COVERAGE)[..., None]
    late_landed = (late.coverage > _LEAST_COVERAGE)[..., None]
    either = np.where(early_landed, early.values, late.values)
    known = (early_landed | late_landed).astype(np.float32)
    spread = cv2.blur(cv2.blur(np.dstack([either * known, known]), _HOLE_BOX), _HOLE_BOX)
    around = spread[..., :-1] / np.maximum(spread[..., -1:], np.float32(1e-4))
    return (
        np.where(early_landed, early.values, np.where(late_landed, late.values, around)),
        np.where(late_landed, late.values, np.where(early_landed, early.values, around)),
    )


def _mismatch(pair: Pair, motion: Motion, moment: NDArray[np.float32]) -> Plane:
    """(half height, half width), grey levels: how much the frames differ when both are fetched along the motion."""
    in_first, in_last = places(motion, -moment), places(motion, 1.0 - moment)
    first = fetch_from(pair.first_traits, in_first, cubic=False)
    last = fetch_from(pair.last_traits, in_last, cubic=False)
    seen = (inside(in_first, margin=0.5) & inside(in_last, margin=0.5)).astype(np.float32)
    difference = sum_of_channels(as_float32(cv2.absdiff(first, last))) * seen
    window = (_COST_WINDOW, _COST_WINDOW)
    # A little of the assumed mismatch everywhere, so that the quotient exists where nothing is seen
    total = cv2.blur(difference, window) + np.float32(0.02 * _UNSEEN_MISMATCH)
    return as_float32(total / (cv2.blur(seen, window) + np.float32(0.02)))
