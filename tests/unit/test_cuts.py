"""Cuts among what looks like them: flashes, fades, whip pans, animation on twos."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from factories import noise
from frameloom.errors import InputError
from frameloom.features.cuts import AUTO, threshold_of
from frameloom.features.lookahead import look_ahead
from frameloom.frame import ArrayPicture, Frame

SIZE = (72, 128)
WARM, COLD = (1.0, 0.7, 0.3), (0.2, 0.5, 1.0)


def shot(seed: int, tint: tuple[float, float, float], count: int = 8, speed: int = 2) -> list[np.ndarray]:
    """A camera that moves over a tinted scene; the same seed is the same scene."""
    scene = noise((SIZE[0], 4 * SIZE[1]), seed=seed) * np.array(tint)
    return [scene[:, speed * k : speed * k + SIZE[1]] for k in range(count)]


def take(seed: int, tint: tuple[float, float, float], count: int = 8, wide: int = 35) -> list[np.ndarray]:
    """Someone moves before a wall, which is the same in all takes and most of the picture."""
    wall, someone = noise(SIZE, seed=1), noise((SIZE[0], wide + count), seed=seed) * np.array(tint)
    images = np.stack([wall] * count).astype(float)
    for k, image in enumerate(images):
        image[:, 40 : 40 + wide] = someone[:, k : k + wide]
    return list(images)


def cuts_in(images: Sequence[np.ndarray], threshold: float = AUTO) -> list[int]:
    step = Fraction(1, 25)
    frames = [Frame(ArrayPicture(image.astype(np.uint8)), k * step, step) for k, image in enumerate(images)]
    return [index for index, step in enumerate(look_ahead(frames, cuts=threshold), start=1) if step.cut]


def test_cuts_between_shots_are_found() -> None:
    assert cuts_in(shot(1, WARM) + shot(2, COLD) + shot(3, WARM)) == [8, 16]


def test_cuts_next_to_the_ends_are_found() -> None:
    assert cuts_in(shot(1, WARM, 1) + shot(2, COLD)) == [1]
    assert cuts_in(shot(1, WARM) + shot(2, COLD, 1)) == [8]
    assert cuts_in(shot(1, WARM, 1) + shot(2, COLD, 1)) == [1]


def test_a_cut_to_black_is_found() -> None:
    assert cuts_in([*shot(1, WARM), *[np.zeros((*SIZE, 3))] * 4]) == [8]


def test_a_cut_to_another_take_before_the_same_wall_is_found() -> None:
    """It was interpolated while only the calmer side's change was taken off: most of the picture goes on."""
    assert cuts_in(take(2, WARM) + take(3, COLD) + take(4, WARM)) == [8, 16]


def test_another_take_is_told_only_by_steps_on_both_sides() -> None:
    shown = take(2, WARM, 3) + take(3, COLD)
    assert cuts_in(shown) == []
    assert cuts_in(shown[::-1]) == []


@pytest.mark.parametrize("length", [1, 2, 3])
def test_another_take_for_a_moment_is_no_cut(length: int) -> None:
    images = take(2, WARM, 16)
    images[7 : 7 + length] = take(3, COLD, length)
    assert cuts_in(images) == []


@pytest.mark.parametrize("wide", [35, 70])
@pytest.mark.parametrize("times", [4, 5, 6, 8])
def test_drawings_held_for_longer_than_is_looked_are_no_shots(times: int, wide: int) -> None:
    """Those of a fast scene were, as each stands still before it jumps."""
    drawings = [take(2 + k, tint, 1, wide)[0] for k, tint in enumerate((WARM, COLD, WARM))]
    assert cuts_in([image for image in drawings for _ in range(times)]) == []


def test_a_picture_that_stalls_and_goes_on_elsewhere_is_no_take() -> None:
    assert cuts_in([*take(2, WARM), *[take(2, WARM)[-1]] * 4, *take(3, COLD)]) == []


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("light", ["white", "black", "brighter", "half"])
def test_a_flash_is_no_cut_whatever_its_length_and_light(length: int, light: str) -> None:
    """White flashes were taken for two cuts when only the pair was looked at."""
    images = shot(1, WARM, 16)
    for index in range(7, 7 + length):
        lit = {"white": 0, "black": 0, "brighter": 2.5, "half": 1}[light] * images[index]
        lit = lit + {"white": 255, "black": 0, "brighter": 40, "half": np.linspace(0, 250, SIZE[1])[:, None]}[light]
        images[index] = np.clip(lit, 0, 255)
    assert cuts_in(images) == []


@pytest.mark.parametrize("length", [6, 12, 24])
def test_dissolves_and_fades_are_no_cuts(length: int) -> None:
    before, after = shot(1, WARM, length + 8), shot(2, COLD, length + 8)
    mixed = [a * (1 - k / length) + b * k / length for k, (a, b) in enumerate(zip(before[4:], after[4:], strict=True))]
    assert cuts_in(before[:4] + mixed[:length] + after[-4:]) == []
    dark = [image * max(0, 1 - k / length) for k, image in enumerate(before)]
    assert cuts_in(dark) == []
    assert cuts_in(dark[::-1]) == []


def test_a_whip_pan_is_no_cut() -> None:
    """One picture width in seven frames, the shutter open for half of each."""
    scene = noise((SIZE[0], 3 * SIZE[1]), seed=4) * np.array(WARM)

    def seen(time: float) -> np.ndarray:
        left = round((1 - np.cos(np.pi * np.clip(time / 7, 0, 1))) / 2 * SIZE[1])
        return scene[:, left : left + SIZE[1]]

    images = [np.mean([seen(k + part / 16) for part in range(8)], axis=0) for k in range(-5, 13)]
    assert cuts_in(images) == []


def test_animation_on_threes_is_no_row_of_cuts() -> None:
    """Every third step is a jump between stills, as a cut is."""
    assert cuts_in([image for image in shot(1, WARM, 8, speed=12) for _ in range(3)]) == []


def test_the_threshold_is_a_score() -> None:
    images = shot(1, WARM) + shot(2, COLD)
    assert cuts_in(images, 0.05) == cuts_in(images, 0.3) == [8]
    assert cuts_in(images, 0.99) == []


def test_what_a_user_may_give() -> None:
    assert threshold_of("auto") == AUTO
    assert threshold_of("off") is None
    assert threshold_of(0) == 0.0
    assert threshold_of(0.5) == 0.5
    for wrong in ("maybe", "0.5", -0.1, 1.5, float("nan")):
        with pytest.raises(InputError, match="from 0 to 1"):
            threshold_of(wrong)
