"""An index is the same however it came about; changes of the pool are taken in, and only they are described."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from factories import write_png
from frameloom.errors import CannotWrite, ModelError, NoFrames, OutputExists, RangeError
from frameloom.retrieval import build as building
from frameloom.retrieval import describing as describing_module
from frameloom.retrieval.build import build
from frameloom.retrieval.index import open_index
from frameloom.retrieval.opening import cached_place, index_of
from frameloom.retrieval.partial import PartialIndex
from frameloom.retrieval.pool import list_pool
from frameloom.retrieval.structures import StructureWish
from pools import draw_pool, files_of, picture, plan, set_time
from processes import TESTS, wait_until, workspace


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return draw_pool(tmp_path / "pool")


def vectors_by_name(index: Path) -> dict[str, bytes]:
    opened = open_index(index)
    return {image.path: vector.tobytes() for image, vector in zip(opened.stored.images(), opened.stored.vectors,
                                                                  strict=True)}  # fmt: skip


def test_each_image_finds_itself(pool: Path, tmp_path: Path) -> None:
    made = build(pool, tmp_path / "index", plan())
    assert (made.described, made.removed, made.facts.images) == (12, 0, 12)
    index = open_index(tmp_path / "index")
    ids, similarities = index.search(np.asarray(index.stored.vectors), 1)
    assert ids[:, 0].tolist() == list(range(12))
    assert np.allclose(similarities, 1, atol=1e-6)
    assert [path.exists() for path in index.paths] == [True] * 12
    assert not workspace(tmp_path / "index").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_do_not_depend_on_processes_or_chunks(
    workers: int, pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(pool, tmp_path / "index", plan())
    monkeypatch.setattr(building, "CHUNK", 5)
    build(pool, tmp_path / "other", plan(workers=workers))
    assert files_of(tmp_path / "index") == files_of(tmp_path / "other")


def test_new_names_change_nothing_but_ids(pool: Path, tmp_path: Path) -> None:
    build(pool, tmp_path / "index", plan())
    other = tmp_path / "other pool"
    for number, image in enumerate(reversed(list_pool(pool).images)):
        target = other / f"{number:03d}.png"
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(pool / image.path, target)
    build(other, tmp_path / "other", plan())
    first, second = open_index(tmp_path / "index"), open_index(tmp_path / "other")
    queries = np.asarray(first.stored.vectors)
    ids, similarities = first.search(queries, 12)
    other_ids, other_similarities = second.search(queries, 12)
    assert np.array_equal(similarities, other_similarities)
    assert np.array_equal(ids, 11 - other_ids)


def test_only_what_is_new_or_changed_is_described(pool: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(pool, index, plan())
    write_png(pool / "a" / "new.png", picture(50))
    write_png(pool / "003.png", picture(51))
    (pool / "a" / "001.png").unlink()
    made = build(pool, index, plan())
    assert (made.described, made.removed, made.facts.images) == (2, 2, 12)
    build(pool, tmp_path / "afresh", plan())
    assert files_of(index) == files_of(tmp_path / "afresh")


def test_the_same_pool_is_not_looked_at_again(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    build(pool, index, plan())
    before = files_of(index)
    monkeypatch.setattr(describing_module, "read_picture", None)
    assert build(pool, index, plan()).described == 0
    assert files_of(index) == before


def test_a_file_of_the_same_size_with_another_time_is_described_again(pool: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(pool, index, plan())
    set_time(pool / "000.png", 10**18)
    assert build(pool, index, plan()).described == 1


def test_files_that_cannot_be_read_are_listed_and_not_tried_again(pool: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    (pool / "a" / "empty.png").touch()
    (pool / "broken.png").write_bytes((pool / "000.png").read_bytes()[:300])
    made = build(pool, index, plan())
    assert {item.image.path: item.why for item in made.facts.skipped} == {
        "a/empty.png": "is empty",
        "broken.png": "breaks off before its end; copy it again",
    }
    assert made.facts.images == 12
    assert "2 of 14 image files cannot be read" in made.notices[0]
    write_png(pool / "new.png", picture(50))
    assert build(pool, index, plan()).described == 1
    write_png(pool / "broken.png", picture(51))
    made = build(pool, index, plan())
    assert (made.described, made.removed, made.facts.images, len(made.facts.skipped)) == (1, 0, 14, 1)


def test_a_very_long_and_a_tiny_image_are_images(tmp_path: Path) -> None:
    pool = tmp_path / "pool"
    write_png(pool / "long.png", np.random.default_rng(0).integers(0, 255, (1, 5000, 3), np.uint8))
    write_png(pool / "high.png", np.random.default_rng(1).integers(0, 255, (5000, 1, 3), np.uint8))
    write_png(pool / "tiny.png", np.random.default_rng(2).integers(0, 255, (2, 3, 3), np.uint8))
    made = build(pool, tmp_path / "index", plan())
    assert (made.facts.images, made.facts.skipped) == (3, ())


def test_nothing_that_can_be_read_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool" / "empty.png").touch()
    with pytest.raises(NoFrames, match=r"of 1 image none can be read, such as empty.png: is empty"):
        build(tmp_path / "pool", tmp_path / "index", plan())
    assert not (tmp_path / "index").exists()


def test_other_options_or_images_need_overwrite(pool: Path, tmp_path: Path) -> None:
    index, other = tmp_path / "index", draw_pool(tmp_path / "other", 3)
    build(pool, index, plan())
    before = files_of(index)
    with pytest.raises(OutputExists, match=r"other options \(comparison_size\)"):
        build(pool, index, plan(size=48))
    with pytest.raises(OutputExists, match=r"other options \(exact_decode\)"):
        build(pool, index, plan(exact_decode=True))
    with pytest.raises(OutputExists, match=r"other options \(dtype\)"):
        build(pool, index, plan(dtype="float16"))
    with pytest.raises(OutputExists, match=r"is an index of .*pool"):
        build(other, index, plan())
    assert files_of(index) == before
    assert build(other, index, plan(overwrite=True)).facts.images == 3


def test_a_folder_with_other_things_is_never_replaced(pool: Path, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "letter.txt").write_text("keep")
    with pytest.raises(CannotWrite, match=r"letter\.txt"):
        build(pool, tmp_path / "index", plan(overwrite=True))
    with pytest.raises(OutputExists):
        build(pool, tmp_path / "index", plan())


def test_overwrite_describes_everything_anew(pool: Path, tmp_path: Path) -> None:
    build(pool, tmp_path / "index", plan())
    assert build(pool, tmp_path / "index", plan(overwrite=True)).described == 12


def test_another_search_structure_describes_nothing(tmp_path: Path) -> None:
    pool, index = draw_pool(tmp_path / "pool", 104), tmp_path / "index"
    build(pool, index, plan())
    wish = StructureWish(kind="ivf", lists=2, probes=2)
    made = build(pool, index, plan(structure=wish))
    assert (made.described, made.facts.structure) == (0, wish.settled(104, dims=96))
    assert build(pool, index, plan()).facts.structure is None
    assert "structure.faiss" not in files_of(index)


def test_half_precision_halves_the_vectors(pool: Path, tmp_path: Path) -> None:
    build(pool, tmp_path / "whole", plan())
    build(pool, tmp_path / "half", plan(dtype="float16"))
    whole, half = (open_index(tmp_path / name).stored.vectors for name in ("whole", "half"))
    assert half.nbytes * 2 == whole.nbytes
    assert np.abs(whole - half.astype(np.float32)).max() < 2**-11
    assert open_index(tmp_path / "half").search(np.asarray(whole), 1)[0][:, 0].tolist() == list(range(12))


class Broken:
    """Gives vectors that are not of unit length."""

    dims = 4

    def __init__(self, options: object) -> None:
        pass

    def describe(self, images: np.ndarray) -> np.ndarray:
        return np.full((len(images), 4), np.nan, np.float32)


def test_a_descriptor_that_breaks_its_promise_is_told(pool: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    asked = plan()
    card = replace(asked.describing.choice.card, name="broken", build="unit.test_index_build:Broken")
    broken = replace(asked.describing, choice=replace(asked.describing.choice, card=card))
    with pytest.raises(ModelError, match="broken gave a vector of length nan"):
        build(pool, tmp_path / "index", replace(asked, describing=broken))


def test_numbers_of_another_kind_of_search_are_refused() -> None:
    with pytest.raises(RangeError, match="add --use-ivf-index"):
        StructureWish(kind="hnsw", lists=3)
    with pytest.raises(RangeError, match="ivf_nprobe is 0"):
        StructureWish(kind="ivf", probes=0)


def test_lists_and_probes_are_chosen_by_the_size_of_the_pool() -> None:
    wish = StructureWish(kind="ivf")
    assert wish.settled(99, dims=96) is None
    for images, lists, probes in ((100, 40, 1), (10_000, 400, 12), (4_000_000, 4096, 128)):
        found = wish.settled(images, dims=96)
        assert found is not None
        assert (found.lists, found.probes) == (lists, probes)


def test_what_an_unfinished_build_left_counts_as_far_as_it_is_whole(tmp_path: Path) -> None:
    pool = list_pool(draw_pool(tmp_path / "pool", 6))
    work, dims = {"work": 1}, 3

    def described(number: int) -> describing_module.Described:
        return describing_module.Described(number, np.full((2, dims), number, np.float32), {1: "is empty"})

    first = PartialIndex(tmp_path, work, dims)
    first.add(pool.images[:3], described(1))
    first.add(pool.images[3:], described(2))
    again = PartialIndex(tmp_path, work, dims)
    assert again.rows == first.rows
    assert again.failures == {pool.images[1].key: "is empty", pool.images[4].key: "is empty"}
    assert again.vectors().tolist() == [[1] * 3] * 2 + [[2] * 3] * 2
    content = (tmp_path / "described").read_bytes()
    (tmp_path / "described").write_bytes(content[:-1])  # as a power cut leaves it
    cut = PartialIndex(tmp_path, work, dims)
    assert len(cut.rows) == 2
    cut.add(pool.images[3:], described(7))
    assert PartialIndex(tmp_path, work, dims).vectors().tolist() == [[1] * 3] * 2 + [[7] * 3] * 2
    changed = PartialIndex(tmp_path, {"work": 2}, dims)
    assert (changed.changed, len(changed.rows)) == (["work"], 0)


_SCRIPT = """
import sys, time
from pathlib import Path
import pools
from frameloom.retrieval import build as building

