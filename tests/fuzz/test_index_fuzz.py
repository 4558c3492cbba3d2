"""Damaged indexes of every kind: the right answer, or one line that says so; never a crash, never a wrong answer."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from frameloom.retrieval.build import build
from frameloom.retrieval.structures import StructureWish
from fuzz.mutations import mutated
from fuzz.reader import Reader
from fuzz.searching import answer
from pools import draw_pool, plan

KINDS = ("exact", "ivf", "hnsw", "rabitq")
SECONDS_PER_INDEX = 20
FEW, MANY = 80, 2080


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of each kind, and what it answers."""
    folder = tmp_path_factory.mktemp("sound")
    pool = draw_pool(folder / "pool", 104)
    (pool / "empty.png").touch()
    for kind in KINDS:
        build(pool, folder / kind, plan(structure=StructureWish(kind=kind)))
        (folder / f"{kind}.json").write_text(json.dumps(answer(folder / kind)))
    return folder


@pytest.fixture
def reader() -> Iterator[Reader]:
    started = Reader("searching.py", SECONDS_PER_INDEX)
    yield started
    started.end()


def check(sound: Path, reader: Reader, folder: Path, numbers: range) -> Counter[str]:
    """Damage one file of an index for each number, each in its own way; returns how often what was said."""
    said: Counter[str] = Counter()
    contents = {kind: {file.name: file.read_bytes() for file in sorted((sound / kind).iterdir())} for kind in KINDS}
    wrong: dict[str, str] = {}
    for number in numbers:
        dice = random.Random(number)
        kind = KINDS[number % len(KINDS)]
        names = sorted(contents[kind])
        name = names[number // len(KINDS) % len(names)]
        index = Path(shutil.copytree(sound / kind, folder / f"{number:05d}"))
        (index / name).write_bytes(mutated(contents[kind][name], contents[kind][dice.choice(names)], dice))
        outcome = reader.read(str(index), str(sound / f"{kind}.json"))
        said[outcome] += 1
        if outcome in ("right", "refused"):
            shutil.rmtree(index)
        else:
            wrong[f"{number:05d} {kind} {name}"] = outcome
    assert not wrong, f"kept in {folder}:\n" + "\n".join(f"{name}: {what}" for name, what in wrong.items())
    return said


def test_sound_indexes_answer_as_they_did(sound: Path, reader: Reader) -> None:
    for kind in KINDS:
        assert reader.read(str(sound / kind), str(sound / f"{kind}.json")) == "right"


def test_a_wrong_answer_would_be_seen(sound: Path, reader: Reader, tmp_path: Path) -> None:
    expected = json.loads((sound / "exact.json").read_text())
    expected["products"][0][0] += 1e-6
    (tmp_path / "other.json").write_text(json.dumps(expected))
    assert reader.read(str(sound / "exact"), str(tmp_path / "other.json")) == "a wrong answer without a word"


def test_a_few_damaged_indexes(sound: Path, reader: Reader, tmp_path: Path) -> None:
    assert check(sound, reader, tmp_path, range(FEW))["refused"] > 0.9 * FEW


@pytest.mark.slow
def test_many_damaged_indexes(sound: Path, reader: Reader, tmp_path: Path) -> None:
    assert check(sound, reader, tmp_path, range(FEW, MANY))["refused"] > 0.9 * (MANY - FEW)
