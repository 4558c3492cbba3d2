"""Frames that flicker or are bent are found, and what a camera does is no fault."""

import cv2
import numpy as np
import pytest

from frameloom.similarity.motion import turn
from inspected_clips import AT, SIZE, STEP, bent, findings, only, pan, scenery, with_frame


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
