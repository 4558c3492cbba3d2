"""Weight-free frame interpolation: motion candidates at the moment itself, fused by how well the two frames agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.flow.dis import DISFlow
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
    grey_with_slopes,
    inside,
    is_inside,
    places,
    resize,
    sum_of_channels,
)

# All constants were chosen on the tuning half of the development set (see docs/dis.md); dB are of its mean PSNR.

# Motion is decided at half size: full size costs four times the time and is 0.06 dB worse (costs get noisier). Only
# pictures of a thumbnail's size lose by it, 0.1 dB at 256x144.
_SHRINK = 2
_TINY_PIXELS = 40_000
# Splat weight exp(-0.05 * error in grey levels): 20 levels of mismatch lose to a perfect match by e.
_SPLAT_SHARPNESS = 0.05
# A projected motion is trusted where at least this weight landed.
_LEAST_COVERAGE = 0.05
# Side of the box, applied twice, that carries motion into holes that nothing reached, half-size pixels.
_HOLE_BOX = (19, 19)
# Side of the box over which a candidate's mismatch is averaged, half-size pixels.
_COST_WINDOW = 11
# Grey levels of mismatch assumed where neither a pixel nor its window can be seen in both frames.
_UNSEEN_MISMATCH = 10.0
# A pixel of a flow is sound if flow and counter-flow cancel to within so many half-size pixels.
_ROUND_TRIP = 1.0
# Side of the box, applied twice, over which sound flow is carried to where content leaves, half-size pixels.
_LEAVING_BOX = (19, 19)
# Side of the box that decides where no sound flow is that near.
_LEAVING_FAR_BOX = (101, 101)
# Grey levels of mismatch by which an unprojected candidate must beat a projected one.
_UNPROJECTED_PENALTY = 2.0
# Grey levels of mismatch over which the choice between candidates is soft.
_SOFTNESS = 2.0
_MEDIAN_SIDE = 5
# Grey levels of mismatch that count against a motion which leads to what should be at the other end of its path.
_OFF_COURSE = 80.0
# Where what one frame shows is off its course by a tenth of the path more than what the other shows, the other counts
# alone.
_COURSE_SLOPE = 10.0
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
        pair = _study(first, last)
        for moment in moments:
            yield _frame_at(pair, np.asarray(moment, np.float32))


_TwoPictures: TypeAlias = tuple[Picture, Picture]


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is known of two frames before any moment is asked for."""

    first: Picture
    last: Picture
    bounds: tuple[float, float]  # of the values: [0, 1], and beyond it as far as the two frames go
    first_traits: Picture  # (half height, half width, 3): grey and its two gradients, in grey levels
    last_traits: Picture
    forward: Motion  # (half height, half width, 2), half-size pixels, on the grid of first
    backward: Motion  # on the grid of last, also pointing from first to last
    forward_weight: Plane  # (half height, half width), in (0, 1]: how well forward matches
    backward_weight: Plane


