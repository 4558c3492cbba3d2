"""VFIPS gives what the original gives, for windows of twelve frames, and `evaluate` cuts videos into them."""

import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

import frameloom as fl
from factories import image_folder, noise, write_png
from frameloom.benchmark.evaluate import score_run
from frameloom.benchmark.samples import windows
from frameloom.benchmark.window_scores import WindowScores, check_windows, frames_of, runs_of
from frameloom.errors import InputError, ModelError, ShapeError
from frameloom.metrics.metric import Metric, Stretch
from frameloom.metrics.table import METRICS, find_metrics
from frameloom.models.interpolators.blend import Blend
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime
from parity.metric_networks import CLIPS, INPUTS, save

Images = Sequence[np.ndarray]
TOLERANCE = 3e-6  # faster convolutions give 1e-6; with PyTorch's own it is 1e-7


@pytest.fixture(scope="module")
def metric(tmp_path_factory: pytest.TempPathFactory) -> Metric:
    torch.set_num_threads(1)
    return find_metrics(["vfips"], save("vfips", tmp_path_factory.mktemp("weights")), device="cpu")[0]


def clip(case: str = "odd") -> tuple[Images, Images]:
    """Twelve frames as restored, and the true ones."""
    return INPUTS.clip(*INPUTS.CLIPS[case])


@pytest.mark.parametrize("case", ["even", "odd"])
def test_scores_are_those_of_the_original(case: str, metric: Metric) -> None:
    made, true = clip(case)
    expected = CLIPS["scores"][case]
    given = {"made": (made, true), "swapped": (true, made), "equal": (true, true)}
    for name, pair in given.items():
        scores = metric.scores(Stretch(*pair))
        assert scores == [pytest.approx(expected[name], abs=TOLERANCE)] * 12
        assert len(set(scores)) == 1
    assert len({round(number, 3) for number in expected.values()}) == 3


def test_what_is_declared_is_true(metric: Metric) -> None:
    assert (metric.window, metric.equal, metric.higher_is_better) == (12, None, False)
    assert metric.bounds == (-math.inf, math.inf)
    made, true = clip()
    near, far = (metric.scores(Stretch(frames, true))[0] for frames in (made, [255 - image for image in true]))
    assert near != far


def test_a_window_scores_the_same_alone_and_among_others(metric: Metric) -> None:
    made, true = clip()
    others = [noise(true[0].shape[:2], seed=seed) for seed in range(24)]
    alone = metric.scores(Stretch(made, true))[0]
    among = metric.scores(Stretch([*others[:12], *made], [*others[12:], *true]))
    turned = metric.scores(Stretch([*made, *others[:12]], [*true, *others[12:]]))
    assert among[12:] == turned[:12] == [alone] * 12
    assert among[:12] == turned[12:]


def test_the_last_window_ends_with_the_video(metric: Metric) -> None:
    made, true = clip()
    longer = Stretch([*made, *made[:3]], [*true, *true[:3]])
    scores = metric.scores(longer)
    last = metric.scores(Stretch(longer.predictions[3:], longer.truths[3:]))[0]
    assert scores == [metric.scores(Stretch(made, true))[0]] * 12 + [last] * 3


def test_too_few_frames_and_too_small_ones_are_refused(metric: Metric) -> None:
    made, true = clip()
    with pytest.raises(InputError, match=r"12 frames in a row; there are 11"):
        metric.scores(Stretch(made[:11], true[:11]))
    with pytest.raises(InputError, match=r"there are 1$"):
        metric(made[0], true[0])
    small = [noise((64, 70), seed=seed) for seed in range(12)]
    with pytest.raises(ShapeError, match="65 pixels; the image is 70x64"):
        metric.scores(Stretch(small, small))
    least = [noise((65, 65), seed=seed) for seed in range(12)]
    assert math.isfinite(metric.scores(Stretch(least, least[::-1]))[0])


def test_weights_of_another_network_are_refused_and_missing_ones_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    path = catalog.find("vfips", "metric").checkpoint.path
    with pytest.raises(ModelError, match=re.escape(path)):
        find_metrics(["vfips"])
    file = save("vfips", tmp_path)
    assert find_metrics(["vfips"], file)[0].weights == {"vfips": hashlib.sha256(file.read_bytes()).hexdigest()}
    with pytest.raises(ModelError, match="does not fit vfips"):
        catalog.build("vfips", "metric", Runtime(checkpoint=save("alexnet", tmp_path), device="cpu"))


def frames_in(count: int) -> list[Path]:
    return [Path(f"{number:02d}.png") for number in range(count)]


def test_samples_that_go_on_are_one_video() -> None:
    long, short = list(windows("a", frames_in(9), 2)), list(windows("b", frames_in(5), 4))
    gap = [long[0], long[2]]
    assert [len(run) for run in runs_of([*long, *short])] == [4, 1]
    assert [len(run) for run in runs_of(gap)] == [1, 1]
    assert [frames_of(run) for run in runs_of([*long, *short])] == [9, 5]


def counting(stretch: Stretch) -> list[float]:
    """The number of a window is the level of its first frame."""
    return [float(stretch.truths[0][0, 0, 0])] * len(stretch.truths)


