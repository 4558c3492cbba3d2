"""The files of an index are read with suspicion: what is damaged is told in one line, nothing in it is run."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frameloom.errors import CannotOpen, FrameloomError
from frameloom.retrieval.build import build
from frameloom.retrieval.facts import json_sha256
from frameloom.retrieval.index import open_index
from frameloom.retrieval.opening import describing_of
from frameloom.retrieval.store import check_files, read_index
from frameloom.retrieval.structures import StructureWish
from pools import draw_pool, plan

IMAGES = 104


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    pool = draw_pool(folder / "pool", IMAGES)
    (pool / "empty.png").touch()
    build(pool, folder / "index", plan(structure=StructureWish(kind="ivf")))
    return folder / "index"


@pytest.fixture
def index(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "index"))


def refusal(index: Path) -> str:
    with pytest.raises(CannotOpen) as caught:
        open_index(index)
    return str(caught.value)


def changed_json(index: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """With the hash that goes with the change: so whoever made it has seen to that."""
    facts = json.loads((index / "index.json").read_text())
    change(facts)
    facts.pop("sha256", None)
    facts["sha256"] = json_sha256(facts)
    (index / "index.json").write_text(json.dumps(facts))


def test_a_sound_index_is_sound(index: Path) -> None:
    check_files(open_index(index).stored)


@pytest.mark.parametrize("name", ["vectors.npy", "stamps.npy", "paths.bin", "structure.faiss"])
@pytest.mark.parametrize("length", [0, 60, 700])
def test_a_file_that_breaks_off(name: str, length: int, index: Path) -> None:
    content = (index / name).read_bytes()
    (index / name).write_bytes(content[:length])
    assert name in refusal(index)
    assert "frameloom index build IMAGES" in refusal(index)
    assert "--overwrite" in refusal(index)


@pytest.mark.parametrize("name", ["vectors.npy", "stamps.npy", "paths.bin", "structure.faiss"])
def test_a_file_that_is_missing(name: str, index: Path) -> None:
    (index / name).unlink()
    assert name in refusal(index)


@pytest.mark.parametrize(
    "array",
    [
        np.ones((IMAGES, 96), np.float64),
        np.ones((IMAGES, 95), np.float32),
        np.ones((IMAGES - 1, 96), np.float32),
        np.ones((IMAGES, 96), ">f4"),
        np.asfortranarray(np.full((IMAGES, 96), 96**-0.5, np.float32)),
        np.ones((IMAGES, 96), np.int8),
    ],
    ids=["float64", "narrow", "short", "big-endian", "column by column", "bytes"],
)
def test_an_array_of_another_shape_or_type(array: np.ndarray, index: Path) -> None:
    np.save(index / "vectors.npy", array)
    assert "in place of \"{'descr': '<f4', 'fortran_order': False, 'shape': (104, 96), }" in refusal(index)


@pytest.mark.parametrize("number", [np.nan, np.inf, 0.0, 3.0])
def test_vectors_that_are_not_of_length_one(number: float, index: Path) -> None:
    vectors = np.load(index / "vectors.npy")
    vectors[70] = number
    np.save(index / "vectors.npy", vectors)
    assert "not of length 1" in refusal(index)


class Opened:
    """What a pickle would do."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("pickle-was-run",)


