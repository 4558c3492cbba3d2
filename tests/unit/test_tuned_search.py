"""What is chosen from a recall and an amount of memory, and that it keeps its promise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from factories import write_png
from frameloom.errors import InputError, RangeError
from frameloom.progress import listening
from frameloom.retrieval import build as build_module
from frameloom.retrieval.build import build
from frameloom.retrieval.exact import search_exactly
from frameloom.retrieval.facts import Structure
from frameloom.retrieval.index import open_index
from frameloom.retrieval.opening import index_of
from frameloom.retrieval.structures import (
    ApproximateSearch,
    StructureWish,
    build_structure,
    chosen_kind,
    memory_of,
)
from frameloom.retrieval.tuning import FOUND, SAMPLE, Sample, recall_of, tuned
from pools import draw_pool, files_of, picture, plan

COUNT, DIMS = 3000, 24
KINDS = ("ivf", "hnsw", "rabitq")
TARGET = 0.9


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """So many directions that lists cut neighbours apart."""
    drawn = np.random.default_rng(0).standard_normal((COUNT, DIMS))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module", params=["ivf", "rabitq"])
def search(
    request: pytest.FixtureRequest, vectors: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory
) -> ApproximateSearch:
    structure = StructureWish(kind=request.param).settled(COUNT, dims=DIMS)
    assert structure is not None
    path = tmp_path_factory.mktemp("structure") / "structure.faiss"
    build_structure(structure, vectors, path)
    assert path.stat().st_size == pytest.approx(memory_of(structure, COUNT, dims=DIMS, itemsize=4), rel=0.02)
    return ApproximateSearch(path, structure, (COUNT, DIMS))


def share_found(search: ApproximateSearch, vectors: NDArray[np.float32], structure: Structure) -> float:
    """Of the ten nearest others of a sample, one query at a time; of codes those that are compared count."""
    places = np.unique(np.linspace(0, COUNT - 1, SAMPLE).astype(int))
    hits = 0
    for place in places.tolist():
        query = vectors[place][None]
        right = [other for other in search_exactly(vectors, query, FOUND + 1)[0][0].tolist() if other != place]
        hits += len(set(right[:FOUND]) & set(search.search(query, FOUND + 1, structure=structure)[0].tolist()))
    return hits / (FOUND * len(places))


def test_the_recall_is_that_of_a_plain_count(search: ApproximateSearch, vectors: NDArray[np.float32]) -> None:
    found = recall_of(search, vectors, Sample.of(vectors), replace(search.structure, probes=3))
    assert found.recall is not None
    assert 0.05 < found.recall < 1
    assert found.recall == pytest.approx(share_found(search, vectors, replace(search.structure, probes=3)), abs=1e-9)


@pytest.fixture(scope="module")
def best(search: ApproximateSearch, vectors: NDArray[np.float32]) -> Structure:
    found = tuned(search, vectors, TARGET)
    assert found is not None
    return found


def test_the_least_work_that_reaches_the_target(
    best: Structure, search: ApproximateSearch, vectors: NDArray[np.float32]
) -> None:
    assert best.recall is not None
    assert best.recall >= TARGET
    fewer = recall_of(search, vectors, Sample.of(vectors), replace(best, probes=best.probes - 1))
    assert fewer.recall is not None
    assert fewer.recall < TARGET


def test_new_queries_find_as_much_as_the_sample_said(
    best: Structure, search: ApproximateSearch, vectors: NDArray[np.float32]
) -> None:
    drawn = np.random.default_rng(1).standard_normal((400, DIMS))
    queries = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    right, _ = search_exactly(vectors, queries, FOUND)
    found = search.search(queries, FOUND, structure=best)
    hits = [len(set(one) & set(other)) for one, other in zip(found.tolist(), right.tolist(), strict=True)]
    assert np.mean(hits) / FOUND > TARGET - 0.03


def test_no_work_is_enough_for_more_than_there_is(search: ApproximateSearch, vectors: NDArray[np.float32]) -> None:
    assert tuned(search, vectors, 1.01) is None


def test_kinds_by_size_memory_and_recall() -> None:
    def chosen(images: int, **asked: float) -> Structure | None:
        return StructureWish(kind="auto", **asked).settled(images, dims=376)  # type: ignore[arg-type]

    assert chosen(49_999, recall=0.95) is None
    large = chosen(1_000_000, recall=0.95)
    assert large is not None
    assert (large.kind, large.lists) == ("rabitq", 2000)
    small = chosen(20_000, recall=0.95, max_memory=20_000_000)  # its vectors take 30 MB
    assert small is not None
    assert small.kind == "rabitq"
    assert chosen(1_000_000, recall=1) is None
    assert chosen(50, max_memory=10**6) is None


def test_too_little_memory_is_told_with_what_is_needed() -> None:
    with pytest.raises(RangeError, match=r"rabitq search of 1000000 images .* the least, of any kind, is 66,"):
        StructureWish(kind="auto", max_memory=10**6).settled(1_000_000, dims=376)
    with pytest.raises(RangeError, match="hnsw search of 1000000 images reaches into 1,776,000,000 bytes"):
        StructureWish(kind="hnsw", max_memory=10**9).settled(1_000_000, dims=376)
    with pytest.raises(RangeError, match="exact search of 200 images reaches into 300,800 bytes"):
        StructureWish(kind="auto", max_memory=1000).settled(200, dims=376)


def test_wishes_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(RangeError, match="leave out --ivf-nprobe or --recall"):
        StructureWish(kind="ivf", probes=3, recall=0.9)
    with pytest.raises(RangeError, match="a graph finds more easily"):
        StructureWish(kind="hnsw", recall=0.9)
    for recall in (0.0, 1.5, float("nan")):
        with pytest.raises(RangeError, match="recall is"):
            StructureWish(kind="auto", recall=recall)
    with pytest.raises(InputError, match="--use-ivf-index and --use-rabitq-index exclude each other"):
        chosen_kind(ivf=True, hnsw=False, rabitq=True, limited=False)
    assert chosen_kind(ivf=False, hnsw=False, rabitq=False, limited=True) == "auto"
    assert chosen_kind(ivf=False, hnsw=False, rabitq=False, limited=False) == "exact"


def test_an_index_keeps_what_was_asked_and_what_came_of_it(tmp_path: Path) -> None:
    pool, index = draw_pool(tmp_path / "pool", 130), tmp_path / "index"
    wish = StructureWish(kind="rabitq")
    made = build(pool, index, plan(structure=wish)).facts.structure
    assert made is not None
    assert made.recall is not None
    assert made.recall >= 0.95
    assert open_index(index).facts.structure == made
    before = files_of(index)
    assert build(pool, index, plan(structure=wish)).described == 0
    assert files_of(index) == before
    more = build(pool, index, plan(structure=replace(wish, recall=1.0)))
    assert (more.described, more.facts.structure and more.facts.structure.recall) == (0, 1.0)


def test_search_is_exact_where_nothing_else_finds_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "tuned", lambda *_: None)
    pool, said = draw_pool(tmp_path / "pool", 130), list[str]()
    with listening(None, said.append):
        made = build(pool, tmp_path / "index", plan(structure=StructureWish(kind="ivf", recall=0.9)))
    assert made.facts.structure is None
    assert "structure.faiss" not in files_of(tmp_path / "index")
    assert said == ["ivf search does not find 90.0% of the most similar images; search is exact"]


@pytest.fixture(scope="module", params=["exact", *KINDS])
def same_images(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one image 120 times."""
    folder = tmp_path_factory.mktemp("same")
    for number in range(120):
        write_png(folder / "pool" / f"{number:03d}.png", picture(1))
    build(folder / "pool", folder / "index", plan(structure=StructureWish(kind=request.param)))
    return folder / "index"


