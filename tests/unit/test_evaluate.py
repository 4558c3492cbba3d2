"""Frames that were left out, restored and measured: layouts, means, tables, files."""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

import frameloom as fl
from factories import SIZE, image_folder, moving_square, noise, write_png
from frameloom.benchmark.evaluate import markdown_table, mean_scores
from frameloom.errors import (
    CannotOpen,
    CannotWrite,
    DatasetError,
    InputError,
    ModelError,
    OutputExists,
    ShapeError,
    UnknownModel,
)
from frameloom.frame import quantise
from frameloom.metrics.metric import Metric, Stretch
from frameloom.metrics.table import METRICS, find_metrics
from frameloom.models.zoo import catalog
from frameloom.results.measuring import Score
from parity.metric_networks import save


def test_scores_are_those_of_the_frames_left_out(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "data" / "walk", 5)
    result = fl.evaluate("blend", root=tmp_path / "data")
    assert [(row.sequence, row.frame, row.moment) for row in result.rows] == [("walk", 1, 0.5), ("walk", 3, 0.5)]
    for row in result.rows:
        first, truth, last = (moving_square(row.frame + k).astype(float) for k in (-1, 0, 1))
        made = np.rint(first / 255 + np.float32(0.5) * (last - first) / 255 - 1e-9)  # only its shape matters here
        assert made.shape == truth.shape
        halves = (first + last) / 2  # x.5 may be rounded either way: both are allowed below
        up, down = np.floor(halves + 0.5), np.ceil(halves - 0.5)
        bounds = sorted(peak_signal_noise_ratio(truth, rounded, data_range=255) for rounded in (up, down))
        assert bounds[0] - 0.05 <= row.values["psnr"] <= bounds[1] + 0.05
        assert row.megapixels == SIZE[0] * SIZE[1] / 1e6
        assert row.cpu_seconds >= 0
    assert folder.name in {row.sequence for row in result.rows}


@pytest.mark.parametrize(
    ("count", "factor", "frames"),
    [
        (3, 2, [1]),
        (4, 2, [1]),
        (5, 2, [1, 3]),
        (5, 4, [1, 2, 3]),
        (9, 4, [1, 2, 3, 5, 6, 7]),
        (4, 3, [1, 2]),
        (6, 3, [1, 2]),
    ],
)
def test_every_factor_th_frame_is_given(tmp_path: Path, count: int, factor: int, frames: list[int]) -> None:
    image_folder(tmp_path / "walk", count)
    result = fl.evaluate("blend", root=tmp_path / "walk", factor=factor)
    assert [row.frame for row in result.rows] == frames
    assert [row.moment for row in result.rows] == [frame % factor / factor for frame in frames]
    assert {row.sequence for row in result.rows} == {"walk"}


def row(sequence: str, psnr: float, factor: int = 2, model: str = "m") -> Score:
    return Score(model=model, sequence=sequence, factor=factor, frame=1, moment=0.5, cpu_seconds=1.0, megapixels=0.5,
                 values={"psnr": psnr})  # fmt: skip


def test_means_are_over_frames_then_over_sequences() -> None:
    """A long sequence must not outweigh a short one."""
    (mean,) = mean_scores([row("long", 10), row("long", 20), row("long", 30), row("short", 40)])
    assert mean.values["psnr"] == (20 + 40) / 2
    assert mean.per_sequence == {"long": {"psnr": 20}, "short": {"psnr": 40}}
    assert (mean.sequences, mean.frames, mean.cpu_seconds, mean.cpu_seconds_per_megapixel) == (2, 4, 1, 2)


def test_models_and_factors_are_kept_apart() -> None:
    rows = [row("s", 1, 4, "a"), row("s", 2, 2, "a"), row("s", 3, 2, "b"), row("s", 4, 4, "b")]
    found = [(mean.factor, mean.model, mean.values["psnr"]) for mean in mean_scores(rows)]
    assert found == [(2, "a", 2), (2, "b", 3), (4, "a", 1), (4, "b", 4)]


