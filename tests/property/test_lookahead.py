"""What is said of a frame depends on its neighbours alone, so that segments may begin and end anywhere."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import noise
from frameloom.features.cuts import AUTO
from frameloom.features.duplicates import LONGEST_RUN
from frameloom.features.lookahead import LOOKAHEAD, LOOKBACK, Step, look_ahead
from frameloom.frame import ArrayPicture, Frame
from frameloom.interpolation.video import densify
from frameloom.media.timeline import Multiply
from frameloom.models.interpolators.blend import Blend

STEP = Fraction(1, 25)
SIZE = (36, 64)
SCENES = [noise((SIZE[0], 4 * SIZE[1]), seed=seed) // shade for seed, shade in ((1, 1), (2, 3), (3, 2))]

# a scene, how far the camera moves per drawing, how often each drawing is shown
parts = st.tuples(
    st.integers(0, len(SCENES) - 1),
    st.sampled_from([0, 1, 5, 12]),
    st.lists(st.integers(1, 8), min_size=1, max_size=5),
)


@st.composite
def streams(draw: st.DrawFn) -> list[Frame]:
    """Shots of moving and still scenes with repeats, cuts and flashes."""
    images: list[np.ndarray] = []
    for scene, speed, repeats in draw(st.lists(parts, min_size=1, max_size=4)):
        for drawing, times in enumerate(repeats):
            images += [SCENES[scene][:, speed * drawing : speed * drawing + SIZE[1]]] * times
    for flash in draw(st.lists(st.integers(0, len(images) - 1), max_size=2)):
        images[flash] = np.clip(images[flash].astype(int) * 2 + 60, 0, 255)
    grain = np.random.default_rng(draw(st.integers(0, 9))).integers(-2, 3, (len(images), *SIZE, 3))
    pixels = np.clip(np.stack(images).astype(int) + grain, 0, 255).astype(np.uint8)
    return [Frame(ArrayPicture(image), index * STEP, STEP) for index, image in enumerate(pixels)]


def said(steps: list[Step]) -> list[tuple]:
    return [(id(step.frame), id(step.following), id(step.first), id(step.last), step.cut) for step in steps]


@pytest.mark.parametrize(("cuts", "dedupe"), [(AUTO, True), (0.1, False), (None, True)])
@given(frames=streams(), begin=st.integers(0, 60), length=st.integers(0, 30))
def test_a_part_is_annotated_as_the_whole(
    cuts: float | None, dedupe: bool, frames: list[Frame], begin: int, length: int
) -> None:
    begin = min(begin, len(frames) - 1)
    end = min(begin + length, len(frames))
    margin, stop = max(0, begin - LOOKBACK), min(end + LOOKAHEAD, len(frames))
    whole = list(look_ahead(frames, cuts=cuts, dedupe=dedupe))
    part = list(look_ahead(frames[margin:stop], cuts=cuts, dedupe=dedupe))
    assert said(part)[begin - margin : end - margin] == said(whole)[begin:end]


@given(frames=streams())
def test_every_frame_has_its_step_and_runs_are_whole(frames: list[Frame]) -> None:
    steps = list(look_ahead(frames, cuts=AUTO, dedupe=True))
    assert [step.frame for step in steps] == frames
    assert [step.following for step in steps] == [*frames[1:], None]
    for step, later in pairwise(steps):
        assert later.held == (step.first is later.first)
        assert step.ends_run != later.held
        assert not (step.cut and later.held)


FEW = settings(max_examples=25)


@FEW
@given(frames=streams())
def test_no_more_frames_are_held_than_promised(frames: list[Frame]) -> None:
    taken = 0

    def source():  # noqa: ANN202
        nonlocal taken
        for frame in frames:
            taken += 1
            yield frame

    for given_back, _ in enumerate(look_ahead(source(), cuts=AUTO, dedupe=True)):
        assert taken - given_back <= 1 + LOOKAHEAD


@FEW
@given(frames=streams(), factor=st.integers(1, 3))
def test_distinct_frames_pass_untouched_and_nothing_crosses_a_cut(frames: list[Frame], factor: int) -> None:
    steps = list(look_ahead(frames, cuts=AUTO, dedupe=True))
    made = list(densify(frames, Blend(), Multiply(factor), cuts=AUTO, dedupe=True))
    assert len(made) == factor * len(frames)
    assert [frame.time for frame in made] == [index * STEP / factor for index in range(len(made))]
    originals = {id(frame.picture) for frame in frames}
    for index, step in enumerate(steps):
        pictures = [frame.picture for frame in made[index * factor : (index + 1) * factor]]
        if not step.held:
            assert pictures[0] is step.frame.picture
        if step.cut:
            assert all(id(picture) in originals for picture in pictures)


def still(scene: int, count: int) -> list[Frame]:
    """The same picture all along, or a picture of flat white."""
    image = SCENES[scene][:, : SIZE[1]] if scene < len(SCENES) else np.full((*SIZE, 3), 255)
    return [Frame(ArrayPicture(image.astype(np.uint8)), STEP, STEP) for _ in range(count)]


def step_of(frames: list[Frame], index: int) -> Step:
    return list(look_ahead(frames, cuts=AUTO, dedupe=True))[index]


def test_it_takes_all_of_the_lookahead_to_tell_a_flash_from_a_cut_after_the_longest_run() -> None:
    """The frame that shows it was a flash is LOOKAHEAD after the one that begins the run."""
    frames = [*still(1, 1), *still(0, LONGEST_RUN), *still(len(SCENES), 3), *still(0, 4)]
    assert step_of(frames, 1).last is step_of(frames[: 2 + LOOKAHEAD], 1).last is frames[1 + LONGEST_RUN]
    assert step_of(frames[: 1 + LOOKAHEAD], 1).last is frames[2]


def test_it_takes_all_of_the_lookback_to_tell_a_still_from_a_run() -> None:
    frames = [*still(1, 1), *still(0, LONGEST_RUN + 1), *still(len(SCENES), 1), *still(0, 4)]
    end = LONGEST_RUN + 1
    assert not step_of(frames, end).held
    assert not step_of(frames[end - LOOKBACK :], LOOKBACK).held
    assert step_of(frames[end - LOOKBACK + 1 :], LOOKBACK - 1).held