def _study(first: Picture, last: Picture) -> _Pair:
    """Flow both ways and what judging motion needs, at half size."""
    height, width = first.shape[:2]
    shrink = 1 if height * width <= _TINY_PIXELS else _SHRINK
    size = (-(-width // shrink), -(-height // shrink))
    per_pixel = np.array([size[0] / width, size[1] / height], np.float32)  # half-size pixels per pixel
    search = DISFlow()
    found_forward = resize(search.estimate(first, last), size) * per_pixel
    found_backward = resize(search.estimate(last, first), size) * -per_pixel
    forward = _continued_outwards(found_forward, found_backward, 1.0)
    backward = _continued_outwards(found_backward, found_forward, -1.0)
    first_traits, last_traits = _traits(first, size), _traits(last, size)
    return _Pair(
        first=first,
        last=last,
        bounds=(min(0.0, float(first.min()), float(last.min())), max(1.0, float(first.max()), float(last.max()))),
        first_traits=first_traits,
        last_traits=last_traits,
        forward=forward,
        backward=backward,
        forward_weight=_match_weight(first_traits, last_traits, forward),
        backward_weight=_match_weight(last_traits, first_traits, -backward),
    )


def _continued_outwards(motion: Motion, counter: Motion, along: float) -> Motion:
    """The motion, with what its surroundings do where that carries a pixel out of the picture.

    Nothing can be matched there, and the search answers with whatever looks alike at the edge: a pan would tear.
    """
    round_trip = motion - fetch(counter, motion, along, cubic=False)
    returns = np.hypot(round_trip[..., 0], round_trip[..., 1]) < _ROUND_TRIP
    sound = returns & is_inside(motion, along, margin=-1.0)
    share = sound[..., None].astype(np.float32)
    known = np.dstack([motion * share, share])
    spread = cv2.blur(cv2.blur(known, _LEAVING_BOX), _LEAVING_BOX)
    spread += np.float32(1e-3) * cv2.blur(known, _LEAVING_FAR_BOX)
    around = as_float32(spread[..., :2] / np.maximum(spread[..., 2:], np.float32(1e-6)))
    leaves = cv2.blur((~is_inside(around, along, margin=0.0)).astype(np.float32), (3, 3))[..., None]
    return as_float32(motion + leaves * (around - motion))


def _traits(image: Picture, size: tuple[int, int]) -> Picture:
    """(half height, half width, 3): grey 0..255 and its slopes, what frames are compared by."""
    code = cv2.COLOR_RGBA2GRAY if image.shape[2] == 4 else cv2.COLOR_RGB2GRAY
    return grey_with_slopes(resize(as_float32(cv2.cvtColor(image, code)), size) * np.float32(255.0))


def _match_weight(here: Picture, there: Picture, flow: Motion) -> Plane:
    """(height, width), in (0, 1]: how alike each pixel of `here` and the pixel its flow leads to are in grey."""
    error = cv2.absdiff(here[..., 0], fetch(there[..., 0], flow, 1.0, cubic=False))
    return as_float32(np.exp(np.float32(-_SPLAT_SHARPNESS) * cv2.blur(error, (3, 3))))


def _frame_at(pair: _Pair, moment: NDArray[np.float32]) -> Picture:
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
        first, last = _fetched_on_course(pair, course, chosen, motion, moment)
    _show_what_one_sees(first, last, motion, moment)
    frame = blend(first, last, moment)
    return np.clip(frame, *pair.bounds, out=frame)


def _fetched(pair: _Pair, motion: Motion, moment: NDArray[np.float32], per_pixel: NDArray[np.float32]) -> _TwoPictures:
    """What both frames show along the motion and, in smaller shares, along the two flows as they are."""
    height, width = pair.first.shape[:2]
    first = _SHARE_OF_CHOSEN * fetch(pair.first, motion, -moment, cubic=True)
    last = _SHARE_OF_CHOSEN * fetch(pair.last, motion, 1.0 - moment, cubic=True)
    for flow in (pair.forward, pair.backward):
        other = resize(flow * per_pixel, (width, height))
        cv2.scaleAdd(fetch(pair.first, other, -moment, cubic=False), _SHARE_OF_FLOW, first, first)
        cv2.scaleAdd(fetch(pair.last, other, 1.0 - moment, cubic=False), _SHARE_OF_FLOW, last, last)
    return first, last


def _fetched_on_course(pair: _Pair, course: "_Course", chosen: Picture, motion: Motion, moment: Plane) -> _TwoPictures:
    """What both frames show along the motion; what is on another course in one of them is taken from the other."""
    height, width = pair.first.shape[:2]
    off_first, off_last = _off_course(course, chosen[..., :2], chosen[..., 2])
    lead = resize(as_float32(np.clip((off_last - off_first) * np.float32(_COURSE_SLOPE), -1.0, 1.0)), (width, height))
    first = fetch(pair.first, motion, -moment, cubic=True)
    last = fetch(pair.last, motion, 1.0 - moment, cubic=True)
    difference = last - first
    first += np.maximum(-lead, 0.0)[..., None] * difference
    last -= np.maximum(lead, 0.0)[..., None] * difference
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


def _course(pair: _Pair, moment: Plane) -> _Course:
    """A distance map at half size, and carried to the grid of the last frame."""
    height, width = pair.forward.shape[:2]
    first = resize(moment, (width, height))
    carried = fetch(first, pair.backward, -1.0, cubic=False)
    # What the last frame uncovers has no place in the first one: it goes with what lies around
    round_trip = pair.backward - fetch(pair.forward, pair.backward, -1.0, cubic=False)
    sound = (np.hypot(round_trip[..., 0], round_trip[..., 1]) < _ROUND_TRIP).astype(np.float32)
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


def _motion_at(pair: _Pair, course: _Course) -> Picture:
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


def _projected(pair: _Pair, course: _Course) -> tuple[Projection, Projection]:
    """Both motion fields, on a course of maps with these, carried from their own frame to the moment."""
    values = pair.forward, pair.backward
    if course.first.ndim:
        values = np.dstack([pair.forward, course.first]), np.dstack([pair.backward, course.last])
    early_path, late_path = course.first[..., None], course.last[..., None] - np.float32(1.0)
    return (
        project(as_float32(values[0]), early_path * pair.forward, pair.forward_weight),
        project(as_float32(values[1]), late_path * pair.backward, pair.backward_weight),
    )


def _unprojected(pair: _Pair, course: _Course, nearby: Picture) -> tuple[Picture, Picture]:
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


def _cost(pair: _Pair, course: _Course, candidate: Picture) -> Plane:
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


def _mismatch(pair: _Pair, motion: Motion, moment: NDArray[np.float32]) -> Plane:
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
