"""A stream of frames made denser: source frames as they came, the rest from the model, cuts left alone."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest

import frameloom as fl
from factories import moving_square, noise
from frameloom.errors import RangeError, ShapeError
from frameloom.features.cuts import AUTO, is_cut
from frameloom.frame import ArrayPicture, Frame
from frameloom.interpolation.video import Tally, densify
from frameloom.media.timeline import Insert, Instant, Interval, Multiply, Resample, Timeline
from frameloom.models.interpolators.blend import Blend

STEP = Fraction(1, 25)


class Spy(Blend):
    """Blend that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, ...]] = []
        self.dtypes: set = set()

    def between(self, first: np.ndarray, last: np.ndarray, moments: Sequence) -> Iterator[np.ndarray]:
        self.asked.append(tuple(moments))
        self.dtypes |= {first.dtype, last.dtype}
        yield from super().between(first, last, moments)


def stream(values: Sequence[float], start: Fraction = Fraction(0)) -> list[Frame]:
    """Flat grey frames of those values."""
    return [
        Frame(ArrayPicture(np.full((4, 6, 3), value, np.float32)), start + k * STEP, STEP)
        for k, value in enumerate(values)
    ]


def values(frames: Sequence[Frame]) -> list[float]:
    return [round(float(frame.to_float().mean()), 4) for frame in frames]


def test_source_frames_are_passed_on_and_not_copied() -> None:
    source = stream([0, 0.4, 0.8], start=Fraction(7))
    made = list(fl.densify(source, Blend(), factor=4))
    assert [made[k].picture for k in (0, 4, 8, 9, 10, 11)] == [source[k].picture for k in (0, 1, 2, 2, 2, 2)]
    assert values(made)[:9] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    assert [frame.time for frame in made] == [k * STEP / 4 for k in range(12)]


