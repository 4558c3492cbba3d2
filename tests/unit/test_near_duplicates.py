"""Images that are nearly the same: who stands for whom, whatever the vectors are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError
from frameloom.retrieval import duplicates
from frameloom.retrieval.duplicates import DuplicateGroup, least_similarity, left_out, near_duplicates


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clustered(count: int, dims: int, seed: int, spread: float = 0.3) -> NDArray[np.float32]:
    """Around a few centres, near ones and far ones."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((max(1, count // 5), dims))
    steps = random.uniform(0, spread, (count, 1)) * random.standard_normal((count, dims))
    return unit(centres[random.integers(len(centres), size=count)] + steps)


def one_by_one(vectors: NDArray[np.floating], least: float, among: NDArray[np.bool_]) -> list[DuplicateGroup]:
    """Each image joins the earliest that stands for a group and is similar enough."""
    whole = vectors.astype(np.float64)
    groups: dict[int, list[int]] = {}
    products = (whole @ whole.T).astype(np.float32)
    for place in np.flatnonzero(among).tolist():
        first = next((kept for kept in groups if products[kept, place] >= np.float32(least)), None)
        groups.setdefault(place if first is None else first, []).append(place)
    return [
        DuplicateGroup(first, tuple(members[1:]), tuple(float(products[first, other]) for other in members[1:]))
        for first, members in groups.items()
        if len(members) > 1
    ]


@settings(max_examples=40)
@given(
    count=st.integers(1, 60),
    dims=st.sampled_from([2, 5, 8, 40]),
    seed=st.integers(0, 1000),
    least=st.sampled_from([0.3, 0.9, 0.97, 0.999, 1.0]),
    half=st.booleans(),
    some=st.booleans(),
    tree=st.booleans(),
)
def test_groups_are_those_of_comparing_each_with_each(
    count: int, dims: int, seed: int, least: float, half: bool, some: bool, tree: bool
) -> None:
    vectors = clustered(count, dims, seed)
    stored = vectors.astype(np.float16) if half else vectors
    among = np.random.default_rng(seed).random(count) < (0.6 if some else 2)
    among[0] = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_FEW", 0 if tree else 1000)
        patch.setattr(duplicates, "_TREE_IS_SLOWER", 0 if tree else 1)
        found = near_duplicates(stored, least, among=among if some else None)
    assert found == one_by_one(stored, least, among)


@pytest.mark.parametrize("slower", [0, 10**9], ids=["by a tree", "by all products"])
def test_both_ways_to_find_candidates_give_the_same(slower: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_TREE_IS_SLOWER", slower)
    monkeypatch.setattr(duplicates, "_FEW", 1)
    monkeypatch.setattr(duplicates, "_BLOCK", 50)
    vectors = clustered(230, 40, 3)
    everything = np.ones(230, np.bool_)
    found = near_duplicates(vectors, 0.9)
    assert len(found) > 20
    assert found == one_by_one(vectors, 0.9, everything)


def test_the_first_stands_for_those_like_it_and_a_chain_is_no_group() -> None:
    angles = np.radians(4 * np.arange(20))  # as in a slow pan: each is like the next, not like the last
    vectors = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    groups = near_duplicates(vectors, float(np.cos(np.radians(9))))
    assert [(group.first, group.others) for group in groups] == [
        (0, (1, 2)), (3, (4, 5)), (6, (7, 8)), (9, (10, 11)), (12, (13, 14)), (15, (16, 17)), (18, (19,))
    ]  # fmt: skip
    assert left_out(groups, 20).sum() == 13


def test_a_pool_of_one_image_many_times_is_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_PAIRS", 700)
    vectors = np.repeat(clustered(1, 30, 0), 3000, axis=0)
    (group,) = near_duplicates(vectors, 0.999)
    assert group.others == tuple(range(1, 3000))
    assert set(group.similarities) == {1.0}
    assert np.flatnonzero(~left_out([group], 3000)).tolist() == [0]


def test_far_images_have_no_duplicates() -> None:
    assert near_duplicates(np.eye(12, dtype=np.float32), 0.5) == []


def test_only_images_that_are_looked_at_can_stand_for_others() -> None:
    vectors = np.repeat(np.eye(2, dtype=np.float32), 3, axis=0)
    among = np.array([False, True, True, True, False, True])
    groups = near_duplicates(vectors, 0.9, among=among)
    assert [(group.first, group.others) for group in groups] == [(1, (2,)), (3, (5,))]


def test_the_usual_similarity_is_that_of_the_descriptor() -> None:
    assert least_similarity("canny", None) == 0.97
    assert least_similarity("pooled:hog", 0.8) == 0.8
    with pytest.raises(InputError, match="by pooled:hog was not measured"):
        least_similarity("pooled:hog", None)
    for number in (0.0, -1.0, 1.01, float("nan")):
        with pytest.raises(RangeError, match="duplicate similarity is"):
            least_similarity("canny", number)
