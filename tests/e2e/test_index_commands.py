"""`frameloom index build`, `search` and `info`, as a user meets them."""

import json
from pathlib import Path

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
    assert "2 described, 1 skipped" in again.out
    assert "1 of 8 image files cannot be read and are left out, such as broken.jpg: is damaged" in again.err
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
        (("build", "pool", "new", "--spatial-grid", 9), "spatial grid is 9"),
        (("search", "pool", "pool/000.png"), "pool is not an index"),
        (("search", "index", "missing.png"), "missing.png does not exist"),
        (("search", "index", "pool/000.png", "--count", 0), "count is 0"),
        (("search", "index", "pool/000.png", "--output", "pool/000.png"), "both input and output"),
        (("info", "missing"), "is not an index"),
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
