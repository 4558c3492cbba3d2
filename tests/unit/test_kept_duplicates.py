"""Near-duplicates are looked for once for an index: what was kept is right, or it does not count."""

import errno
import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from factories import noise, write_png
from frameloom.errors import CannotOpen
from frameloom.media.writing.target import staged_file
from frameloom.progress import Notices
from frameloom.retrieval import kept_duplicates
from frameloom.retrieval.build import build
from frameloom.retrieval.duplicates import DuplicateGroup, near_duplicates
from frameloom.retrieval.facts import json_sha256
from frameloom.retrieval.kept_duplicates import FoundDuplicates, find_duplicates, kept_name
from frameloom.retrieval.store import read_index
from fuzz.mutations import mutated
from pools import SIZE, files_of, picture, plan

LEAST = 0.9
KEPT = kept_name(LEAST)
FOUND_BEFORE = "the near-duplicates are those that an earlier run has found"
ANEW = "near-duplicates are looked for anew"
NOT_KEPT = "near-duplicates are not kept for the next run"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Of 24 images: eight pictures, each with two that are more and less like it, and some like one another."""
    for number in range(24):
        faint = noise(SIZE, seed=100 + number) // (60, 12, 4)[number % 3]
        write_png(tmp_path / "pool" / f"{number:03d}.png", picture(number // 3) // 2 + faint)
    build(tmp_path / "pool", tmp_path / "index", plan())
    return tmp_path / "index"


class Searches:
    """How often groups were looked for, and what came of it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, vectors: NDArray[Any], similarity: float, **options: Any) -> list[DuplicateGroup]:
        self.count += 1
        return near_duplicates(vectors, similarity, **options)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Searches:
    counted = Searches()
    monkeypatch.setattr(kept_duplicates, "near_duplicates", counted)
    return counted


def find(index: Path, *said: str, similarity: float = LEAST, first: int | None = None) -> FoundDuplicates:
    """What is found, with exactly the notices that hold these words."""
    notices = Notices()
    found = find_duplicates(read_index(index), similarity, notices, first=first)
    assert len(notices.texts) == len(said), notices.texts
    assert all(words in text for words, text in zip(said, notices.texts, strict=True)), notices.texts
    return found


def right(index: Path, similarity: float = LEAST, first: int = 24) -> list[DuplicateGroup]:
    vectors = read_index(index).vectors
    return near_duplicates(vectors, similarity, among=np.arange(len(vectors)) < first)


def test_the_second_run_does_not_search(index: Path, searches: Searches) -> None:
    before = files_of(index)
    assert len(right(index)) > 5
    assert find(index) == FoundDuplicates(right(index), reused=False)
    assert find(index, FOUND_BEFORE) == FoundDuplicates(right(index), reused=True)
    assert searches.count == 1
    after = files_of(index)
    kept = after.pop(KEPT)
    assert after == before
    assert len(kept) < 20 * 24 + 400


def test_no_near_duplicates_are_kept_too(index: Path, searches: Searches) -> None:
    assert find(index, similarity=1.0) == FoundDuplicates([], reused=False)
    assert find(index, FOUND_BEFORE, similarity=1.0) == FoundDuplicates([], reused=True)
    assert searches.count == 1


def test_each_similarity_has_groups_of_its_own(index: Path, searches: Searches) -> None:
    levels = (0.5, LEAST, 0.95, 0.999)
    assert len({str(right(index, level)) for level in levels}) > 2
    for level in levels:
        assert find(index, similarity=level).groups == right(index, level)
    for level in levels:
        assert find(index, FOUND_BEFORE, similarity=level).groups == right(index, level)
    assert searches.count == len(levels)
    shutil.copy(index / kept_name(0.95), index / kept_name(0.5))  # all of them are similar enough for it
    assert find(index, "another similarity", similarity=0.5).groups == right(index, 0.5)


@pytest.mark.parametrize("similarity", [0.3, LEAST, 0.97])
def test_groups_of_the_first_images_follow_from_those_of_all(
    similarity: float, index: Path, searches: Searches
) -> None:
    find(index, similarity=similarity)
    for first in range(1, 30):
        found = find(index, FOUND_BEFORE, similarity=similarity, first=first)
        assert found.groups == right(index, similarity, first)
    assert searches.count == 1