FIRST = Metric(name="first", title="first", unit="", higher_is_better=True, bounds=(0, 255), equal=None,
               window=12, scores=counting)  # fmt: skip


@pytest.mark.parametrize(
    ("count", "expected"),
    [(12, [0] * 12), (24, [0] * 12 + [12] * 12), (25, [0] * 12 + [12] * 12 + [13]), (14, [0] * 12 + [2] * 2)],
)
def test_videos_are_cut_into_windows_of_which_the_last_ends_with_them(count: int, expected: list[int]) -> None:
    scores = WindowScores(FIRST)
    for level in range(count):
        frame = np.full((2, 2, 3), level, np.uint8)
        scores.add(frame, frame)
    assert scores.finish() == expected


def test_a_video_that_is_too_short_has_no_number() -> None:
    scores = WindowScores(FIRST)
    for _ in range(11):
        scores.add(*[np.zeros((2, 2, 3), np.uint8)] * 2)
    found = scores.finish()
    assert len(found) == 11
    assert all(math.isnan(number) for number in found)


def test_videos_that_are_all_too_short_are_refused() -> None:
    runs = runs_of(windows("a", frames_in(11), 2))
    with pytest.raises(InputError, match=r"first judges 12 frames in a row.*the longest sequence here has 11"):
        check_windows(runs, [FIRST])
    check_windows(runs_of(windows("a", frames_in(13), 2)), [FIRST])


@pytest.mark.parametrize("factor", [2, 4])
def test_evaluate_judges_restored_videos_with_their_given_frames(factor: int, tmp_path: Path) -> None:
    """What is compared are twelve frames in a row, as in the video that a viewer sees."""
    image_folder(tmp_path / "data" / "walk", 15, size=(72, 80))
    image_folder(tmp_path / "data" / "short", 5, size=(72, 80))
    file = save("vfips", tmp_path / "weights")
    options = {"root": tmp_path / "data", "factor": factor, "device": "cpu", "metric_checkpoint": file}
    result = fl.evaluate("blend", metrics=["ie", "vfips", "psnr"], **options)
    plain = fl.evaluate("blend", metrics=["psnr", "ie"], **options | {"metric_checkpoint": None})
    assert [list(row.values) for row in result.rows] == [["ie", "vfips", "psnr"]] * len(result.rows)
    assert [row.values["psnr"] for row in result.rows] == [row.values["psnr"] for row in plain.rows]
    of_short = [row for row in result.rows if row.sequence == "short"]
    assert of_short
    assert all(math.isnan(row.values["vfips"]) for row in of_short)
    assert {miss.sequence for miss in result.unscored} == {"short"}
    assert math.isnan(result.means[0].values["vfips"])
    assert "No number (NaN): vfips of blend" in result.report
    expected = by_hand(tmp_path / "data" / "walk", factor, find_metrics(["vfips"], file, device="cpu")[0])
    assert {row.frame: row.values["vfips"] for row in result.rows if row.sequence == "walk"} == expected


def by_hand(folder: Path, factor: int, metric: Metric) -> dict[int, float]:
    """The scores of the cross-fade of a folder, from its frames."""
    true = [fl.frame.ArrayPicture(fl.images.read_image(path)).to_integer(8) for path in sorted(folder.iterdir())]
    true = true[: (len(true) - 1) // factor * factor + 1]
    made = []
    for number, truth in enumerate(true):
        step = number % factor
        if not step:
            made.append(truth)
            continue
        first, last = (true[number - step + k].astype(np.float32) / 255 for k in (0, factor))
        between = next(iter(catalog.build("blend", "interpolator").between(first, last, [step / factor])))
        made.append(np.rint(np.clip(between, 0, 1) * 255).astype(np.uint8))
    scores = metric.scores(Stretch(made, true))
    return {number: score for number, score in enumerate(scores) if number % factor}


def test_each_restored_frame_gets_the_number_of_its_own_window(tmp_path: Path) -> None:
    """Of frames 0, 11 and 22 the second is given and the last of its window: the one after it is of the next."""
    for level in range(23):
        write_png(tmp_path / f"{level:02d}.png", np.full((8, 8, 3), 2 * level, np.uint8))
    run = list(windows("walk", sorted(tmp_path.iterdir()), 11))
    rows = score_run("blend", Blend(), run, [FIRST, METRICS["ie"]])
    assert [row.frame for row in rows] == [*range(1, 11), *range(12, 22)]
    assert [row.values["first"] for row in rows] == [0] * 10 + [2 * 11] * 10
    assert [list(row.values) for row in rows] == [["first", "ie"]] * 20


def test_a_data_set_of_short_sequences_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_folder(tmp_path / "data" / "walk", 7, size=(72, 80))
    file = save("vfips", tmp_path / "weights")
    monkeypatch.setattr("frameloom.benchmark.evaluate.score_models", lambda *_: pytest.fail("work was done"))
    with pytest.raises(InputError, match="vfips judges 12 frames in a row"):
        fl.evaluate("blend", root=tmp_path / "data", metrics=["vfips"], metric_checkpoint=file, device="cpu")
