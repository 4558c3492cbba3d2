"""Sequences that cannot be measured, or not wholly: each is named before work is done, and nothing is averaged away."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import frameloom as fl
from commands import Command
from factories import image_folder, moving_square, write_png
from frameloom.benchmark.samples import windows
from frameloom.errors import CannotOpen, DatasetError, ShapeError
from frameloom.metrics.metric import Metric
from frameloom.metrics.table import METRICS

LATE = 7


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frameloom.benchmark.evaluate.score_models", lambda *_: pytest.fail("work was done"))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.usefixtures("no_work")
def test_a_frame_of_another_size_is_named_before_any_work(suffix: str, tmp_path: Path) -> None:
    """It may be the last of hours of work."""
    for index in range(9):
        write_png(
            tmp_path / "walk" / f"{index:05d}{suffix}", moving_square(index, (20, 30) if index == LATE else (24, 32))
        )
    with pytest.raises(ShapeError, match=rf"00007{suffix} is 30x20, 00006{suffix} is 32x24; all frames of a sequence"):
        fl.evaluate("blend", root=tmp_path)


def test_sequences_of_their_own_sizes_are_measured(tmp_path: Path) -> None:
    for name, size in (("wide", (24, 48)), ("high", (48, 24))):
        image_folder(tmp_path / name, 3, size=size)
    assert [row.megapixels for row in fl.evaluate("blend", root=tmp_path).rows] == [24 * 48 / 1e6] * 2


@pytest.mark.parametrize("gone", [1, 2, 5])
@pytest.mark.usefixtures("no_work")
def test_a_missing_number_is_a_missing_truth(gone: int, tmp_path: Path) -> None:
    """The frame after it would be taken for the truth in the middle."""
    folder = image_folder(tmp_path / "walk", 8)
    (folder / f"{gone:05d}.png").unlink()
    with pytest.raises(DatasetError, match=rf"{gone + 1:05d}\.png comes after {gone - 1:05d}\.png: frames between"):
        fl.evaluate("blend", root=tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ["0", "33", "67", "100", "133"],  # milliseconds
        ["0", "2", "4", "6", "8"],
        ["7", "8", "9", "10"],
        ["a", "b", "c"],
        ["shot1-001", "shot1-002", "shot1-003"],
        ["only1"],
    ],
)
def test_other_numbers_say_nothing(names: list[str]) -> None:
    list(windows("walk", [Path(f"{name}.png") for name in names], 2))


def test_a_single_frame_is_passed_over_and_told(frameloom: Command, tmp_path: Path) -> None:
    image_folder(tmp_path / "walk", 5)
    image_folder(tmp_path / "still", 1)
    done = frameloom("evaluate", "blend", "--root", tmp_path, "--metrics", "psnr", "--json").done()
    assert {row["sequence"] for row in json.loads(done.out)["rows"]} == {"walk"}
    assert "still: passed over: 2x needs 3 frames, there is 1" in done.err


def test_single_frames_alone_are_refused(frameloom: Command, tmp_path: Path) -> None:
    image_folder(tmp_path / "still", 1)
    told = frameloom("evaluate", "blend", "--root", tmp_path).refused()
    assert "holds no sequence: expected folders of at least 3 images each" in told
    with pytest.raises(DatasetError, match="holds no sequence"):
        fl.evaluate("blend", root=tmp_path / "still")


@pytest.mark.parametrize(("content", "why"), [(b"", "is empty"), (b"nothing", "is damaged or not an image")])
def test_a_frame_that_is_no_picture_is_named(content: bytes, why: str, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "walk", 3)
    (folder / "00001.png").write_bytes(content)
    with pytest.raises(CannotOpen, match=rf"00001\.png {why}"):
        fl.evaluate("blend", root=tmp_path)


def test_one_score_that_is_no_number_spoils_every_mean_that_it_is_part_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        image_folder(tmp_path / name, 5)
    scores = iter([1.0, math.nan, 2.0, 3.0])
    metric = Metric(name="ie", title="IE", unit="", higher_is_better=False, bounds=(0, 9), equal=0,
                    scores=lambda stretch: [next(scores) for _ in stretch.truths])  # fmt: skip
    monkeypatch.setitem(METRICS, "ie", metric)
    result = fl.evaluate("blend", root=tmp_path, metrics=["ie"])
    (mean,) = result.means
    assert [(miss.sequence, miss.frame) for miss in result.unscored] == [("one", 3)]
    spoilt = [mean.values["ie"], mean.frame_values["ie"], mean.per_sequence["one"]["ie"], *mean.intervals["ie"],
              *mean.tails["ie"].values()]  # fmt: skip
    assert np.isnan(spoilt).all()
    assert mean.per_sequence["two"]["ie"] == 2.5
