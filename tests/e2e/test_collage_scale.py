"""Collages of large pools and of pools with the same image many times, as a user meets them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from collage_pool import coloured
from commands import Command
from factories import clip, write_png

COUNT = 6


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
        yield


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("film") / "film.mp4", COUNT, size=(90, 160), draw=coloured)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images 0 to 5, each three times: as it is, smaller, and as a JPEG whose name comes last."""
    folder = tmp_path_factory.mktemp("pool")
    for number in range(COUNT):
        image = coloured(number, (180, 320))
        write_png(folder / f"{number}-a.png", image)
        write_png(folder / f"{number}-b.png", cv2.resize(image, (240, 136), interpolation=cv2.INTER_AREA))
        write_png(folder / f"{number}-c.jpg", image)
    return folder


def shown(results: Path) -> list[str]:
    """Names of the images, frame by frame."""
    return [Path(item["selected"]).name for item in json.loads(results.read_text()).values()]


def test_of_near_duplicates_the_first_by_name_is_shown(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    words = ("collage", film, pool, tmp_path / "out", "--skip-output", "--no-repeat", "--skip-near-duplicates")
    said = frameloom(*words, "--duplicate-similarity", 0.95).done()
    assert "12 images were left out because they are nearly the same as others" in said.out
    assert shown(tmp_path / "out" / "results.json") == [f"{number}-a.png" for number in range(COUNT)]
    made = json.loads(frameloom(*words, "--duplicate-similarity", 0.95, "--overwrite", "--json").done().out)
    assert (made["pool"], made["near_duplicates"], made["frames_reused"]) == (6, 12, 6)
    every = json.loads(frameloom(*words[:-1], "--overwrite", "--json").done().out)
    assert (every["pool"], every["near_duplicates"], every["frames_reused"]) == (18, 0, 0)


def test_near_duplicates_are_looked_for_once_for_a_pool_and_its_changes(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    images = Path(shutil.copytree(pool, tmp_path / "images"))
    words = ("collage", film, images, tmp_path / "out", "--skip-output", "--no-repeat", "--skip-near-duplicates")
    words = (*words, "--duplicate-similarity", 0.95, "--overwrite")
    told = f"{images}: the near-duplicates are those that an earlier run has found"
    made = json.loads(frameloom(*words, "--json").done().out)
    assert (made["near_duplicates"], told in made["notices"]) == (12, False)
    again = frameloom(*words).done()
    assert again.err.count(told) == 1
    made = json.loads(frameloom(*words, "--json").done().out)
    assert (made["near_duplicates"], told in made["notices"]) == (12, True)
    write_png(images / "9.png", cv2.resize(coloured(2, (180, 320)), (160, 90), interpolation=cv2.INTER_AREA))
    made = json.loads(frameloom(*words, "--json").done().out)
    assert (made["near_duplicates"], told in made["notices"]) == (13, False)
    (kept,) = (tmp_path / "home").rglob("near-duplicates-0.95.bin")
    kept.write_bytes(kept.read_bytes()[:-1])
    made = json.loads(frameloom(*words, "--json").done().out)
    assert made["near_duplicates"] == 13
    assert f"{kept} is damaged; near-duplicates are looked for anew" in made["notices"]


def test_a_demo_of_an_index_uses_the_near_duplicates_of_all_its_images(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    index = tmp_path / "index"
    frameloom("index", "build", pool, index).done()
    frameloom("index", "info", index, "--duplicates", "--duplicate-similarity", 0.95).done()
    words = ("collage", film, index, tmp_path / "out", "--skip-output", "--skip-near-duplicates", "--overwrite")
    words = (*words, "--duplicate-similarity", 0.95, "--demo", "--demo-images", 8, "--json")
    made = json.loads(frameloom(*words).done().out)
    (index / "near-duplicates-0.95.bin").unlink()
    alone = json.loads(frameloom(*words).done().out)
    assert (made["pool"], made["near_duplicates"]) == (alone["pool"], alone["near_duplicates"]) == (3, 5)
    assert ["an earlier run has found" in " ".join(item["notices"]) for item in (made, alone)] == [True, False]


def test_too_few_images_besides_near_duplicates_are_told(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    film = clip(tmp_path / "long.mp4", COUNT + 2, size=(90, 160), draw=coloured)
    words = ("collage", film, pool, tmp_path / "out", "--no-repeat", "--skip-near-duplicates")
    line = frameloom(*words, "--duplicate-similarity", 0.95).refused()
    assert "8 frames to replace and the pool 6 images and 12 near-duplicates of them, too few" in line


def test_near_duplicates_without_a_known_similarity_are_refused_before_anything_is_read(
    film: Path, tmp_path: Path, frameloom: Command
) -> None:
    words = ("collage", film, tmp_path / "nothing", tmp_path / "out")
    line = frameloom(*words, "--descriptor", "pooled:color", "--skip-near-duplicates").refused()
    assert "by pooled:color was not measured" in line
    assert "add --skip-near-duplicates" in frameloom(*words, "--duplicate-similarity", 0.9).refused()


def test_how_a_large_pool_is_searched_is_chosen_measured_and_told(
    film: Path, tmp_path: Path, frameloom: Command
) -> None:
    for number in range(120):
        write_png(tmp_path / "pool" / f"{number:03d}.png", coloured(number, (36, 64)))
    words = ("collage", film, tmp_path / "pool", tmp_path / "out", "--skip-output", "--search-depth", 1)
    said = frameloom(*words, "--use-rabitq-index", "--recall", 1).done()
    assert "  searched by rabitq (lists 21, probes" in said.out
    assert "recall@10 1.000 on a sample of the pool" in said.out
    assert shown(tmp_path / "out" / "results.json") == [f"{number:03d}.png" for number in range(COUNT)]
    made = json.loads(frameloom(*words, "--recall", 0.9, "--overwrite", "--json").done().out)
    assert (made["search"], made["search_recall"], made["search_settings"]) == ("exact", 1.0, {})
    index = tmp_path / "index"
    frameloom("index", "build", tmp_path / "pool", index, "--use-ivf-index", "--ivf-nprobe", 40).done()
    of_index = ("collage", film, index, tmp_path / "out", "--skip-output", "--overwrite")
    assert "is searched as it was built" in frameloom(*of_index, "--use-rabitq-index").refused()
    made = json.loads(frameloom(*of_index, "--json").done().out)
    assert (made["search"], made["search_recall"]) == ("ivf", None)
    assert made["search_settings"] == {"lists": 43, "probes": 40}
