"""Several ways to compare images, side by side."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

import readers
from collage_pool import coloured
from commands import Command
from factories import clip, write_png

SIZE = (90, 160)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    return


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return clip(tmp_path / "film.mkv", 9, size=SIZE, draw=coloured, options={"crf": "4"})


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    for number in range(9):
        write_png(tmp_path / "pool" / f"{number}.png", coloured(number, SIZE))
    return tmp_path / "pool"


def test_a_picture_for_each_frame_and_a_table(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "compared"
    words = ["compare-methods", film, pool, output, "--frames", "3", "--top-k", "2", "--json"]
    said = frameloom(*words).done()
    made = json.loads(said.out)
    assert [method["method"] for method in made["methods"]] == ["canny", "spatial_pyramid", "hog", "spatial_color"]
    assert [method["dims"] for method in made["methods"]][:2] == [376, 1088]
    assert set(made["left_out"]) == {"mobilenet", "efficientnet"}  # their weights are not here
    assert "left out: mobilenet" in said.err
    assert len(made["frames"]) == 3
    assert all(3 * part <= frame < 3 * part + 3 for part, frame in enumerate(made["frames"]))
    pictures = [f"frame_{frame:06d}_comparison.jpg" for frame in made["frames"]]
    assert sorted(path.name for path in output.iterdir()) == ["comparison.json", "comparison.md", *pictures]
    table = (output / "comparison.md").read_text().splitlines()
    assert [row.split("|")[1].strip() for row in table] == [
        "method", "---", "canny", "spatial_pyramid", "hog", "spatial_color"
    ]  # fmt: skip
    assert not readers.hidden_in(tmp_path)
    again = json.loads(frameloom(*words, "--overwrite").done().out)
    assert again["frames"] == made["frames"]
    others = json.loads(frameloom(*words, "--overwrite", "--seed", "3").done().out)
    assert others["frames"] != made["frames"]


def test_the_image_beside_a_frame_is_the_one_that_is_most_like_it(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output = tmp_path / "compared"
    frameloom("compare-methods", film, pool, output, "--frames", "1", "--top-k", "1", "--methods", "hog").done()
    (picture,) = output.glob("*.jpg")
    grid = cv2.imread(str(picture)).astype(np.float32)
    width = round(150 * 160 / 90)
    frame, image = (grid[22:168, left + 2 : left + width - 2] for left in (20, 40 + width))
    assert np.abs(frame - image).mean() < 4
    assert frame.std() > 20


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--frames", "0"], "frames is 0"),
        (["--top-k", "0"], "top k is 0"),
        (["--seed", "-1"], "seed is -1"),
        (["--demo-images", "0"], "demo images is 0"),
        (["--methods", "hgo"], "hog"),
        (["--methods", "mobilenet"], "no method can be used"),
    ],
)
def test_impossible_wishes(
    words: list[str], told: str, film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    outcome = frameloom("compare-methods", film, pool, tmp_path / "compared", "--quiet", *words)
    assert told in outcome.refused()
    assert not (tmp_path / "compared").exists()