def test_nothing_in_a_pickle_is_run(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(index / "vectors.npy", np.array([Opened()], object), allow_pickle=True)
    assert "vectors.npy" in refusal(index)
    (index / "vectors.npy").write_bytes(pickle.dumps(Opened()))
    assert "vectors.npy" in refusal(index)
    assert not (tmp_path / "pickle-was-run").exists()


@pytest.mark.parametrize(
    "paths", [b"../up.png\0", b"a/../../up.png\0", b"/etc/shadow.png\0", b"\0", b"a//b.png\0", b"./a.png\0", b"a.png"]
)
def test_paths_that_lead_out_of_the_pool(paths: bytes, index: Path) -> None:
    content = (index / "paths.bin").read_bytes()
    (index / "paths.bin").write_bytes(content[: content.rindex(b"\0", 0, -1) + 1] + paths)
    assert "lead out of the pool" in refusal(index)


def test_more_or_fewer_paths_than_images(index: Path) -> None:
    (index / "paths.bin").write_bytes((index / "paths.bin").read_bytes() + b"one-more.png\0")
    assert "105 paths for 104 images" in refusal(index)


def deep(levels: int) -> dict[str, Any]:
    """Tables in tables."""
    table: dict[str, Any] = {}
    for _ in range(levels):
        table = {"more": table}
    return table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda facts: facts.update(version=3), "version 3"),
        (lambda facts: facts.update(format="other"), "does not say that it is an index"),
        (lambda facts: facts.update(images=0), "'images'"),
        (lambda facts: facts.update(images=True), "'images'"),
        (lambda facts: facts.update(images=10**30), "'images'"),
        (lambda facts: facts.update(images=105), "105"),
        (lambda facts: facts.update(dims=-1), "'dims'"),
        (lambda facts: facts.update(dtype="object"), "'dtype'"),
        (lambda facts: facts.update(dtype=["float32"]), "'dtype'"),
        (lambda facts: facts.update(root=None), "'root'"),
        (lambda facts: facts.update(root="\ud800"), "'root'"),
        (lambda facts: facts.update(skipped=[["a.png", 1, 2]]), "'skipped'"),
        (lambda facts: facts.update(structure=["ivf", 40, 1]), "'structure'"),
        (lambda facts: facts["structure"].update(lists=0), "'structure'"),
        (lambda facts: facts["structure"].update(recall=1), "'structure'"),
        (lambda facts: facts["structure"].update(kind="flat"), "'structure'"),
        (lambda facts: facts["structure"].update(other=1), "'structure'"),
        (lambda facts: facts["structure"].update(lists=10**9), "in place of ivf"),
        (lambda facts: facts["structure"].update(probes=41), "in place of ivf"),
        (lambda facts: facts["structure"].update(kind="hnsw"), "in place of hnsw"),
        (lambda facts: facts["structure"].update(kind="rabitq"), "in place of rabitq"),
        (lambda facts: facts.update(asked=None), "'asked'"),
        (lambda facts: facts.update(asked=deep(500)), "too deep"),
        (lambda facts: facts.update(files={}), "lacks a file"),
        (lambda facts: facts["files"].update({"../other": "0" * 64}), "lacks a file"),
        (lambda facts: facts["parameters"].update(descriptor="hog"), "parameters are not as they were written"),
        (lambda facts: facts["parameters"]["options"].update(gem_p=float("nan")), "'parameters'"),
        (lambda facts: facts.pop("pool_sha256"), "'pool_sha256'"),
    ],
)
def test_fields_that_are_not_what_they_should_be(change: Callable[[Any], object], said: str, index: Path) -> None:
    changed_json(index, change)
    assert said in refusal(index)


def test_a_number_that_was_changed_by_hand_is_told(index: Path) -> None:
    text = (index / "index.json").read_text()
    (index / "index.json").write_text(text.replace('"probes": 1', '"probes": 2'))
    assert "index.json: it is not as it was written" in refusal(index)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"format": "frameloom index"', "\0", "\xff"])
def test_json_that_is_none(text: str, index: Path) -> None:
    (index / "index.json").write_text(text, encoding="latin-1")
    assert "index.json" in refusal(index)


def test_a_folder_that_is_no_index(tmp_path: Path) -> None:
    assert "is not an index: there is no index.json in it" in refusal(tmp_path)


def test_a_flipped_bit_that_lengths_do_not_show_is_found(index: Path) -> None:
    content = bytearray((index / "vectors.npy").read_bytes())
    content[-4] ^= 1
    (index / "vectors.npy").write_bytes(content)
    assert "vectors.npy: it is not as it was written" in refusal(index)
    with pytest.raises(CannotOpen, match=r"vectors\.npy: it is not as it was written"):
        check_files(read_index(index))


def test_damaged_vectors_are_not_taken_into_a_new_index(index: Path) -> None:
    content = bytearray((index / "vectors.npy").read_bytes())
    content[-4] ^= 1
    (index / "vectors.npy").write_bytes(content)
    pool = read_index(index).paths.root
    with pytest.raises(CannotOpen, match=r"vectors\.npy: it is not as it was written"):
        build(pool, index, plan(structure=StructureWish(kind="hnsw")))


def test_the_options_of_an_index_that_describe_nothing(index: Path) -> None:
    def change(facts: dict[str, Any]) -> None:
        facts["parameters"]["options"]["gem_p"] = "high"
        facts["parameters_sha256"] = json_sha256(facts["parameters"])

    changed_json(index, change)
    with pytest.raises(FrameloomError):
        describing_of(read_index(index))
