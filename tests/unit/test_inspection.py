"""Faults planted in a drawn clip are found at their frame, and nothing is found where there are none."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from factories import moving_square, noise, write_png
from frameloom.features.lookahead import LOOKAHEAD, LOOKBACK
from frameloom.features.patches import grid_size
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.reading.source import open_source
from frameloom.models.encoders.hog import HOGCells
from frameloom.results.inspection import Finding, InspectedFrame
from frameloom.similarity.findings import worst_of
from frameloom.similarity.inspect import AROUND, Judged, inspect_frames
from frameloom.similarity.jumps import Move
from frameloom.similarity.kept_judgements import judged_from
from frameloom.similarity.motion import turn
from frameloom.similarity.partial_repeats import partial_repeat
from frameloom.similarity.seams import Seam

Image = NDArray[np.uint8]
SIZE = (144, 256)
STEP = Fraction(1, 25)
AT = 12  # where faults are planted


def scenery(seed: int) -> Image:
    """A picture with coarse and fine texture, wider than what is seen of it at a time."""
    size = (SIZE[0] + 20, SIZE[1] + 200)
    coarse = noise(size, seed=seed).astype(np.float32)
    fine = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (*size, 1)).astype(np.float32), (0, 0), 1.2)
    return np.clip(0.7 * coarse + 30 + 60 * fine[..., None], 0, 255).astype(np.uint8)


def pan(count: int = 26, *, seed: int = 1, speed: int = 4) -> list[Image]:
    """A camera that pans evenly over the scenery."""
    whole = scenery(seed)
    return [whole[10 : 10 + SIZE[0], index * speed : index * speed + SIZE[1]].copy() for index in range(count)]


def frames_of(images: Sequence[Image], times: Sequence[Fraction] | None = None) -> Iterator[Frame]:
    times = times or [index * STEP for index in range(len(images))]
    return (Frame(ArrayPicture(image), time, STEP) for image, time in zip(images, times, strict=True))


def judged(images: Sequence[Image], times: Sequence[Fraction] | None = None) -> list[Judged]:
    encoder, size = HOGCells(), images[0].shape[:2]
    return list(inspect_frames(frames_of(images, times), encoder, grid=grid_size(encoder, size), size=size))


def findings(images: Sequence[Image], times: Sequence[Fraction] | None = None) -> list[Finding]:
    return [finding for one in judged(images, times) for finding in one.findings]


def with_frame(images: Sequence[Image], image: Image) -> list[Image]:
    return [*images[:AT], image, *images[AT + 1 :]]


def only(found: Sequence[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def test_a_clip_without_faults_has_none() -> None:
    assert findings(pan()) == []


@pytest.mark.parametrize("gain", [0.97, 1.06, 1.12])
def test_a_brighter_or_darker_frame_flickers(gain: float) -> None:
    clip = pan()
    found = only(findings(with_frame(clip, np.clip(clip[AT] * gain, 0, 255).astype(np.uint8))))
    assert (found.kind, found.frame, found.time) == ("flicker", AT, AT * STEP)
    assert ("brighter" if gain > 1 else "darker") in found.reason


def test_a_blurred_frame_flickers() -> None:
    clip = pan()
    found = only(findings(with_frame(clip, cv2.GaussianBlur(clip[AT], (0, 0), 2))))
    assert (found.kind, found.frame) == ("flicker", AT)
    assert "more blurred" in found.reason


def bent(image: Image, pixels: float) -> Image:
    """Displaced by smooth noise with a deviation of so many pixels."""
    height, width = image.shape[:2]
    noise_field = np.random.default_rng(4).normal(0, pixels, (2, 4, 4)).astype(np.float32)
    across, down = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in noise_field)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(image, columns + across, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def test_a_bent_frame_flickers() -> None:
    clip = pan()
    found = only(findings(with_frame(clip, bent(clip[AT], 3))))
    assert (found.kind, found.frame) == ("flicker", AT)
    assert "bent: half of it lies" in found.reason


def test_a_bent_frame_of_an_upright_clip_flickers() -> None:
    clip = [np.ascontiguousarray(image.transpose(1, 0, 2)) for image in pan()]
    assert [(one.kind, one.frame) for one in findings(with_frame(clip, bent(clip[AT], 3)))] == [("flicker", AT)]


def test_a_camera_that_shakes_is_no_fault() -> None:
    whole, draw = scenery(2), np.random.default_rng(7)
    places = [(10 + draw.integers(-2, 3), 40 + 2 * index + draw.integers(-2, 3)) for index in range(26)]
    shaken = [whole[y : y + SIZE[0], x : x + SIZE[1]].copy() for y, x in places]
    assert findings(shaken) == []


def test_a_turn_of_the_camera_bends_nothing() -> None:
    rows, columns = np.mgrid[:90, :160].astype(np.float32)
    steady = np.zeros((90, 160, 2), np.float32)
    rolling = np.stack((2 + 0.02 * columns - 0.05 * rows, 1 + 0.05 * columns + 0.02 * rows), axis=-1)
    turned = turn(steady, rolling)
    assert turned.whole.shape == (9, 16, 2)
    assert np.hypot(turned.whole[..., 0], turned.whole[..., 1]).min() > 1
    assert np.abs(turned.bent).max() < 0.01


def test_a_camera_that_is_knocked_aside_for_one_frame_shows_nothing_else() -> None:
    whole = cv2.GaussianBlur(scenery(1), (0, 0), 2)
    offsets = [index + 8 * (index == AT) for index in range(26)]
    clip = [whole[10 : 10 + SIZE[0], left : left + SIZE[1]].copy() for left in offsets]
    assert [one for one in findings(clip) if one.kind == "flicker"] == []


def test_a_step_back_is_shake_and_no_jump() -> None:
    whole = scenery(3)
    lefts = [2 * index for index in range(AT)] + [2 * index - 10 for index in range(AT, 26)]
    assert findings([whole[10 : 10 + SIZE[0], left + 20 : left + 20 + SIZE[1]].copy() for left in lefts]) == []


def test_something_that_sets_out_alone_is_no_jump() -> None:
    clip, square = pan(speed=1), scenery(8)[:40, :40]
    for index, image in enumerate(clip):
        left = 20 + (50 if index >= AT else 0)
        image[50:90, left : left + 40] = square
    assert [one for one in findings(clip) if one.kind == "jump"] == []


def test_a_frame_of_something_else_flickers_and_is_no_cut() -> None:
    clip = pan(speed=1)
    found = findings(with_frame(clip, cv2.flip(clip[AT], -1)))
    assert [(one.kind, one.frame) for one in found] == [("flicker", AT)]


def test_every_second_frame_darker_is_flicker_not_unrest_that_is_usual_there() -> None:
    clip = [image if index % 2 else np.rint(image * 0.94).astype(np.uint8) for index, image in enumerate(pan(speed=1))]
    assert {one.kind for one in findings(clip)} == {"flicker"}


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


def test_times_are_those_of_the_frames() -> None:
    times = [Fraction(index * index, 7) for index in range(10)]
    assert [one.frame.time for one in judged(pan(10), times)] == times


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips_are_judged(count: int) -> None:
    rows = [one.frame for one in judged(pan(count))]
    assert len(rows) == count
    assert rows[0].to_previous is None
    assert rows[-1].to_next is None
    assert [row.to_midpoint is None for row in rows] == [index in (0, count - 1) for index in range(count)]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 3), (35, 77), (67, 701)])
def test_any_size_is_judged(size: tuple[int, int]) -> None:
    assert len(judged([moving_square(index, size) for index in range(6)])) == 6


def test_distances_are_of_the_right_frames() -> None:
    clip = pan(6)
    clip[3] = cv2.flip(clip[3], 0)
    rows = [one.frame for one in judged(clip)]
    assert rows[2].to_next == rows[3].to_previous
    assert min(rows[3].to_previous or 0, rows[3].to_next or 0) > 2 * max(
        rows[1].to_previous or 0, rows[5].to_previous or 0
    )


def test_only_a_bounded_number_of_frames_is_held() -> None:
    read = 0

    def counted() -> Iterator[Frame]:
        nonlocal read
        for index, frame in enumerate(frames_of([moving_square(0)] * 100)):
            read = index + 1
            yield frame

    encoder = HOGCells()
    for index, one in enumerate(inspect_frames(counted(), encoder, grid=(4, 4), size=(48, 64))):
        assert one.frame.index == index
        assert read - index <= LOOKAHEAD + AROUND + 2
    assert LOOKBACK + LOOKAHEAD + 2 * AROUND < 30


def test_judgements_from_any_frame_on_are_those_of_a_whole_pass(tmp_path: Path) -> None:
    images = pan(44, speed=3)
    images[16] = np.rint(images[16] * 0.9).astype(np.uint8)
    images[20][70:] = images[19][70:]
    images[25] = images[24]
    images[30] = bent(images[30], 3)
    for index, image in enumerate(images):
        write_png(tmp_path / "frames" / f"{index:05}.png", image)
    source, encoder = open_source(tmp_path / "frames"), HOGCells()
    grid = grid_size(encoder, SIZE)
    whole = list(judged_from(source, encoder, grid, 0))
    assert {finding.frame for one in whole for finding in one.findings} >= {16, 20, 25, 30}
    for first in (17, 21, 31):
        rest = list(judged_from(source, encoder, grid, first))
        assert [(one.frame, one.findings) for one in rest] == [(one.frame, one.findings) for one in whole[first:]]


def test_the_worst_are_the_strongest_faults_each_frame_once() -> None:
    def finding(frame: int, kind: str, strength: float) -> Finding:
        return Finding(frame=frame, time=frame * STEP, kind=kind, strength=strength, reason="")  # type: ignore[arg-type]

    found = [finding(1, "flicker", 2), finding(2, "cut", 9), finding(3, "jump", 3), finding(3, "tearing", 4)]
    assert [(one.frame, one.kind) for one in worst_of(found, 5)] == [(3, "tearing"), (1, "flicker")]
    assert len(worst_of(found, 1)) == 1


def test_a_frame_says_what_it_is() -> None:
    frame: InspectedFrame = judged(pan(3))[1].frame
    assert frame.to_dict()["time"] == "1/25"
    assert 0 < frame.brightness < 1