def test_groups_of_the_first_images_alone_are_not_kept(index: Path, searches: Searches) -> None:
    assert find(index, first=5).groups == right(index, first=5)
    assert find(index) == FoundDuplicates(right(index), reused=False)
    assert searches.count == 2
    assert find(index, FOUND_BEFORE, first=24).reused


@pytest.mark.parametrize("change", ["one more", "one less", "one other"])
def test_an_index_brought_up_to_date_is_searched_anew(change: str, index: Path, searches: Searches) -> None:
    pool = index.parent / "pool"
    find(index)
    if change == "one more":
        write_png(pool / "copy.png", picture(3))
    elif change == "one less":
        (pool / "000.png").unlink()
    else:
        write_png(pool / "000.png", picture(90))
    build(pool, index, plan())
    assert KEPT not in files_of(index)
    assert find(index) == FoundDuplicates(right(index, first=30), reused=False)
    assert searches.count == 2


def test_an_index_that_is_up_to_date_keeps_them(index: Path, searches: Searches) -> None:
    build(index.parent / "pool", index.parent / "again", plan())
    find(index.parent / "again")
    build(index.parent / "pool", index.parent / "again", plan())
    assert find(index.parent / "again", FOUND_BEFORE).reused


def test_groups_of_other_images_do_not_count(index: Path, searches: Searches) -> None:
    other = index.parent / "other"
    for number in range(24):  # as many images, and vectors that were not halved
        write_png(other / f"{number:03d}.png", picture(number % 5))
    build(other, index.parent / "other.index", plan())
    find(index.parent / "other.index")
    shutil.copy(index.parent / "other.index" / KEPT, index / KEPT)
    assert find(index, f"{KEPT} is of other images, another similarity or version; {ANEW}").groups == right(index)
    assert find(index, FOUND_BEFORE).groups == right(index)


def test_groups_by_another_descriptor_do_not_count(index: Path, searches: Searches) -> None:
    find(index)
    build(index.parent / "pool", index.parent / "small", plan(size=32))
    assert not np.array_equal(read_index(index).vectors, read_index(index.parent / "small").vectors)
    shutil.copy(index / KEPT, index.parent / "small" / KEPT)
    assert find(index.parent / "small", ANEW).groups == right(index.parent / "small")


