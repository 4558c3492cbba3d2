"""Exact search is exact: as one would do it by hand, whatever is excluded, with equal images in the order of ids."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameloom.errors import RangeError, ShapeError
from frameloom.retrieval import exact
from frameloom.retrieval.build import build
from frameloom.retrieval.exact import search_exactly
from frameloom.retrieval.index import PoolIndex, open_index
from frameloom.retrieval.structures import StructureWish
from pools import draw_pool, plan


def by_hand(vectors: np.ndarray, query: np.ndarray, count: int, excluded: np.ndarray) -> tuple[list, list]:
    """Ids and products: everything is multiplied and sorted."""
    products = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1).astype(np.float32)
    order = sorted(np.flatnonzero(~excluded), key=lambda place: (-products[place], place))[:count]
    missing = count - len(order)
    return [*map(int, order)] + [-1] * missing, [*products[order].tolist()] + [-np.inf] * missing


@st.composite
def searches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int, np.ndarray, int]:
    """Vectors of which many are equal, queries, how many to find, what is excluded, vectors in a block."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    size, dims = draw(st.integers(1, 90)), draw(st.sampled_from([1, 3, 17]))
    different = random.standard_normal((draw(st.integers(1, size)), dims))
    different /= np.linalg.norm(different, axis=1, keepdims=True)
    vectors = different[random.integers(0, len(different), size)].astype(draw(st.sampled_from(["f4", "f2"])))
    queries = np.concatenate([vectors[:2].astype(np.float32), random.standard_normal((2, dims)).astype(np.float32)])
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-3)
    excluded = random.random(size) < draw(st.sampled_from([0, 0.5, 0.95, 1]))
    return vectors, queries.astype(np.float32), draw(st.integers(1, 12)), excluded, draw(st.sampled_from([4, 13, 4096]))


@given(searches())
def test_it_is_what_one_finds_by_hand(search: tuple[np.ndarray, np.ndarray, int, np.ndarray, int]) -> None:
    vectors, queries, count, excluded, block = search
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_BLOCK", block)
        patch.setattr(exact, "_PAIRS", 7)
        ids, products = search_exactly(vectors, queries, count, excluded=excluded)
    assert (ids.dtype, products.dtype) == (np.int64, np.float32)
    for row, query in enumerate(queries):
        expected = by_hand(vectors, query, count, excluded)
        assert (ids[row].tolist(), products[row].tolist()) == expected


def unit_vectors(count: int, dims: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dims)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_products_are_the_same_in_any_company() -> None:
    vectors, queries = unit_vectors(9000, 376, 0), unit_vectors(70, 376, 1)
    vectors[8999] = vectors[3]  # in another block
    queries[5] = vectors[3]
    ids, products = search_exactly(vectors, queries, 9)
    for row in (0, 5, 66, 69):
        alone = search_exactly(vectors, queries[row : row + 1], 9)
        assert np.array_equal(alone[0][0], ids[row])
        assert np.array_equal(alone[1][0], products[row])
    assert ids[5, :2].tolist() == [3, 8999]
    assert products[5, 0] == products[5, 1]


def test_long_lists_are_those_of_short_ones_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked for in larger blocks."""
    monkeypatch.setattr(exact, "_BLOCK", 40)
    vectors, queries = unit_vectors(2000, 5, 0), unit_vectors(3, 5, 1)
    for count in (300, 700):
        ids, products = search_exactly(vectors, queries, count)
        for row, query in enumerate(queries):
            expected = by_hand(vectors, query, count, np.zeros(2000, np.bool_))
            assert (ids[row].tolist(), products[row].tolist()) == expected


def test_no_queries_find_nothing() -> None:
    ids, products = search_exactly(unit_vectors(5, 3, 0), np.zeros((0, 3), np.float32), 4)
    assert (ids.shape, products.shape) == ((0, 4), (0, 4))


@pytest.fixture(scope="module", params=["exact", "ivf", "hnsw", "rabitq"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PoolIndex:
    folder = tmp_path_factory.mktemp("index")
    draw_pool(folder / "pool", 130)
    build(folder / "pool", folder / "index", plan(structure=StructureWish(kind=request.param)))
    return open_index(folder / "index")


def test_every_kind_of_search_finds_an_image_by_itself(index: PoolIndex) -> None:
    queries = np.asarray(index.stored.vectors)
    ids, products = index.search(queries, 3)
    assert ids[:, 0].tolist() == list(range(130))
    assert np.all(products[:, :-1] >= products[:, 1:])


def test_every_kind_of_search_leaves_out_what_is_excluded(index: PoolIndex) -> None:
    queries = np.asarray(index.stored.vectors)[:20]
    excluded = np.zeros(130, np.bool_)
    excluded[:20] = True
    ids, products = index.search(queries, 5, excluded=excluded)
    assert ids.min() >= 20
    expected = search_exactly(index.stored.vectors, queries, 110, excluded=excluded)
    for row in range(20):
        known = dict(zip(expected[0][row].tolist(), expected[1][row].tolist(), strict=True))
        assert products[row].tolist() == [known[place] for place in ids[row].tolist()]


def test_every_kind_of_search_finds_the_last_ones(index: PoolIndex) -> None:
    excluded = np.ones(130, np.bool_)
    excluded[[7, 77]] = False
    ids, products = index.search(np.asarray(index.stored.vectors)[:3], 4, excluded=excluded)
    assert [sorted(row) for row in ids.tolist()] == [[-1, -1, 7, 77]] * 3
    assert np.isinf(products[:, 2:]).all()


def test_what_does_not_fit_is_refused(index: PoolIndex) -> None:
    queries = np.asarray(index.stored.vectors)[:2]
    with pytest.raises(ShapeError, match="this index has vectors of 96"):
        index.search(queries[:, :5], 1)
    with pytest.raises(ShapeError, match="this index has 130 images"):
        index.search(queries, 1, excluded=np.zeros(3, np.bool_))
    with pytest.raises(RangeError, match="count is 0"):
        index.search(queries, 0)


def test_structures_are_the_same_each_time(index: PoolIndex, tmp_path: Path) -> None:
    structure = index.facts.structure
    if structure is None:
        pytest.skip("exact search has no structure")
    build(index.stored.paths.root, tmp_path / "again", plan(structure=StructureWish(kind=structure.kind)))
    for name in ("vectors.npy", "structure.faiss"):
        assert (tmp_path / "again" / name).read_bytes() == (index.stored.folder / name).read_bytes(), name