def test_the_table_marks_the_best_of_each_factor(tmp_path: Path) -> None:
    for name in ("one", "two2", "two10"):
        image_folder(tmp_path / name, 5, size=(64, 96))
    result = fl.evaluate("blend", "dis", root=tmp_path, factor=[2, 4])
    lines = result.table.splitlines()
    assert len(lines) == 2 + 4
    assert len({line.count("|") for line in lines}) == 1
    assert "PSNR ↑ (dB)" in lines[0]
    assert lines[2].startswith("| 2x | blend |")
    by_model = {(mean.factor, mean.model): mean for mean in result.means}
    better = "dis" if by_model[2, "dis"].values["psnr"] > by_model[2, "blend"].values["psnr"] else "blend"
    assert [("**" in line, f"| {better} |" in line)[0] for line in lines[2:4] if f"| {better} |" in line] == [True]
    assert result.environment["frameloom"]


def test_dis_beats_cross_fading_on_plain_motion(tmp_path: Path) -> None:
    scene = noise((96, 240), seed=4)
    for k in range(5):
        write_png(tmp_path / "pan" / f"{k}.png", np.ascontiguousarray(scene[:, 4 * k : 4 * k + 160]))
    scores = {mean.model: mean.values["psnr"] for mean in fl.evaluate("blend", "dis", root=tmp_path).means}
    assert scores["dis"] > scores["blend"] + 5


def test_limit_counts_samples_per_factor(tmp_path: Path) -> None:
    image_folder(tmp_path / "walk", 9)
    result = fl.evaluate("blend", root=tmp_path, factor=[2, 4], limit=1)
    assert [(row.factor, row.frame) for row in result.rows] == [(2, 1), (4, 1), (4, 2), (4, 3)]


def test_sequences_too_short_are_passed_over_but_not_all_of_them(tmp_path: Path) -> None:
    image_folder(tmp_path / "long", 5)
    image_folder(tmp_path / "short", 2)
    assert {row.sequence for row in fl.evaluate("blend", root=tmp_path, factor=4).rows} == {"long"}
    with pytest.raises(DatasetError, match="long enough"):
        fl.evaluate("blend", root=tmp_path, factor=8)


@pytest.mark.parametrize(("names", "count"), [((), 0), (("a",), 2)])
def test_a_folder_without_sequences_says_what_was_expected(tmp_path: Path, names: tuple, count: int) -> None:
    for name in names:
        image_folder(tmp_path / name, count)
    with pytest.raises(DatasetError, match="expected folders of at least 3 images"):
        fl.evaluate("blend", root=tmp_path)


def test_bad_roots_models_and_frames_are_named(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="nowhere"):
        fl.evaluate("blend", root=tmp_path / "nowhere")
    folder = image_folder(tmp_path / "walk", 3)
    with pytest.raises(UnknownModel, match="nope"):
        fl.evaluate("nope", root=tmp_path)
    with pytest.raises(InputError, match="at least one model"):
        fl.evaluate(root=tmp_path)
    write_png(folder / "00002.png", moving_square(0, (20, 30)))
    with pytest.raises(ShapeError, match=r"00002\.png is 30x20"):
        fl.evaluate("blend", root=tmp_path)


def test_transparent_and_deep_frames_are_measured_as_eight_bit_rgb(tmp_path: Path) -> None:
    image_folder(tmp_path / "deep", 3, dtype=np.uint16)
    image_folder(tmp_path / "plain", 3)
    for k in range(3):
        pixels = np.dstack([moving_square(k), np.full(SIZE, 255, np.uint8)])
        write_png(tmp_path / "clear" / f"{k}.png", pixels)
    values = [row.values for row in fl.evaluate("blend", root=tmp_path).rows]
    assert values[0] == values[1] == values[2]


def test_results_are_written_as_json_and_markdown(tmp_path: Path) -> None:
    image_folder(tmp_path / "data" / "walk", 3)
    image_folder(tmp_path / "data" / "still", 3)
    for k in range(3):
        write_png(tmp_path / "data" / "still" / f"{k:05d}.png", moving_square(0))
    result = fl.evaluate("blend", root=tmp_path / "data", output=tmp_path / "deep" / "scores.json")
    read = json.loads((tmp_path / "deep" / "scores.json").read_text(), parse_constant=pytest.fail)
    assert len(read["rows"]) == len(result.rows) == 2
    still = next(row for row in read["rows"] if row["sequence"] == "still")
    assert still["values"]["psnr"] == "inf"
    assert read["means"][0]["values"]["ie"] == pytest.approx(result.means[0].values["ie"])
    assert math.isinf(result.means[0].values["psnr"])
    fl.evaluate("blend", root=tmp_path / "data", output=tmp_path / "scores.md")
    assert (tmp_path / "scores.md").read_text().startswith("| factor | model |")
    with pytest.raises(OutputExists):
        fl.evaluate("blend", root=tmp_path / "data", output=tmp_path / "scores.md")


