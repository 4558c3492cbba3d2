"""Frames left out of a clip: which, what is said of them, and how models are ranked by them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import frameloom as fl
from factories import clip, noise, write_png
from frameloom.benchmark.self_test.causes import failing
from frameloom.benchmark.self_test.circumstances import Circumstances
from frameloom.benchmark.self_test.prediction import Law
from frameloom.benchmark.self_test.ranking import MOST_DECIBELS, rank
from frameloom.benchmark.self_test.run import Contestants, Wish, run
from frameloom.benchmark.self_test.sampling import Place, sort_out, stratified, suspects
from frameloom.benchmark.self_test.survey import PART, spans_of, survey
from frameloom.benchmark.self_test.trial import Attempt, Trial
from frameloom.benchmark.self_test.verdict import verdict
from frameloom.benchmark.self_test.windows import windows
from frameloom.errors import InputError
from frameloom.features.lookahead import LOOKAHEAD, LOOKBACK
from frameloom.media.reading.source import open_source
from frameloom.metrics.interpolation_error import METRIC as IE
from frameloom.metrics.psnr import METRIC as PSNR
from frameloom.results.self_test import SelfTest

Image = NDArray[np.uint8]
SIZE = (72, 128)


def panned(at: float, *, seed: int = 0) -> Image:
    """A part of a wide textured picture, so many pixels from its left edge."""
    wide = noise((SIZE[0], 900), seed=seed)
    grain = np.random.default_rng(seed).normal(0, 14, wide.shape)
    wide = np.clip(cv2.GaussianBlur(wide + grain, (0, 0), 1.0), 0, 255).astype(np.uint8)
    matrix = np.array([[1, 0, -at], [0, 1, 0]], np.float32)
    return cv2.warpAffine(wide, matrix, SIZE[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def folder(path: Path, images: Sequence[Image]) -> Path:
    for index, image in enumerate(images):
        write_png(path / f"{index:05d}.png", image)
    return path


def outcome(path: Path, models: dict[str, Any], **wish: Any) -> SelfTest:
    """A self-test of models that are objects."""
    asked = Wish(**{"metrics": [PSNR], "samples": 24, "seed": 0, **wish})
    rivals = Contestants(models=models, runs={name: {} for name in models})
    return run(open_source(path), fl.load("hog", role="encoder"), rivals, asked).result


class Noisy:
    """Knows the true frames, and adds noise to them."""

    def __init__(self, frames: Sequence[Image], sigma: float, seed: int = 0) -> None:
        self._frames = [frame.astype(np.float32) / 255 for frame in frames]
        self._sigma, self._seed = sigma / 255, seed

    def between(self, first: Any, last: Any, moments: Sequence[Any]) -> Iterator[Any]:
        at = next(index for index, frame in enumerate(self._frames) if np.array_equal(frame, first))
        reach = next(step for step in (1, 2) if np.array_equal(self._frames[at + 2 * step], last))
        for _ in moments:
            grain = np.random.default_rng((self._seed, at)).normal(0, self._sigma * reach, first.shape)
            yield (self._frames[at + reach] + grain).astype(np.float32)


PAN = [panned(40 + 1.5 * index) for index in range(22)]


@pytest.fixture(scope="module")
def pan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("pan"), PAN)


def test_models_that_are_the_truth_with_noise_are_ranked_by_their_noise(pan: Path) -> None:
    models = {f"noise {sigma}": Noisy(PAN, sigma) for sigma in (6, 1.5, 3, 12)}
    result = outcome(pan, models)
    assert [one.model for one in result.candidates] == ["noise 1.5", "noise 3", "noise 6", "noise 12"]
    assert result.sure
    assert result.ahead == 1
    assert result.candidates[0].best_in == 1
    for one, sigma in zip(result.candidates, (1.5, 3, 6, 12), strict=True):
        expected = 20 * math.log10(255 / math.hypot(sigma, 1 / math.sqrt(12)))  # rounding to 8 bits is noise too
        assert one.values["psnr"] == pytest.approx(expected, abs=0.35)
        assert one.wider_values["psnr"] == pytest.approx(expected - 20 * math.log10(2), abs=0.4)
        low, high = one.intervals["psnr"]
        assert low <= one.values["psnr"] <= high
    assert "noise 1.5 restores this clip best" in result.verdict


def test_models_that_are_as_good_are_too_close_to_call(pan: Path) -> None:
    result = outcome(pan, {"one": Noisy(PAN, 4, seed=1), "other": Noisy(PAN, 4, seed=2)})
    assert not result.sure
    assert "too close to call" in result.verdict
    same = outcome(pan, {"one": Noisy(PAN, 4), "twin": Noisy(PAN, 4)})
    assert same.ahead == 0.5
    assert [one.best_in for one in same.candidates] == [0.5, 0.5]
    assert "neither is ahead" in same.verdict


def test_a_test_says_the_same_each_time_and_another_seed_draws_other_frames(pan: Path) -> None:
    def timeless(result: SelfTest) -> SelfTest:
        still = tuple(replace(one, cpu_seconds=0, wall_seconds=0, speed_rank=0) for one in result.candidates)
        return replace(result, candidates=still)

    models = {"blend": fl.load("blend"), "nearest": fl.load("nearest")}
    first, again = (outcome(pan, models, samples=6) for _ in range(2))
    assert timeless(first) == timeless(again)
    other = outcome(pan, models, samples=6, seed=5)
    assert [frame.frame for frame in other.ranked] != [frame.frame for frame in first.ranked]
    assert len(first.ranked) == len(other.ranked) == 6


def test_frames_beside_a_cut_are_left_out_and_said_so(tmp_path: Path) -> None:
    images = [panned(40 + index) for index in range(9)] + [255 - panned(300 + index, seed=9) for index in range(9)]
    result = outcome(folder(tmp_path, images), {"blend": fl.load("blend")})
    assert [(one.frame, one.kind, one.reason) for one in result.exclusions] == [
        (8, "cut", "a new shot begins with frame 9"),
        (9, "cut", "a new shot begins with frame 9"),
    ]
    assert [frame.frame for frame in result.frames] == [*range(1, 8), *range(10, 17)]
    assert [frame.frame for frame in result.frames if not frame.wider] == [1, 7, 10, 16], "wider ones would cross it"


def test_repeated_frames_are_left_out_and_said_so(tmp_path: Path) -> None:
    places = [0, 1, 2, 3, 4, 5, 5, 7, 8, 9, 10, 11, 12, 13]
    images = [panned(40 + 4 * place) for place in places]
    result = outcome(folder(tmp_path, images), {"blend": fl.load("blend")})
    assert [(one.frame, one.kind, one.reason) for one in result.exclusions] == [
        (5, "repeat", "frame 6 repeats it"),
        (6, "repeat", "it repeats frame 5"),
    ]


def test_still_stretches_are_left_out(tmp_path: Path) -> None:
    images = [panned(40 + 3 * max(0, index - 8)) for index in range(14)]
    result = outcome(folder(tmp_path, images), {"blend": fl.load("blend")})
    kinds = {one.frame: one.kind for one in result.exclusions}
    assert kinds == {**dict.fromkeys(range(1, 8), "still"), 8: "repeat"}
    assert result.exclusions[0].reason == "nothing changes from frame 0 to frame 2"


def test_a_flickering_frame_fails_and_the_reason_is_named(tmp_path: Path) -> None:
    images = [panned(40 + index) for index in range(16)]
    images[8] = np.clip(images[8] * 1.25, 0, 255).astype(np.uint8)
    result = outcome(folder(tmp_path, images), {"dis": fl.load("dis")}, samples=4)
    frame = next(frame for frame in result.frames if frame.frame == 8)
    assert frame.fails == ("dis",)
    flicker = next(reason for reason in frame.reasons if reason.kind == "flicker")
    assert flicker.text.startswith("frame 8: ")
    assert "brighter than its neighbours" in flicker.text
    assert result.reasons["flicker"] >= 1
    others = [frame for frame in result.frames if abs(frame.frame - 8) > 1]
    assert others
    assert not any(frame.reasons for frame in others)


def test_large_motion_is_named(tmp_path: Path) -> None:
    result = outcome(folder(tmp_path, [panned(40 + 8 * index) for index in range(11)]), {"blend": fl.load("blend")})
    assert [frame.fails for frame in result.frames] == [("blend",)] * 9
    for frame in result.frames:
        (reason,) = (reason for reason in frame.reasons if reason.kind == "large motion")
        pixels = int(reason.text.split(" pixels")[0].rsplit(" ", 1)[1])
        assert abs(pixels - 16) <= 1
        assert "% of the width" in reason.text
        assert "uneven motion" not in {reason.kind for reason in frame.reasons}
    slow = outcome(folder(tmp_path / "slow", [panned(40 + index) for index in range(7)]), {"blend": fl.load("blend")})
    assert "large motion" not in {reason.kind for frame in slow.frames for reason in frame.reasons}


def test_uneven_motion_is_named(tmp_path: Path) -> None:
    places = [0, 2, 4, 6, 8, 9, 14, 16, 18, 20, 22]  # frame 5 lies 2 pixels from the middle of its way
    result = outcome(folder(tmp_path, [panned(40 + 3 * place) for place in places]), {"dis": fl.load("dis")})
    frame = next(frame for frame in result.frames if frame.frame == 5)
    assert frame.fails == ("dis",)
    text = next(reason.text for reason in frame.reasons if reason.kind == "uneven motion")
    pixels = float(text.split(" pixels")[0].rsplit(" ", 1)[1])
    assert pixels == pytest.approx(6, abs=1)  # 3 * (9 - 11)


def test_the_moment_is_that_of_the_clip_s_own_times(tmp_path: Path) -> None:
    path = clip(tmp_path / "uneven.mkv", 8, size=SIZE, draw=lambda index, _: panned(40 + 2 * index),
                stamps=[0, 40, 80, 100, 160, 200, 240, 280], tick=Fraction(1, 1000))  # fmt: skip
    result = outcome(path, {"blend": fl.load("blend")})
    moments = {frame.frame: frame.moment for frame in result.frames}
    assert moments[3] == 0.25
    assert moments[2] == pytest.approx(40 / 60)
    assert moments[5] == 0.5


def test_windows_hold_the_right_frames_after_a_leap_too(tmp_path: Path) -> None:
    path = clip(tmp_path / "long.mp4", 140, size=(32, 48), options={"g": "20"})
    frames = [frame.to_uint8() for frame in open_source(path)]
    places = [Place(index, 1.0, 0.0, wider=index != 4) for index in (4, 6, 7, 120, 137)]
    seen = list(windows(open_source(path), places))
    assert [window.index for window in seen] == [4, 6, 7, 120, 137]
    for window, place in zip(seen, places, strict=True):
        assert np.array_equal(window.truth, frames[place.index])
        assert np.array_equal(window.near.first, frames[place.index - 1])
        assert np.array_equal(window.near.last, frames[place.index + 1])
        assert (window.wider is not None) == place.wider
        if window.wider is not None:
            assert np.array_equal(window.wider.first, frames[place.index - 2])
            assert np.array_equal(window.wider.last, frames[place.index + 2])


@pytest.mark.parametrize(("count", "parts"), [(10, 3), (96, 3), (97, 3), (500, 7), (100_000, 24), (1000, 1)])
def test_parts_of_a_long_clip_lie_evenly_over_it(count: int, parts: int) -> None:
    spans = spans_of(count, parts)
    if count <= parts * PART:
        assert spans == [range(count)]
        return
    assert len(spans) == parts
    assert all(len(span) == PART for span in spans)
    assert all(one.stop <= other.start for one, other in pairwise(spans))
    assert spans[-1].stop <= count
    if parts > 1:
        assert (spans[0].start, spans[-1].stop) == (0, count)
        gaps = {other.start - one.start for one, other in pairwise(spans)}
        assert max(gaps) - min(gaps) <= 1


def test_of_a_long_clip_only_parts_are_looked_at_and_frames_keep_their_numbers(tmp_path: Path) -> None:
    path = clip(tmp_path / "long.mp4", 3 * PART, size=(32, 48))
    seen = survey(open_source(path), fl.load("hog", role="encoder"), parts=2)
    assert not seen.whole
    assert set(seen.frames) == {*range(PART), *range(2 * PART, 3 * PART)}
    assert seen.inner == (*range(LOOKBACK, PART - LOOKAHEAD), *range(2 * PART + LOOKBACK, 3 * PART - LOOKAHEAD))
    assert all(frame.time == Fraction(index, 25) for index, frame in seen.frames.items())
    places, exclusions = sort_out(seen)
    assert {*(place.index for place in places), *(one.frame for one in exclusions)} == set(seen.inner)
    assert len(places) > len(seen.inner) / 2


def spread(count: int) -> list[Place]:
    random = np.random.default_rng(1)
    return [Place(index, float(random.gamma(2)), 0.0, wider=True) for index in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 23, 24])
def test_samples_are_spread_over_time(count: int) -> None:
    places = spread(400)
    chosen = stratified(places, count, seed=3)
    indices = [place.index for place in chosen]
    assert len(set(indices)) == len(indices) == count
    assert indices == sorted(indices)
    assert chosen == stratified(places, count, seed=3)
    assert stratified(places[:count], count, seed=0) == places[:count]
    if count >= 8:
        stretches = count // 4
        assert {index * stretches // 400 for index in indices} == set(range(stretches)), "some of each stretch of time"


def test_the_mean_over_samples_is_that_over_all_and_samples_are_spread_over_change() -> None:
    places = spread(200)
    means = [np.mean([place.change for place in stratified(places, 12, seed=seed)]) for seed in range(300)]
    changes = [place.change for place in places]
    assert np.mean(means) == pytest.approx(np.mean(changes), rel=0.02)
    assert np.std(means) < 0.75 * np.std(changes) / np.sqrt(12), "surer than frames drawn without a look at change"


def test_suspects_are_what_is_wrong_first_then_what_changes_most_and_lie_apart() -> None:
    places = [Place(index, float(index == 80) * 9 + index % 7, 3.0 * (index in (20, 21)), wider=True)
              for index in range(100)]  # fmt: skip
    found = suspects(places, [places[50]], 3)
    assert {20, 80} <= {place.index for place in found}
    assert 21 not in [place.index for place in found]
    assert 50 not in [place.index for place in suspects(places, [places[50]], 100)]
    assert all(b.index - a.index >= 8 for a, b in pairwise(found))


def scores(**models: Sequence[float]) -> dict[str, dict[str, Sequence[float]]]:
    return {name: {"psnr": values} for name, values in models.items()}


def test_a_frame_that_equals_the_truth_does_not_make_a_mean_infinite() -> None:
    ranking = rank(scores(a=[math.inf, 30, 30, 30, 30], b=[40, 40, 40, 40, 40]), [PSNR], seed=0)
    assert ranking.models[0].values["psnr"] == (MOST_DECIBELS + 4 * 30) / 5


def test_models_without_a_number_come_last() -> None:
    ranking = rank(scores(a=[math.nan, 50, 50, 50, 50, 50], b=[20.0] * 6, c=[21.0] * 6), [PSNR], seed=0)
    assert [one.model for one in ranking.models] == ["c", "b", "a"]
    assert math.isnan(ranking.models[2].values["psnr"])
    assert ranking.models[2].best_in < 1
    alone = rank(scores(a=[math.nan] * 6, b=[math.nan] * 6), [PSNR], seed=0)
    assert not alone.sure
    assert verdict(alone, PSNR, 6) == "No model has a PSNR for every frame, so there is no order."


def test_a_metric_where_lower_is_better_ranks_the_other_way() -> None:
    ranking = rank({"a": {"ie": [1.0] * 6}, "b": {"ie": [2.0] * 6}}, [IE], seed=0)
    assert [one.model for one in ranking.models] == ["a", "b"]
    assert (ranking.ahead, ranking.sure) == (1, True)


def test_models_are_compared_frame_by_frame() -> None:
    """Frames differ by 30 dB and models by 1 dB on each: intervals overlap, and the order is sure all the same."""
    hard = np.linspace(15, 45, 12)
    ranking = rank(scores(a=hard + 1, b=hard), [PSNR], seed=0)
    assert ranking.models[0].intervals["psnr"][0] < ranking.models[1].intervals["psnr"][1]
    assert ranking.sure


def test_few_frames_are_never_sure() -> None:
    ranking = rank(scores(a=[30.0, 31, 32, 33], b=[20.0] * 4), [PSNR], seed=0)
    assert not ranking.sure
    assert verdict(ranking, PSNR, 4) == "4 frames are too few to tell a (31.5 dB) from b (20 dB)."


def test_the_chance_to_be_ahead_is_that_of_draws() -> None:
    """Of draws of n frames out of n the mean lead is about normal: mean m, deviation s / sqrt(n)."""
    leads = np.random.default_rng(5).normal(0.25, 1, 64)
    ranking = rank(scores(a=30 + leads, b=np.full(64, 30.0)), [PSNR], seed=1)
    z = leads.mean() / (leads.std() / 8)
    assert ranking.ahead == pytest.approx(0.5 * (1 + math.erf(z / math.sqrt(2))), abs=0.02)


def trial(frame: int, **psnr: float) -> Trial:
    attempt: Callable[[float], Attempt] = lambda value: Attempt(  # noqa: E731  # one line where it is used
        {"psnr": value}, {}, 0.0, 0.0, Circumstances(0.0, 0.0, 0.0, 0.0)
    )
    return Trial(frame, 0.5, {name: attempt(value) for name, value in psnr.items()})


def test_frames_fail_below_a_limit_and_far_below_what_is_usual() -> None:
    trials = [trial(0, a=40, b=24.9), trial(1, a=40.5, b=25.1), trial(2, a=33.9, b=20), trial(3, a=34.5, b=26)]
    usual = [*trials, trial(4, a=40, b=27), trial(5, a=math.inf, b=28)]
    found = failing(usual, [*usual[:2], *usual[4:]])
    assert found["a"] == {2}
    assert found["b"] == {0, 2}
    calm = [trial(index, a=52) for index in range(4)] + [trial(4, a=36), trial(5, a=34)]
    assert failing(calm, calm[:4])["a"] == {5}, "10 dB below the median, and nobody sees it"


def test_differences_that_nobody_sees_are_called_so() -> None:
    near = rank(scores(a=[52.0] * 6, b=[50.0] * 6), [PSNR], seed=0)
    assert verdict(near, PSNR, 6).endswith("So near to the truth, the difference will hardly be seen.")
    assert "hardly be seen" not in verdict(rank(scores(a=[52.0] * 6, b=[40.0] * 6), [PSNR], seed=0), PSNR, 6)


def test_a_prediction_adds_a_part_of_what_half_the_distance_gained() -> None:
    seen = Law(offset=1, slope=0.5, below=2, above=3).predict(30, 26)
    assert (seen.value, seen.low, seen.high) == (33, 31, 36)


def test_a_metric_that_judges_several_frames_at_once_is_refused() -> None:
    with pytest.raises(InputError, match="psnr judges 12 frames in a row, and a self-test restores single ones"):
        Wish(metrics=(replace(PSNR, window=12),), samples=3, seed=0)