@pytest.mark.parametrize(
    ("timeline", "asked", "shown"),
    [
        (Multiply(2), [(0.5,), (0.5,)], [0, 0.2, 0.4, 0.6, 0.8, 0.8]),
        (Multiply(1), [], [0, 0.4, 0.8]),
        (Insert((3,), Fraction(25)), [(0.25, 0.5, 0.75)] * 2, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
        (Insert((1, 1), Fraction(25)), [(0.5,)] * 6, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
        (Resample(Fraction(50)), [(0.5,), (0.5,)], [0, 0.2, 0.4, 0.6, 0.8, 0.8]),
        (Resample(Fraction(25, 2)), [], [0, 0.8]),
    ],
    ids=str,
)
def test_the_model_is_asked_once_per_pair_for_just_what_is_shown(timeline: Timeline, asked: list, shown: list) -> None:
    spy, tally = Spy(), Tally()
    made = list(densify(stream([0, 0.4, 0.8]), spy, timeline, tally=tally))
    assert sorted(spy.asked) == sorted(asked)
    assert values(made) == shown
    assert spy.dtypes <= {np.dtype(np.float32)}
    assert (tally.read, tally.written) == (3, len(shown))
    assert tally.made == len([value for value in shown if value not in (0, 0.4, 0.8)])


def test_frames_are_read_as_they_are_needed() -> None:
    taken: list[int] = []

    def source() -> Iterator[Frame]:
        for k, frame in enumerate(stream([0.1] * 100)):
            taken.append(k)
            yield frame

    made = densify(source(), Blend(), Multiply(2))
    for _ in range(5):
        next(made)
    assert len(taken) <= 5


@pytest.mark.parametrize("count", [0, 1])
def test_no_frames_and_one_frame(count: int) -> None:
    assert values(list(fl.densify(stream([0.5] * count), Blend(), factor=3))) == [0.5] * 3 * count


@pytest.mark.parametrize("factor", [0, -1, 1.5])
def test_an_impossible_factor_is_refused(factor: float) -> None:
    with pytest.raises(RangeError, match="factor"):
        list(fl.densify(stream([0, 1]), Blend(), factor=factor))


def test_a_stream_that_changes_size_is_refused() -> None:
    frames = stream([0, 1])
    frames[1] = Frame(ArrayPicture(np.zeros((5, 5, 3), np.float32)), STEP, STEP)
    with pytest.raises(ShapeError, match="5x5 after one of 6x4"):
        list(densify(frames, Blend(), Multiply(2)))


def test_frames_with_and_without_transparency_mix() -> None:
    frames = stream([1, 1])
    clear = np.concatenate([frames[1].to_float(), np.zeros((4, 6, 1), np.float32)], axis=2)
    frames[1] = Frame(ArrayPicture(clear), STEP, STEP)
    made = list(densify(frames, Blend(), Multiply(2)))
    assert made[1].to_float().shape == (4, 6, 4)
    assert np.allclose(made[1].to_float()[..., 3], 0.5)


def picture(seed: int, tint: tuple[float, float, float]) -> np.ndarray:
    return (noise((90, 160), seed=seed) / 255 * np.array(tint)).astype(np.float32)


def test_at_a_cut_the_nearer_frame_is_shown() -> None:
    """Counts and times stay as they are."""
    shots = [picture(1, (1, 0.2, 0.1)), picture(9, (0.1, 0.4, 1))]
    source = [Frame(ArrayPicture(shot), k * STEP, STEP) for k, shot in enumerate(shots)]
    tally, spy = Tally(), Spy()
    made = list(densify(source, spy, Multiply(4), cuts=AUTO, tally=tally))
    assert [made[k].picture is source[k > 2].picture for k in range(8)] == [True] * 8
    assert [frame.time for frame in made] == [k * STEP / 4 for k in range(8)]
    assert spy.asked == []
    assert (tally.cuts, tally.made, tally.written) == (1, 0, 8)


def test_motion_fades_and_flashes_are_no_cuts() -> None:
    moving = [moving_square(k, (90, 160)).astype(np.float32) / 255 for k in (0, 3)]
    scene = picture(1, (1, 0.8, 0.6))
    assert not is_cut(*moving)
    assert not is_cut(scene, scene)
    assert not is_cut(scene, scene * 0.7)
    assert not is_cut(scene, np.roll(scene, 8, axis=1))
    assert is_cut(scene, picture(9, (0.1, 0.4, 1)))


def test_cuts_work_on_any_size_and_with_transparency() -> None:
    for size in ((1, 1), (3, 5), (200, 2)):
        images = [noise(size, seed=k, channels=4).astype(np.float32) / 255 for k in (1, 2)]
        assert is_cut(*images) in (True, False)


class Eager(Spy):
    """Notes what is begun before it is taken."""

    def __init__(self, ahead: int) -> None:
        super().__init__()
        self.far = ahead
        self.begun = self.taken = self.most = 0

    def ahead(self, size: tuple[int, int]) -> int:
        assert size == (4, 6)
        return self.far

    def begin(self, first: np.ndarray, last: np.ndarray, moments: Sequence) -> Iterator[np.ndarray]:
        self.begun += len(moments)
        self.most = max(self.most, self.begun - self.taken)
        return self._taken(self.between(first, last, moments))

    def _taken(self, made: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in made:
            self.taken += 1
            yield frame


TIMELINES = [Multiply(2), Multiply(4), Resample(Fraction(60)), Resample(Fraction(27)), Insert((3,), Fraction(25))]


@pytest.mark.parametrize("timeline", TIMELINES, ids=str)
@pytest.mark.parametrize("ahead", [0, 1, 3, 50])
def test_working_ahead_changes_nothing_but_when_frames_are_begun(timeline: Timeline, ahead: int) -> None:
    source = stream([0, 0.1, 0.4, 0.45, 0.8, 0.9, 0.2])
    model, eager_tally, plain_tally = Eager(ahead), Tally(), Tally()
    made = list(densify(source, model, timeline, tally=eager_tally))
    plain = list(densify(source, Spy(), timeline, tally=plain_tally))
    assert [(frame.time, frame.duration) for frame in made] == [(frame.time, frame.duration) for frame in plain]
    assert values(made) == values(plain)
    assert eager_tally == plain_tally
    assert model.most <= ahead + 3  # a pair is begun whole, and has up to three
    assert model.most > (1 if ahead else 0)


def test_source_frames_do_not_pile_up_behind_one_that_is_made() -> None:
    """29.97 to 30 frames a second: nearly all that is shown are source frames."""
    read = 0

    def counted() -> Iterator[Frame]:
        nonlocal read
        for frame in stream([0.5] * 400):
            read += 1
            yield frame

    class Rare(Multiply):
        """Makes the second frame alone."""

        def instants(self, interval: Interval, origin: Fraction) -> Iterator[Instant]:
            for instant in super().instants(interval, origin):
                if interval.index == 0 or not instant.moment:
                    yield instant

    shown = densify(counted(), Eager(3), Rare(2))
    for _ in range(3):
        next(shown)
    assert read < 40
