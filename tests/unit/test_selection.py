"""Which image is chosen: by the original's own numbers, and by the rules."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from collage_pool import PlainIndex
from frameloom.errors import InputError, RangeError
from frameloom.retrieval.selection import Choice, Rules, Selector, check_enough

RECORDED = np.load(Path(__file__).parents[1] / "golden" / "measure" / "fluxframe_choices.npz")
METHODS = ("canny", "spatial_pyramid", "hog", "spatial_color")


def unit(vectors: NDArray) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def recorded_pool(method: str) -> tuple[PlainIndex, NDArray[np.float32]]:
    vectors = unit(RECORDED[f"{method}_pool"])
    paths = [Path(f"{number:02d}.png") for number in range(len(vectors))]
    return PlainIndex(paths, vectors), unit(RECORDED[f"{method}_query"])


def circle(count: int) -> tuple[PlainIndex, NDArray[np.float32]]:
    """Images at 0, 10, 20, ... degrees, and how to ask for an angle: similarity is the cosine of the difference."""
    angles = np.radians(np.arange(count) * 10)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return PlainIndex([Path(f"{number}.png") for number in range(count)], vectors), vectors


def at(*degrees: float) -> NDArray[np.float32]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def selected(choices: Sequence[Choice]) -> list[int | None]:
    return [choice.selected for choice in choices]


@pytest.mark.parametrize("method", METHODS)
def test_the_ten_most_similar_are_those_of_the_original(method: str) -> None:
    index, queries = recorded_pool(method)
    choices = Selector(index, Rules()).choose(range(4), queries)
    ids = [[identity for identity, _ in choice.candidates] for choice in choices]
    similar = [[similarity for _, similarity in choice.candidates] for choice in choices]
    assert ids == RECORDED[f"{method}_topk_idx"].tolist()
    np.testing.assert_allclose(similar, RECORDED[f"{method}_topk_score"], atol=1e-6)


@pytest.mark.parametrize("block", [1, 2, 3, 8])
@pytest.mark.parametrize("method", METHODS)
def test_without_repeats_the_order_is_that_of_the_original(method: str, block: int) -> None:
    index, queries = recorded_pool(method)
    twice = np.concatenate([queries, queries])
    selector = Selector(index, Rules(repeat=False))
    choices = [
        choice
        for first in range(0, 8, block)
        for choice in selector.choose(range(8)[first : first + block], twice[first : first + block])
    ]
    assert selected(choices) == RECORDED[f"{method}_norepeat_order_2passes"].tolist()


def test_a_block_of_frames_is_one_search() -> None:
    index, _ = circle(36)
    Selector(index, Rules(repeat=False)).choose(range(20), at(*[45] * 20))
    assert index.searches == 1


def test_depth_one_takes_the_most_similar() -> None:
    index, _ = circle(36)
    assert selected(Selector(index, Rules(depth=1)).choose([0, 1, 2], at(12, 49, 12))) == [1, 5, 1]


def test_an_image_is_drawn_among_the_most_similar_by_seed_and_frame_alone() -> None:
    index, _ = circle(36)
    drawn = selected(Selector(index, Rules(depth=4, seed=5)).choose(range(200), at(*[101] * 200)))
    assert set(drawn) == {9, 10, 11, 12}
    alone = [Selector(index, Rules(depth=4, seed=5)).choose([frame], at(101))[0].selected for frame in range(200)]
    assert alone == drawn
    others = selected(Selector(index, Rules(depth=4, seed=6)).choose(range(200), at(*[101] * 200)))
    assert others != drawn


@pytest.mark.parametrize(("below", "shown"), [("source", [1, None, 3]), ("hold", [1, 1, 3]), ("best", [1, 17, 3])])
def test_a_frame_without_a_similar_image(below: str, shown: list[int | None]) -> None:
    index, _ = circle(18)
    choices = Selector(index, Rules(depth=1, threshold=0.99, below=below)).choose(range(3), at(10, 205, 30))
    assert selected(choices) == shown
    assert [choice.below for choice in choices] == [False, True, False]


def test_nothing_can_be_held_before_the_first_image() -> None:
    index, _ = circle(18)
    choices = Selector(index, Rules(depth=1, threshold=0.99, below="hold")).choose(range(2), at(205, 10))
    assert selected(choices) == [None, 1]


def test_only_images_above_the_threshold_are_drawn() -> None:
    index, _ = circle(36)
    rules = Rules(depth=10, threshold=float(np.cos(np.radians(11))))
    assert set(selected(Selector(index, rules).choose(range(100), at(*[100] * 100)))) == {9, 10, 11}


def test_a_frame_that_shows_itself_uses_no_image_up() -> None:
    index, _ = circle(18)
    selector = Selector(index, Rules(repeat=False, threshold=0.99))
    assert selected(selector.choose(range(3), at(180, 10, 170))) == [None, 1, 17]


def test_what_must_not_be_chosen_is_not() -> None:
    index, _ = circle(36)
    excluded = np.zeros(36, np.bool_)
    excluded[5] = True
    assert selected(Selector(index, Rules(depth=1), excluded=excluded).choose([0], at(51))) == [6]


def test_a_pool_of_one_image() -> None:
    index, _ = circle(1)
    assert selected(Selector(index, Rules()).choose(range(3), at(5, 90, 180))) == [0, 0, 0]


def test_when_all_images_are_used_it_says_so() -> None:
    index, _ = circle(3)
    with pytest.raises(InputError, match="no image was found for frame 3, 0 of 3 are left"):
        Selector(index, Rules(repeat=False)).choose(range(4), at(0, 0, 0, 0))


class _Forgetful(PlainIndex):
    """Finds two images at most in a search for several frames."""

    def search(self, queries, count, *, excluded=None):  # noqa: ANN001, ANN202
        return super().search(queries, count if len(queries) == 1 else min(count, 2), excluded=excluded)


def test_a_frame_whose_images_were_all_taken_by_others_is_looked_for_again() -> None:
    index, vectors = circle(10)
    choices = Selector(_Forgetful(index.paths, vectors), Rules(repeat=False)).choose(range(4), at(41, 41, 41, 41))
    assert selected(choices) == [4, 5, 3, 6]


def test_too_few_images_are_told_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"12 frames to replace and the pool 3 images, .*: add 9 or more"):
        check_enough(3, 12, Rules(repeat=False), "walk.mp4")
    check_enough(3, 12, Rules(), "walk.mp4")
    check_enough(12, 12, Rules(repeat=False), "walk.mp4")
    with pytest.raises(InputError, match="no image that can be read"):
        check_enough(0, 12, Rules(), "walk.mp4")


@pytest.mark.parametrize(
    "wrong", [{"depth": 0}, {"seed": -1}, {"threshold": 1.5}, {"threshold": float("nan")}, {"below": "nothing"}]
)
def test_impossible_rules_are_refused(wrong: dict) -> None:
    with pytest.raises(RangeError):
        Rules(**wrong)


def test_what_has_no_effect_does_not_count_as_a_change() -> None:
    assert Rules(repeat=False, seed=1).settings() == Rules(repeat=False, seed=2).settings()
    assert Rules(depth=1, seed=1).settings() == Rules(depth=1, seed=2).settings()
    assert Rules(below="hold").settings() == Rules(below="best").settings()
    assert Rules(seed=1).settings() != Rules(seed=2).settings()
    assert Rules(below="hold", threshold=0.5).settings() != Rules(below="best", threshold=0.5).settings()


DAMAGED = [None, 3, [], [0, 1, False], ["0", 1, False, []], [0, 1, 0, []], [0, 1.5, False, []], [True, 1, False, []],
           [0, 1, False, [[1]]], [0, 1, False, [["a", 0.5]]], [0, 1, False, [[1, "x"]]]]  # fmt: skip


@pytest.mark.parametrize("damaged", DAMAGED)
def test_what_is_no_choice_is_not_taken_for_one(damaged: object) -> None:
    assert Choice.from_list(damaged) is None
    choice = Choice(3, ((1, 0.5), (2, 0.25)), None, below=True)
    assert Choice.from_list(choice.to_list()) == choice
