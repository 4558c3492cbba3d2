"""Frames that are torn, repeated or missing are found, and a cut is nothing but a cut."""

from collections.abc import Sequence

import numpy as np
import pytest

from frameloom.similarity.jumps import Move
from frameloom.similarity.partial_repeats import partial_repeat
from frameloom.similarity.seams import Seam
from inspected_clips import AT, SIZE, STEP, Image, findings, only, pan, scenery, with_frame


@pytest.mark.parametrize("pixels", [-16, 8])
@pytest.mark.parametrize("below", [True, False])
def test_a_shifted_part_is_a_tear(pixels: int, below: bool) -> None:
    clip, row = pan(), 60
    part = slice(row, None) if below else slice(0, row)
    torn = clip[AT].copy()
    torn[part] = np.roll(torn[part], pixels, axis=1)
    found = only(findings(with_frame(clip, torn)))
    assert (found.kind, found.frame) == ("tearing", AT)
    where = f"the part {'below' if below else 'above'} row {row}"
    assert found.reason == f"{where} lies {abs(pixels)} pixels too far to the {'right' if pixels > 0 else 'left'}"


@pytest.mark.parametrize(("other", "name"), [(-1, "previous"), (1, "next")])
def test_a_part_of_a_neighbour_is_a_tear(other: int, name: str) -> None:
    clip = pan()
    torn = clip[AT].copy()
    torn[90:] = clip[AT + other][90:]
    found = only(findings(with_frame(clip, torn)))
    assert (found.kind, found.frame) == ("tearing", AT)
    assert found.reason == f"the part below row 90 belongs to the {name} frame"


def told(steps: Sequence[Sequence[float]], seams: Sequence[Seam | None]) -> list[int]:
    """Which frames have a part of a neighbour, from how much each step changes three bands of rows."""
    nothing = np.zeros((1, 1, 2), np.float32)
    moves = [
        Move(
            rows=np.repeat(np.float32(bands), (70, 5, 25)), cells=nothing[0], flow=nothing, blocks=nothing,
            halves=(np.zeros((1, 1), np.uint8),) * 2, half_flow=nothing, left=0.0, passed=STEP, held=False, cut=False,
        )
        for bands in steps
    ]  # fmt: skip
    return [at for at in range(len(moves)) if partial_repeat(moves, seams, at).strength >= 1]


def test_the_frame_with_the_seam_is_torn_though_the_step_beyond_its_neighbour_is_longer() -> None:
    steps = [[5, 6, 6], [5, 6, 6], [5, 8, 8], [5, 0.2, 0.2], [5, 6, 6], [5, 6, 6], [5, 6, 6]]
    clear = Seam(row=0.7, coverage=0.4, explained=0.0, below=False)
    assert told(steps, [None] * 7) == [3]
    assert told(steps, [None] * 4 + [clear] + [None] * 2) == [4]


def test_a_part_that_two_frames_share_is_told_once() -> None:
    """Its story: in a film of a ball game, what lies above is the same in two frames, and both were said to be torn."""
    steps = [[5, 6, 6], [5, 0, 6], [5, 2, 6.5], [5, 0.2, 0.2], [5, 9, 6], [5, 6, 6], [5, 6, 6]]
    assert len(told(steps, [None] * 7)) == 1


def test_a_repeated_part_without_a_seam_is_a_tear() -> None:
    """Where the row lies in what is flat, only that the part stands still for one step tells."""
    clip = pan()
    for image in clip:
        image[60:80] = 90
    torn = clip[AT].copy()
    torn[70:] = clip[AT - 1][70:]
    found = only(findings(with_frame(clip, torn)))
    assert (found.kind, found.frame) == ("tearing", AT)
    assert "belongs to the previous frame" in found.reason


def test_a_part_that_stands_still_but_for_one_step_is_no_tear() -> None:
    still, clip = pan(2), pan()
    for index, image in enumerate(clip):
        image[90:] = still[index > AT][90:]
    assert [one for one in findings(clip) if one.kind == "tearing"] == []


def test_a_repeated_frame_is_a_duplicate() -> None:
    clip = pan()
    found = only(findings([*clip[:AT], clip[AT - 1], *clip[AT:]]))
    assert (found.kind, found.frame, found.reason) == ("duplicate", AT, "repeats the frame before it")


def test_a_still_scene_has_no_duplicates_and_no_flicker() -> None:
    still = pan(1)[0]
    grain = np.random.default_rng(3)
    noisy = [np.clip(still + grain.normal(0, 2, still.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    assert findings([still] * 20) == []
    assert findings(noisy) == []


@pytest.mark.parametrize("missing", [1, 2, 3, 4])
def test_missing_frames_are_a_jump(missing: int) -> None:
    clip = pan(32, speed=3)
    found = only(findings([*clip[:AT], *clip[AT + missing :]]))
    assert (found.kind, found.frame) == ("jump", AT)
    assert f"about {missing} frame{'s' if missing > 1 else ''} missing" in found.reason


def easing(start: float, gain: float, *, missing: int = 0) -> list[Image]:
    """A camera that pans faster with every frame, from `start` pixels a frame on; some frames are missing."""
    whole, lefts = scenery(1), [round(start * index + gain * index * (index - 1) / 2) for index in range(22 + missing)]
    clip = [whole[10 : 10 + SIZE[0], left : left + SIZE[1]].copy() for left in lefts]
    return [*clip[:AT], *clip[AT + missing :]]


@pytest.mark.parametrize(("start", "gain"), [(1, 0.2), (2, 0.3), (8, -0.3)])
def test_missing_frames_of_uneven_motion_are_a_jump(start: float, gain: float) -> None:
    """Its story: steps after the gap go almost as far as it, so by lengths alone it was missed or called one frame."""
    assert findings(easing(start, gain)) == []
    found = only(findings(easing(start, gain, missing=2)))
    assert (found.kind, found.frame) == ("jump", AT)
    assert "about 2 frames missing" in found.reason


@pytest.mark.parametrize("times", [2, 3, 4])
def test_motion_on_twos_or_more_has_duplicates_and_no_jumps(times: int) -> None:
    """Its story: on threes every third frame was a jump, as the steps beside it stand still."""
    found = findings([image for image in pan(10) for _ in range(times)])
    assert {one.kind for one in found} == {"duplicate"}
    assert len(found) == 9 * (times - 1)  # nothing ends the last run


def test_motion_that_catches_up_after_a_repeated_frame_is_no_jump() -> None:
    clip = pan()
    found = only(findings(with_frame(clip, clip[AT - 1])))
    assert (found.kind, found.frame) == ("duplicate", AT)


def test_a_step_that_takes_longer_may_go_further() -> None:
    clip = pan(32, speed=3)
    kept = [index for index in range(32) if index not in (AT, AT + 1)]
    assert findings([clip[index] for index in kept], [index * STEP for index in kept]) == []


def test_a_splice_is_a_cut_and_nothing_else() -> None:
    clip = [*pan(14, seed=1), *pan(14, seed=9)]
    found = only(findings(clip))
    assert (found.kind, found.frame, found.time) == ("cut", 14, 14 * STEP)