def test_a_frame_without_a_number_is_told_and_not_averaged_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        image_folder(tmp_path / "data" / name, 5)
    spoilt = {("two", 1), ("two", 3)}

    def scores(stretch: Stretch) -> list[float]:
        return [math.nan if next(calls) in spoilt else 1.0 for _ in stretch.truths]

    calls = iter([(name, frame) for name in ("one", "two") for frame in (1, 3)])
    metric = Metric(name="ie", title="X", unit="", higher_is_better=True, bounds=(0, 1), equal=1, scores=scores)
    monkeypatch.setitem(METRICS, "ie", metric)
    result = fl.evaluate("blend", root=tmp_path / "data", metrics=["psnr", "ie"], output=tmp_path / "scores.md")
    missing = [(miss.metric, miss.model, miss.sequence, miss.factor, miss.frame) for miss in result.unscored]
    assert missing == [("ie", "blend", "two", 2, 1), ("ie", "blend", "two", 2, 3)]
    (mean,) = result.means
    assert math.isnan(mean.values["ie"])
    assert mean.per_sequence["one"]["ie"] == 1
    assert math.isfinite(mean.values["psnr"])
    written = (tmp_path / "scores.md").read_text()
    assert "No number (NaN): ie of blend at 2x in 2 frames: two 1, two 3" in written
    assert "| nan |" in written
    assert result.to_dict()["unscored"][0]["metric"] == "ie"


def test_the_best_of_those_with_a_number_is_marked() -> None:
    means = mean_scores([row("s", math.nan, model="a"), row("s", 30, model="b"), row("s", 20, model="c")])
    lines = markdown_table(means, [METRICS["psnr"]]).splitlines()
    assert ["**" in line for line in lines[2:]] == [False, True, False]


def test_metrics_of_motion_see_the_given_frames(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "walk", 5, size=(64, 96))
    result = fl.evaluate("blend", root=folder, factor=4, metrics=["tof", "flicker", "warping-error", "cosine:hog"])
    assert [row.frame for row in result.rows] == [1, 2, 3]
    first, *truths, last = (moving_square(step, (64, 96)) for step in range(5))
    given = [image.astype(np.float32) / 255 for image in (first, last)]
    restored = catalog.build("blend", "interpolator").between(*given, [0.25, 0.5, 0.75])
    stretch = Stretch([quantise(image, 8).astype(np.uint8) for image in restored], truths, first, last)
    for metric in find_metrics(result.metrics):
        assert metric.scores(stretch) == [row.values[metric.name] for row in result.rows]
    assert result.weights == {}
    assert result.metrics == ("tof", "flicker", "warping-error", "cosine:hog")


def test_weights_of_metrics_are_in_the_result(tmp_path: Path) -> None:
    files = {name: save(name, tmp_path / "weights") for name in ("lpips-alex", "alexnet")}
    image_folder(tmp_path / "data" / "walk", 3)
    result = fl.evaluate(
        "blend", root=tmp_path / "data", metrics=["psnr", "lpips"], metric_checkpoint=tmp_path / "weights",
        device="cpu", output=tmp_path / "scores.json",
    )  # fmt: skip
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert result.weights == {"lpips": hashes}
    assert json.loads((tmp_path / "scores.json").read_text())["weights"] == {"lpips": hashes}
    assert result.rows[0].values["lpips"] > 0


def test_metrics_that_cannot_be_computed_are_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_folder(tmp_path / "data" / "walk", 3)
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("frameloom.benchmark.evaluate.score_models", lambda *_: pytest.fail("work was done"))
    with pytest.raises(ModelError, match=r"alex\.pth"):
        fl.evaluate("blend", root=tmp_path / "data", metrics=["lpips"])


def test_a_suffix_that_is_not_written_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An evaluation may take hours: the name of its output must be looked at first."""
    image_folder(tmp_path / "data" / "walk", 3)
    monkeypatch.setattr("frameloom.benchmark.evaluate.score_models", lambda *_: pytest.fail("work was done"))
    with pytest.raises(CannotWrite, match=r"\.json"):
        fl.evaluate("blend", root=tmp_path / "data", output=tmp_path / "scores.csv")