class Slow(pools.Tiny):
    def describe(self, images):
        time.sleep(0.05)
        return super().describe(images)

pools.Tiny = Slow
building.CHUNK = 2
building.build(Path(sys.argv[1]), Path(sys.argv[2]), pools.plan())
"""


def test_a_killed_build_goes_on_and_ends_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = draw_pool(tmp_path / "pool", 30)
    build(pool, tmp_path / "undisturbed", plan())
    index = tmp_path / "index"
    journal = workspace(index) / "journal"
    environment = {"PYTHONPATH": ":".join([str(TESTS), *sys.path]), "PATH": ""}
    command = [sys.executable, "-c", _SCRIPT, str(pool), str(index)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    lines = 4
    assert wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > lines, process)
    process.kill()
    process.wait()
    process.communicate()
    assert not index.exists()
    made = build(pool, index, plan())
    assert 0 < made.described <= 30 - 2 * lines
    assert "images were described before" in made.notices[0]
    assert files_of(index) == files_of(tmp_path / "undisturbed")
    assert not workspace(index).exists()


def test_a_plain_folder_has_its_index_in_the_cache(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    index = index_of(pool, plan())
    assert index.stored.folder == cached_place(pool, plan())
    assert sorted(path.name for path in pool.rglob("*.json")) == []
    assert index_of(pool, plan(size=48)).stored.folder != index.stored.folder
    stamp = (index.stored.folder / "index.json").stat().st_mtime_ns
    time.sleep(0.01)
    assert (index_of(pool, plan()).stored.folder / "index.json").stat().st_mtime_ns == stamp
    write_png(pool / "new.png", picture(50))
    assert len(index_of(pool, plan()).paths) == 13
    (index.stored.folder / "vectors.npy").write_bytes(b"damaged")
    assert len(index_of(pool, plan()).paths) == 13


def test_an_index_is_opened_as_it_is(pool: Path, tmp_path: Path) -> None:
    build(pool, tmp_path / "index", plan())
    assert index_of(tmp_path / "index", plan(size=48)).facts.parameters["options"]["comparison_size"] == 64


def test_an_index_that_moved_with_its_pool_is_found(pool: Path, tmp_path: Path) -> None:
    build(pool, tmp_path / "index", plan())
    moved = tmp_path / "moved"
    moved.mkdir()
    pool.rename(moved / "pool")
    (tmp_path / "index").rename(moved / "index")
    assert open_index(moved / "index").paths[0].exists()


def test_two_builds_of_one_index_exclude_each_other(pool: Path, tmp_path: Path) -> None:
    from frameloom.media.writing.workspace import Workspace

    with Workspace(tmp_path / "index"), pytest.raises(CannotWrite, match="is being made by another run"):
        build(pool, tmp_path / "index", plan())
