"""`frameloom index build`, `search` and `info`, as a user meets them."""

import json
from pathlib import Path

import cv2
import pytest

from commands import Command
from factories import write_png
from fuzz.mutations import mutated
from pools import draw_pool, files_of, picture


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return draw_pool(tmp_path / "pool", 6)


def test_an_image_is_found_by_itself(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    index, sheet = tmp_path / "index", tmp_path / "sheet.png"
    made = frameloom("index", "build", pool, index).done()
    assert "6 images by canny (376 numbers each); 6 described" in made.out
    found = frameloom("index", "search", index, pool / "a" / "001.png", "--count", 3, "--output", sheet).done()
    lines = found.out.splitlines()
    assert lines[0].split() == ["1.0000", str(pool / "a" / "001.png")]
    assert len(lines) == 4
    assert sheet.stat().st_size > 1000
    asked = json.loads(frameloom("index", "search", index, pool / "000.png", "--json").done().out)
    assert asked["matches"][0]["path"] == str(pool / "000.png")
    assert len(asked["matches"]) == 6
    assert asked["matches"][0]["similarity"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("descriptor", ["canny", "hog", "spatial_color", "pooled:color"])
def test_any_descriptor_or_encoder_makes_an_index(
    descriptor: str, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    words = ("--feature-method", descriptor, "--comparison-size", 128, "--num-workers", 1, "--aspect", "4:3")
    frameloom("index", "build", pool, tmp_path / "index", *words).done()
    info = json.loads(frameloom("index", "info", tmp_path / "index", "--json").done().out)
    assert (info["descriptor"], info["options"]["comparison_size"]) == (descriptor, 128)
    assert info["options"]["aspect"] == "4/3"
    found = frameloom("index", "search", tmp_path / "index", pool / "003.png", "--count", 1).done()
    assert found.out.split() == ["1.0000", str(pool / "003.png")]


def test_a_second_build_brings_it_up_to_date(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    index = tmp_path / "index"
    frameloom("index", "build", pool, index).done()
    assert "up to date" in frameloom("index", "build", pool, index).done().out
    write_png(pool / "new.png", picture(30))
    (pool / "broken.jpg").write_bytes(b"no image")
    assert "2 images new or changed, 0 gone" in frameloom("index", "info", index, "--check").done().out
    again = frameloom("index", "build", pool, index).done()
    assert "7 images by canny" in again.out
    assert "2 looked at, 1 skipped" in again.out
    assert "1 of 8 image files cannot be read and is left out, such as broken.jpg: is damaged" in again.err
    told = frameloom("index", "info", index, "--check").done().out
    assert "up to date" in told
    assert "skipped: broken.jpg: is damaged or not an image" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("build", "pool", "index", "--descriptor", "hog"), "other options (descriptor"),
        (("build", "pool", "pool/index"), "lies inside the input folder"),
        (("build", "missing", "new"), "missing is not a folder"),
        (("build", "empty", "new"), "empty holds no image file"),
        (("build", "pool", "new", "--descriptor", "cany"), "did you mean canny"),
        (("build", "pool", "new", "--aspect", "wide"), "aspect is 'wide'"),
        (("build", "pool", "new", "--edge-weight", 0, "--texture-weight", 0, "--color-weight", 0), "all weights are 0"),
        (("build", "pool", "new", "--ivf-nlist", 3), "add --use-ivf-index"),
        (("build", "pool", "new", "--use-ivf-index", "--use-hnsw-index"), "exclude each other"),
        (("build", "pool", "new", "--workers", 0), "workers is 0"),
        (("build", "pool", "new", "--use-ivf-index", "--use-rabitq-index"), "exclude each other"),
        (("build", "pool", "new", "--recall", 0), "recall is 0"),
        (("build", "pool", "new", "--recall", 95), "recall is 95"),
        (("build", "pool", "new", "--use-hnsw-index", "--recall", 0.9), "a graph finds more easily"),
        (("build", "pool", "new", "--use-ivf-index", "--ivf-nprobe", 2, "--recall", 0.9), "leave out --ivf-nprobe"),
        (("build", "pool", "new", "--max-memory", "much"), "max_memory is 'much'"),
        (("build", "pool", "new", "--max-memory", "5K"), "reaches into 9,024 bytes, and max_memory is 5,120"),
        (("info", "index", "--duplicate-similarity", 0.9), "add --duplicates"),
        (("info", "index", "--duplicates", "--duplicate-similarity", 1.5), "duplicate similarity is 1.5"),
        (("build", "pool", "new", "--spatial-grid", 9), "spatial grid is 9"),
        (("search", "pool", "pool/000.png"), "pool is not an index"),
        (("search", "index", "missing.png"), "missing.png does not exist"),
        (("search", "index", "pool/000.png", "--count", 0), "count is 0"),
        (("search", "index", "pool/000.png", "--output", "pool/000.png"), "both input and output"),
        (("info", "missing"), "is not an index"),
        (("info", "pool/000.png"), "pool/000.png is not an index, which is a folder"),
        (("info", "index", "--check", "--images", "empty"), "holds no image file"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    words: tuple[object, ...],
    said: str,
    pool: Path,
    tmp_path: Path,
    frameloom: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    frameloom("index", "build", "pool", "index").done()
    before = files_of(tmp_path / "index")
    assert said in frameloom("index", *words).refused()
    assert files_of(tmp_path / "index") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "index", "pool"]


def test_a_damaged_index_is_told_in_one_line(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    import random

    index = tmp_path / "index"
    frameloom("index", "build", pool, index).done()
    sound = files_of(index)
    for number, name in enumerate(["index.json", "paths.bin", "stamps.npy", "vectors.npy"] * 3):
        (index / name).unlink()
        (index / name).write_bytes(mutated(sound[name], sound["index.json"], random.Random(number)))
        assert "index" in frameloom("index", "info", index, "--check").refused()
        (index / name).write_bytes(sound[name])
    (index / "vectors.npy").write_bytes(b"")
    assert "--overwrite" in frameloom("index", "build", pool, index).refused()
    frameloom("index", "build", pool, index, "--overwrite").done()
    assert files_of(index) == sound


def test_a_recall_and_memory_choose_how_an_index_is_searched(tmp_path: Path, frameloom: Command) -> None:
    pool, index = draw_pool(tmp_path / "pool", 104), tmp_path / "index"
    made = frameloom("index", "build", pool, index, "--use-rabitq-index", "--recall", 0.9).done()
    told = [line for line in made.out.splitlines() if "search: rabitq (lists 20, probes" in line]
    assert len(told) == 1
    assert "recall@10" in told[0]
    info = json.loads(frameloom("index", "info", index, "--json").done().out)
    assert info["search"] == "rabitq"
    assert info["search_recall"] >= 0.9
    assert info["search_memory"] == 104 * (47 + 16) + 4 * 20 * 376 + 4 * 376**2
    assert info["search_settings"].keys() == {"lists", "probes", "reranked"}
    found = frameloom("index", "search", index, pool / "003.png", "--count", 1).done()
    assert found.out.split() == ["1.0000", str(pool / "003.png")]
    again = frameloom("index", "build", pool, index, "--recall", 0.9, "--max-memory", "1M").done()
    assert again.out == f"{index}: 104 images, up to date\n"  # few images are searched exactly
    info = json.loads(frameloom("index", "info", index, "--json").done().out)
    assert (info["search"], info["search_recall"], info["search_memory"]) == ("exact", 1.0, 104 * 376 * 4)


def test_near_duplicates_are_listed_in_groups(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    index = tmp_path / "index"
    write_png(pool / "a" / "copy.png", cv2.resize(picture(0), (128, 72), interpolation=cv2.INTER_CUBIC))
    write_png(pool / "b.png", picture(0))
    frameloom("index", "build", pool, index).done()
    told = frameloom("index", "info", index, "--duplicates", "--duplicate-similarity", 0.97).done().out
    assert "2 near-duplicates in 1 group, similarity 0.97 or more" in told
    assert "  000.png: a/copy.png " in told
    assert ", b.png 1.0000" in told
    found = json.loads(
        frameloom("index", "info", index, "--duplicates", "--duplicate-similarity", 0.97, "--json").done().out
    )["duplicates"]
    assert (found["similarity"], found["images"], len(found["groups"])) == (0.97, 2, 1)
    assert [Path(match["path"]).name for match in found["groups"][0]] == ["000.png", "copy.png", "b.png"]
    assert found["groups"][0][0]["similarity"] == 1.0
    assert (found["reused"], len(found["notices"])) == (True, 1)  # the first command has kept them
    again = frameloom("index", "info", index, "--duplicates", "--duplicate-similarity", 0.97).done()
    assert "2 near-duplicates in 1 group, similarity 0.97 or more; found by an earlier run\n" in again.out
    assert again.out.splitlines()[-1] == told.splitlines()[-1]
    assert f"{pool}: the near-duplicates are those that an earlier run has found" in again.err


def test_near_duplicates_by_a_descriptor_that_was_not_measured_need_a_similarity(
    pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    frameloom("index", "build", pool, tmp_path / "index", "--descriptor", "pooled:color", "--size", 64).done()
    words = ("index", "info", tmp_path / "index", "--duplicates")
    assert "by pooled:color was not measured" in frameloom(*words).refused()
    assert "0 near-duplicates in 0 groups" in frameloom(*words, "--duplicate-similarity", 1).done().out