def test_groups_found_by_another_version_do_not_count(
    index: Path, searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(index)
    with monkeypatch.context() as patch:
        patch.setattr(kept_duplicates, "version", lambda name: f"{name} 99")
        find(index, "similarity or version")
    find(index, "similarity or version")
    assert searches.count == 3


def test_however_a_file_is_damaged_the_groups_are_right(index: Path, searches: Searches) -> None:
    expected = find(index).groups
    whole, other = (index / KEPT).read_bytes(), (index / "index.json").read_bytes()
    for number in range(80):
        content = mutated(whole, other, random.Random(number))
        (index / KEPT).write_bytes(content)
        words = FOUND_BEFORE if content == whole else f"{KEPT} is damaged; {ANEW}"
        assert find(index, words).groups == expected
        assert (index / KEPT).read_bytes() == whole
    assert searches.count > 60


def _with_hash(written: bytes) -> bytes:
    return written + hashlib.sha256(written).digest()


@pytest.mark.parametrize(
    "pairs",
    [
        [(0, 1), (3, 24)],
        [(0, 1), (3, 2**62)],
        [(-1, 1)],
        [(3, 3)],
        [(3, 1)],
        [(0, 2), (0, 2)],
        [(0, 2), (1, 2)],
        [(0, 1), (1, 2)],
        [(3, 4), (0, 1)],
        [(0, 2), (0, 1)],
        [(0, 1, 0.899)],
        [(0, 1, float("nan"))],
    ],
    ids=["no image", "no number of an image", "below 0", "of itself", "before its first", "twice in a group", "twice",
         "chain", "order of groups", "order within a group", "unlike", "nan"],
)  # fmt: skip
def test_rows_that_are_no_groups_do_not_count_whatever_the_hash(
    pairs: list[tuple[Any, ...]], index: Path, searches: Searches
) -> None:
    find(index)
    written = (index / KEPT).read_bytes()[:-32]
    header = written[: written.index(b"\n") + 1]

    def write(rows: list[tuple[Any, ...]], more: bytes = b"") -> None:
        body = np.array([(*row, 0.95)[:3] for row in rows], "<i8,<i8,<f4").tobytes() + more
        (index / KEPT).write_bytes(_with_hash(header + body))

    write([(0, 1), (0, 2), (3, 4)])
    assert [(group.first, group.others) for group in find(index, FOUND_BEFORE).groups] == [(0, (1, 2)), (3, (4,))]
    write(pairs)
    assert find(index, f"{KEPT} is damaged").groups == right(index)
    write([(0, 1)], b"more")
    assert find(index, f"{KEPT} is damaged").groups == right(index)


def test_a_file_far_too_large_is_not_read(index: Path) -> None:
    with (index / KEPT).open("wb") as file:
        file.truncate(2**40)
    assert find(index, f"{KEPT} is damaged").groups == right(index)


def test_a_file_that_cannot_be_read_or_replaced_does_not_stop_a_run(index: Path) -> None:
    (index / KEPT).mkdir()
    assert find(index, f"{KEPT} cannot be read", NOT_KEPT).groups == right(index)
    assert sorted(path.name for path in index.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_an_index_that_cannot_be_written_does_not_stop_a_run(
    number: int, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    before = files_of(index)
    for _ in range(2):
        assert find(index, f"{NOT_KEPT}: {index / KEPT} cannot be written: {os.strerror(number)}").groups == right(
            index
        )
    assert files_of(index) == before


def _write_half(error: BaseException) -> Callable[[Path, bytes], int]:
    def write(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise error

    return write


def test_a_full_disk_does_not_stop_a_run_and_leaves_nothing(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files_of(index)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", _write_half(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
        assert find(index, "the disk is full; make room").groups == right(index)
    assert files_of(index) == before
    find(index)
    assert find(index, FOUND_BEFORE).groups == right(index)


def test_an_interrupted_run_leaves_nothing_under_the_name(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files_of(index)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", _write_half(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            find(index)
    assert files_of(index) == before


def test_what_a_killed_run_left_neither_counts_nor_is_in_the_way(index: Path, searches: Searches) -> None:
    find(index)
    with staged_file(index / KEPT, overwrite=True) as working:
        name = working.name
        working.write_bytes((index / KEPT).read_bytes())
    (index / KEPT).unlink()
    (index / name).write_bytes(b"half")
    assert not find(index).reused
    write_png(index.parent / "pool" / "more.png", picture(50))
    build(index.parent / "pool", index, plan(overwrite=True))
    assert name not in files_of(index)
    assert find(index).groups == right(index, first=30)


def test_an_index_built_again_meanwhile_gets_no_groups_of_the_old_one(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*arguments: Any, **options: Any) -> list[DuplicateGroup]:
        write_png(index.parent / "pool" / "more.png", picture(50))
        build(index.parent / "pool", index, plan(overwrite=True))
        return near_duplicates(*arguments, **options)

    before = right(index)
    with monkeypatch.context() as patch:
        patch.setattr(kept_duplicates, "near_duplicates", search)
        assert find(index, f"was built again meanwhile; {NOT_KEPT}").groups == before
    assert KEPT not in files_of(index)
    with monkeypatch.context() as patch:
        patch.setattr(kept_duplicates, "near_duplicates", lambda *_, **__: shutil.rmtree(index) or [])
        find(index, f"{NOT_KEPT}: {index} is not an index")
    assert not index.exists()


def test_the_hashes_of_an_index_know_nothing_of_them(index: Path) -> None:
    facts = json.loads((index / "index.json").read_text())
    assert set(facts["files"]) == {"paths.bin", "stamps.npy", "vectors.npy"}
    find(index)
    read_index(index)
    facts["files"][KEPT] = "0" * 64
    facts.pop("sha256")
    facts["sha256"] = json_sha256(facts)
    (index / "index.json").write_text(json.dumps(facts))
    with pytest.raises(CannotOpen, match="the table of hashes lacks a file"):
        read_index(index)
