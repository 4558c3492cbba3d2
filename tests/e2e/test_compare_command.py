"""`frameloom compare`: a number, pictures, and tables of many pairs."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import frameloom as fl
from commands import Command
from factories import moving_square, noise, write_png
from frameloom.catalog import Catalog
from frameloom.images import read_image
from frameloom.models.zoo import catalog

PICTURES = {
    "comparison.png", "similarity_A2B.png", "similarity_B2A.png", "mismatch_A.png", "mismatch_B.png",
    "vector_field.png", "pca_features.png", "summary.json",
}  # fmt: skip


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return (
        write_png(tmp_path / "a.png", moving_square(1, (96, 128), 6)),
        write_png(tmp_path / "b.png", moving_square(6, (96, 128), 6)),
    )


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_two_images_give_a_number_and_write_nothing(
    frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    said = frameloom("compare", *pair, "--json").done()
    found = json.loads(said.out)
    assert 0 < found["cosine_distance"] < 1
    assert (found["encoder"], found["grade"], found["grid_a"], found["patch"]) == ("hog", None, [16, 16], 16)
    assert f"cosine distance {found['cosine_distance']:.4f} by hog" in frameloom("compare", *pair).done().out
    assert "cosine distance 0.0000" in frameloom("compare", pair[0], pair[0]).done().out
    assert names(tmp_path) == {"a.png", "b.png"}


def test_pictures_have_the_documented_names(frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    out = tmp_path / "out"
    frameloom("compare", *pair, out, "--visualize").done()
    assert names(out) == PICTURES
    summary = json.loads((out / "summary.json").read_text())
    assert summary["cosine_distance"] == fl.compare(*pair).cosine_distance
    assert summary["output"] == str(out)
    assert "--overwrite" in frameloom("compare", *pair, out, "--visualize").refused()
    frameloom("compare", *pair, "--output", out, "--visualize", "--no-pca", "--overwrite").done()
    assert names(out) == PICTURES - {"pca_features.png"}
    frameloom("compare", *pair, "--out", out, "--overwrite").done()
    assert names(out) == {"summary.json"}
    (out / "mine.txt").write_text("kept")
    assert "mine.txt" in frameloom("compare", *pair, out, "--overwrite").refused()


def test_scale_and_stride_change_the_pictures_they_are_about(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    found = fl.compare(*pair)
    absolute, relative, dense = (
        {path.name: path.read_bytes() for path in fl.plot(found, tmp_path / str(number), **how)}
        for number, how in enumerate(({}, {"scale": "relative"}, {"arrow_stride": 1}))
    )
    assert set(absolute) == PICTURES
    pictures = PICTURES - {"summary.json"}
    scaled = {name for name in pictures if absolute[name] != relative[name]}
    assert scaled == pictures - {"vector_field.png", "pca_features.png"}
    assert {name for name in pictures if absolute[name] != dense[name]} == {"vector_field.png"}


def test_what_differs_is_seen_in_colour_and_what_does_not_is_not(tmp_path: Path) -> None:
    before = noise((160, 160), seed=3)
    after = before.copy()
    after[:80, 80:] = noise((80, 80), seed=9)
    fl.plot(fl.compare(before, before), tmp_path / "same", scale="relative")
    fl.plot(fl.compare(before, after, size=160), tmp_path / "changed")
    assert coloured(read_image(tmp_path / "same" / "mismatch_A.png")[:-80]).sum() == 0
    picture = read_image(tmp_path / "changed" / "mismatch_A.png")
    rows, columns = np.nonzero(coloured(picture[:-80]))
    assert len(rows) > 1000
    top, left, side = 110, 24, 480
    assert np.mean((rows - top < side / 2) & (columns - left > side / 2)) > 0.9


def coloured(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture.astype(int), axis=2) > 90


@pytest.mark.parametrize("sizes", [((1, 1), (300, 20)), ((40, 900), (30, 30)), ((2000, 40), (64, 64))])
def test_images_of_all_shapes_are_drawn(tmp_path: Path, sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    found = fl.compare(*(noise(size, seed=size[0]) for size in sizes), keep_aspect=True, size=32)
    for path in fl.plot(found, tmp_path / "out"):
        if path.suffix == ".png":
            assert min(read_image(path).shape[:2]) > 60


def test_the_encoder_and_its_size_are_chosen(frameloom: Command, pair: tuple[Path, Path]) -> None:
    for option in ("--size", "--resize", "--image-size", "--comparison-size"):
        found = json.loads(frameloom("compare", *pair, "--model-name", "color", option, 128, "--json").done().out)
        assert (found["encoder"], found["grid_a"], found["embedding_dim"]) == ("color", [8, 8], 294)
    kept = json.loads(frameloom("compare", *pair, "--size", 96, "--keep-aspect", "--json").done().out)
    assert kept["grid_b"] == [6, 8]


def test_grey_deep_and_transparent_images_are_compared(frameloom: Command, tmp_path: Path) -> None:
    image = noise((64, 64), seed=1)
    gray = write_png(tmp_path / "gray.png", image[..., 0])
    deep = write_png(tmp_path / "deep.png", np.repeat(image[..., :1], 3, axis=2).astype(np.uint16) * 257)
    clear = write_png(tmp_path / "clear.png", np.concatenate([np.repeat(image[..., :1], 3, 2), image[..., 1:2]], 2))
    for other in (deep, clear):
        assert json.loads(frameloom("compare", gray, other, "--json").done().out)["cosine_distance"] < 1e-9


def test_what_cannot_be_is_refused_before_anything_is_written(
    frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    (tmp_path / "pairs.json").write_text(json.dumps([{"image_a": "a.png", "image_b": "b.png"}]))
    before, out = names(tmp_path), tmp_path / "out"
    for words, why in [
        ((pair[0],), "two images are needed"),
        ((), "two images are needed"),
        ((*pair, out, out), "4 paths are too many"),
        ((*pair, out, "--out", out), "3 paths are too many"),
        ((*pair, "--visualize"), "need a folder"),
        ((*pair, tmp_path / "c.png"), "names a file"),
        (("--config", tmp_path / "pairs.json", tmp_path / "out.mp4"), "names a file"),
        ((tmp_path / "a.png", pair[1], tmp_path), "lies inside the output folder"),
        ((pair[0], tmp_path / "none.png", out, "--visualize"), "does not exist"),
        ((*pair, "--encoder", "hogg"), "did you mean hog"),
        ((*pair, "--size", 3), "at least 16"),
        ((*pair, "--pool", "all"), "takes no --pool all"),
        ((*pair, "--precision", "bfloat16"), "takes no --precision"),
        ((*pair, out, "--visualize", "--arrow-stride", 0), "arrow_stride is 0"),
        (("--config", tmp_path / "pairs.json"), "needs a folder"),
        ((pair[0], out, "--config", tmp_path / "pairs.json"), "too many"),
        (("--config", tmp_path / "none.json", out), "does not exist"),
        (("--config", pair[0], out), "is not JSON"),
        (("--config", tmp_path / "pairs.json", tmp_path), "lies inside the output folder"),
    ]:
        assert why in frameloom("compare", *words).refused()
    assert names(tmp_path) == before


def test_python_refuses_scales_that_there_are_not(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    with pytest.raises(fl.FrameloomError, match="absolute or relative"):
        fl.compare(*pair, tmp_path / "out", visualize=True, scale="linear")
    with pytest.raises(fl.FrameloomError, match="the first image has shape"):
        fl.compare(np.zeros((4, 4), np.uint8), pair[1])


def test_a_distance_is_told_in_words_where_the_card_has_them(
    frameloom: Command, tmp_path: Path, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    graded = replace(catalog.find("color", "encoder"), grades=((1e-6, "very similar"), (float("inf"), "significant")))
    monkeypatch.setattr("frameloom.verbs.compare.catalog", Catalog([graded]))
    said = frameloom("compare", *pair, tmp_path / "out", "--encoder", "color", "--visualize").done()
    assert "(significant) by color" in said.out
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["grade"] == "significant"
    listed = [{"image_a": str(first), "image_b": str(second)} for first, second in (pair, (pair[0], pair[0]))]
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    frameloom("compare", "--config", tmp_path / "pairs.json", tmp_path / "table", "--encoder", "color").done()
    with (tmp_path / "table" / "results.csv").open(newline="") as file:
        assert [row["grade"] for row in csv.DictReader(file)] == ["significant", "very similar"]


def test_one_bad_pair_does_not_stop_the_others(frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    listed = [
        {"image_a": "a.png", "image_b": "b.png", "label": "walk"},
        {"image_a": "a.png", "image_b": "none.png", "label": "../x"},
        {"ref_img": "b.png", "dist_img": "a.png", "label": "walk"},
        {"image_a": "a.png"},
        {"image_a": "b.png", "image_b": "b.png"},
    ]
    (tmp_path / "pairs.json").write_text(json.dumps({"pairs": listed}))
    out = tmp_path / "out"
    done = frameloom("compare", "--config", tmp_path / "pairs.json", out, "--visualize")
    assert (done.code, "Traceback" in done.err) == (2, False)
    assert "not compared: ../x: " in done.err
    assert "and 1 more" in done.err
    assert names(out) == {"results.json", "results.csv", "walk", "walk-2", "pair_004"}
    assert all(names(out / folder) == PICTURES for folder in ("walk", "walk-2", "pair_004"))
    assert json.loads((out / "walk-2" / "summary.json").read_text())["label"] == "walk"
    result = json.loads((out / "results.json").read_text())
    assert [item["label"] for item in result["pairs"]] == ["walk", "walk", "pair_004"]
    assert result["failures"] == {
        "../x": f"{tmp_path / 'none.png'} does not exist", "pair_003": "has no image_b"
    }  # fmt: skip
    assert result["images"] == 2
    with (out / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["walk", "../x", "walk", "pair_003", "pair_004"]
    assert [bool(row["error"]) for row in rows] == [False, True, False, True, False]
    assert float(rows[0]["cosine_distance"]) == fl.compare(*pair).cosine_distance
    assert float(rows[4]["cosine_distance"]) == 0


def test_a_table_of_many_is_replaced_only_when_asked_and_nothing_else_with_it(
    frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    (tmp_path / "pairs.json").write_text(json.dumps([{"image_a": "a.png", "image_b": "b.png", "label": "walk"}]))
    words, out = ("compare", "--config", tmp_path / "pairs.json", "--out", tmp_path / "out"), tmp_path / "out"
    assert "1 of 1 pair compared" in frameloom(*words, "--visualize").done().out
    assert "--overwrite" in frameloom(*words).refused()
    frameloom(*words, "--overwrite").done()
    assert names(out) == {"results.json", "results.csv"}
    (out / "photos").mkdir()
    (out / "photos" / "mine.jpg").write_text("kept")
    assert "photos" in frameloom(*words, "--overwrite").refused()
    assert names(out) == {"results.json", "results.csv", "photos"}


def test_many_pairs_in_python(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    found = fl.compare_pairs([{"image_a": pair[0], "image_b": pair[1]}, {"image_a": "?"}], tmp_path / "out")
    assert (len(found.pairs), found.failures) == (1, {"pair_001": "has no image_b"})
    assert found.pairs[0].cosine_distance == fl.compare(*pair).cosine_distance