def test_a_pool_of_identical_images_is_searched_by_every_kind(same_images: Path) -> None:
    opened = open_index(same_images)
    ids, products = opened.search(np.asarray(opened.stored.vectors[:3]), 130)
    assert [sorted(row) for row in ids[:, :120].tolist()] == [list(range(120))] * 3
    assert (ids[:, 120:] == -1).all()
    assert products[:, :120] == pytest.approx(1, abs=1e-6)
    structure = opened.facts.structure
    assert structure is None or structure.recall in (None, 1.0)


def test_queries_that_are_no_numbers_are_refused(same_images: Path) -> None:
    opened = open_index(same_images)
    for number in (np.nan, np.inf):
        queries = np.array(opened.stored.vectors[:2])
        queries[1, 5] = number
        with pytest.raises(RangeError, match="queries hold NaN or infinity"):
            opened.search(queries, 3)


def test_a_cached_index_whose_vectors_were_changed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    pool = draw_pool(tmp_path / "pool", 12)
    path = index_of(pool, plan()).stored.folder / "vectors.npy"
    sound = path.read_bytes()
    path.unlink()
    path.write_bytes(sound[:-4] + bytes([sound[-4] ^ 1]) + sound[-3:])
    ids, _ = index_of(pool, plan()).search(np.frombuffer(sound[-384:], np.float32)[None], 1)
    assert ids.tolist() == [[11]]
    assert path.read_bytes() == sound
