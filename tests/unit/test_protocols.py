"""Protocols: rounding, PSNR, means, maps and cuts as each says; tails and intervals; what is not as published."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap

import frameloom as fl
from factories import image_folder, moving_square, noise, write_png
from frameloom.benchmark.datasets.table import DATASETS, find_dataset
from frameloom.benchmark.evaluate import score_models
from frameloom.benchmark.means import mean_scores
from frameloom.benchmark.protocols import PROTOCOLS, STRICT, find_protocol
from frameloom.benchmark.run import Task, run
from frameloom.catalog import ModelCard, Variant
from frameloom.errors import InputError
from frameloom.metrics.table import find_metrics
from frameloom.models.choice import ModelChoice
from frameloom.models.interpolators.blend import Blend
from frameloom.results.measuring import MetricScale, Score
from frameloom.runtime import Runtime
from published import MAKERS, SIZE, davis, vimeo_septuplet

PSNR = MetricScale(name="psnr", title="PSNR", unit="dB", higher_is_better=True)
IE = MetricScale(name="ie", title="IE", unit="levels", higher_is_better=False)
PERVFI = find_protocol("pervfi-davis480p-x2-v1")
INTERPANY = find_protocol("interpany-septuplet-v1")


def row(sequence: str, frame: int, psnr: float, ie: float = 1.0) -> Score:
    return Score(model="m", sequence=sequence, factor=2, frame=frame, moment=0.5, cpu_seconds=1.0, megapixels=0.5,
                 values={"psnr": psnr, "ie": ie})  # fmt: skip


def test_frames_are_rounded_cut_off_or_left(tmp_path: Path) -> None:
    made = np.full((16, 16, 3), 100.75 / 255, np.float32)
    beyond = np.full((16, 16, 3), 1.2, np.float32)
    assert (STRICT.prediction_for("psnr", made) == 101).all()
    assert (PERVFI.prediction_for("psnr", made) == 100).all()
    assert np.allclose(INTERPANY.prediction_for("psnr", made), 100.75, atol=1e-4)
    assert (INTERPANY.prediction_for("lpips", made) == 101).all()
    assert INTERPANY.prediction_for("lpips", made).dtype == np.uint8
    assert all((protocol.prediction_for("psnr", beyond) == 255).all() for protocol in PROTOCOLS.values())


def test_unrounded_frames_are_compared_without_rounding() -> None:
    truth = np.full((16, 16, 3), 100, np.uint8)
    image = np.full((16, 16, 3), 100.25 / 255, np.float32)
    (psnr, ssim, ie) = find_metrics(["psnr", "ssim", "ie"])
    assert ie(INTERPANY.prediction_for("ie", image), truth) == pytest.approx(0.25, abs=1e-4)
    assert psnr(INTERPANY.prediction_for("psnr", image), truth) == pytest.approx(20 * math.log10(255 / 0.25), abs=1e-2)
    assert 0.99 < ssim(INTERPANY.prediction_for("ssim", image), truth) < 1


@pytest.mark.parametrize("error", [0.0, 1e-9, 1e-4, 0.3])
def test_psnr_of_pervfi_is_of_the_error_and_a_hundred_millionth(error: float) -> None:
    exact = math.inf if error == 0 else -10 * math.log10(error)
    assert PERVFI.value("psnr", exact) == pytest.approx(-10 * math.log10(error + 1e-8))
    assert PERVFI.value("ssim", 0.5) == 0.5
    assert STRICT.value("psnr", exact) == exact


def test_means_are_over_sequences_or_over_frames() -> None:
    rows = [row("long", 1, 10), row("long", 2, 20), row("long", 3, 30), row("short", 1, 40)]
    (by_sequence,), (by_frame,) = mean_scores(rows, [PSNR]), mean_scores(rows, [PSNR], over="frames")
    assert (by_sequence.values["psnr"], by_sequence.frame_values["psnr"]) == (30, 25)
    assert (by_frame.values["psnr"], by_frame.frame_values["psnr"]) == (25, 25)
    assert by_frame.per_sequence == by_sequence.per_sequence


def test_tails_are_on_the_bad_side_of_each_metric() -> None:
    rows = [row("s", frame, psnr=float(frame), ie=float(frame)) for frame in range(1, 201)]
    (mean,) = mean_scores(rows, [PSNR, IE])
    assert mean.tails == {"psnr": {"p5": 10, "p1": 2}, "ie": {"p5": 191, "p1": 199}}
    (few,) = mean_scores(rows[:3], [PSNR, IE])
    assert few.tails == {"psnr": {"p5": 1, "p1": 1}, "ie": {"p5": 3, "p1": 3}}


def test_intervals_are_those_of_another_bootstrap() -> None:
    random = np.random.default_rng(3)
    values = random.normal(30, 2, 40)
    rows = [row(f"s{number}", 1, float(value)) for number, value in enumerate(values)]
    low, high = mean_scores(rows, [PSNR])[0].intervals["psnr"]
    known = bootstrap((values,), np.mean, method="percentile", n_resamples=9999, rng=1).confidence_interval
    assert (low, high) == pytest.approx((known.low, known.high), abs=0.08)
    assert mean_scores(rows, [PSNR])[0].intervals["psnr"] == (low, high)  # the same every time
    one = mean_scores([row("only", frame, float(value)) for frame, value in enumerate(values)], [PSNR])[0]
    assert one.intervals["psnr"] == (low, high)


def test_a_mean_over_frames_has_an_interval_that_weighs_sequences_by_their_frames() -> None:
    random = np.random.default_rng(5)
    counts = random.integers(1, 30, 25)
    values = random.normal(30, 2, 25) + counts / 3  # long sequences score better
    rows = [row(f"s{k}", frame, values[k]) for k in range(25) for frame in range(counts[k])]

    def weighed(sums: Any, sizes: Any, axis: int) -> Any:
        return sums.sum(axis) / sizes.sum(axis)

    known = bootstrap((values * counts, counts), weighed, paired=True, method="percentile", rng=1).confidence_interval
    mean = mean_scores(rows, [PSNR], over="frames")[0]
    assert mean.intervals["psnr"] == pytest.approx((known.low, known.high), abs=0.25)
    assert mean.intervals["psnr"][0] > mean_scores(rows, [PSNR])[0].intervals["psnr"][0] + 0.5


def test_infinite_and_missing_scores_stay_so() -> None:
    (mean,) = mean_scores([row("a", 1, math.inf), row("b", 1, 30)], [PSNR])
    assert mean.values["psnr"] == math.inf
    assert mean.intervals["psnr"] == (30, math.inf)
    (gap,) = mean_scores([row("a", 1, math.nan), row("b", 1, 30)], [PSNR])
    assert all(math.isnan(number) for number in (gap.values["psnr"], gap.tails["psnr"]["p5"], *gap.intervals["psnr"]))


def test_a_score_that_is_no_number_is_told_with_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image_folder(tmp_path / "data" / "walk", 5)
    monkeypatch.setattr(
        "frameloom.benchmark.protocols.Protocol.value",
        lambda self, metric, value: math.nan if metric == "ie" else value,
    )
    result = fl.evaluate("blend", root=tmp_path / "data", output=tmp_path / "scores.json")
    assert [(miss.metric, miss.sequence, miss.frame) for miss in result.unscored] == [
        ("ie", "walk", 1), ("ie", "walk", 3)
    ]  # fmt: skip
    assert "No number (NaN): ie of blend at 2x in 2 frames: walk 1, walk 3" in result.report
    assert math.isnan(result.means[0].values["ie"])
    assert math.isfinite(result.means[0].values["psnr"])


def test_only_strict_looks_for_cuts(tmp_path: Path) -> None:
    """At a cut the nearer frame is shown, which is the truth here; papers' scripts ask the model all the same."""
    for index, pixels in enumerate((noise(seed=1), noise(seed=1), 255 - noise(seed=2) // 8)):
        write_png(tmp_path / "set" / f"{index}.png", pixels)
    strict = fl.evaluate("blend", root=tmp_path / "set", metrics=["ie"])
    theirs = fl.evaluate("blend", root=tmp_path / "set", metrics=["ie"], protocol="pervfi-davis480p-x2-v1")
    assert strict.rows[0].values["ie"] == 0
    assert theirs.rows[0].values["ie"] > 10


def test_a_published_run_says_nothing_and_another_says_in_what_it_differs(tmp_path: Path) -> None:
    root = davis(tmp_path / "set")
    options = {"dataset": "davis-480p", "protocol": "pervfi-davis480p-x2-v1", "root": root}
    assert fl.evaluate("blend", metrics=["psnr", "ssim"], **options).departures == ()
    result = fl.evaluate("blend", metrics=["psnr", "ie"], factor=[2, 4], limit=1, **options)
    assert result.departures == (
        "the factor is 4, not 2",
        "not all samples are used",
        "ie: not among what was published",
    )
    assert result.report.endswith(
        "Not as published (pervfi-davis480p-x2-v1): the factor is 4, not 2; not all samples are used; "
        "ie: not among what was published"
    )
    elsewhere = fl.evaluate("blend", metrics=["psnr"], root=image_folder(tmp_path / "own", 3),
                            protocol="pervfi-davis480p-x2-v1")  # fmt: skip
    assert elsewhere.departures == ("the data set is folder, not davis-480p",)


def test_interpany_blurs_maps_and_says_that_ssim_is_another(tmp_path: Path) -> None:
    root = vimeo_septuplet(tmp_path / "set")
    step = np.zeros((12, 16), np.float16)
    step[:, 8:] = 1
    np.save(root / "sequences/00001/0266/dis_index_0_1_6.npy", step)
    options = {"dataset": "vimeo90k-septuplet", "root": root, "metrics": ["ie", "ssim"]}
    theirs = fl.evaluate("blend", protocol="interpany-septuplet-v1", **options)
    ours = fl.evaluate("blend", **options)
    assert abs(theirs.rows[0].values["ie"] - ours.rows[0].values["ie"]) > 0.05  # the edge of the map is soft
    assert abs(theirs.rows[1].values["ie"] - ours.rows[1].values["ie"]) < 0.05  # its map is flat: only rounding differs
    assert theirs.departures[0] == "there are 2 samples, 7824 were published"
    assert [text.partition(":")[0] for text in theirs.departures[1:]] == ["ie", "ssim"]
    rounded = fl.evaluate("blend", protocol="interpany-septuplet-rounded-v1", **options)
    assert rounded.rows[1].values == ours.rows[1].values


@pytest.mark.parametrize("name", sorted({name for protocol in PROTOCOLS.values() for name in protocol.datasets}))
def test_published_protocols_run_on_copies_and_say_that_these_are_not_whole(name: str, tmp_path: Path) -> None:
    root = MAKERS[name](tmp_path / "set")
    for protocol in [protocol for protocol in PROTOCOLS.values() if name in protocol.datasets]:
        metric = protocol.metrics[0]
        result = fl.evaluate("blend", root=root, dataset=name, metrics=[metric], protocol=protocol.name,
                             uniform=find_dataset(name).maps)  # fmt: skip
        assert result.means[0].factor == protocol.factor
        count = len(find_dataset(name).samples(root, protocol.factor))
        short = [] if protocol.samples is None else [f"there are {count} samples, {protocol.samples} were published"]
        unlike = [f"{metric}: {protocol.unlike[metric]}"] if metric in protocol.unlike else []
        assert list(result.departures) == [*([protocol.never] if protocol.never else []), *short, *unlike]


def test_a_whole_published_set_departs_in_nothing() -> None:
    protocol = find_protocol("rife-ucf101-v1")
    assert protocol.departures("ucf101", [2], ["psnr"], samples=379, whole=True) == []
    assert protocol.departures("ucf101", [2], ["psnr"], samples=5, whole=False) == ["not all samples are used"]


def test_cain_and_ema_round_differently() -> None:
    """CAIN's utils.py rounds both images and adds 1e-8; EMA-VFI, IFRNet and AMT compare what the network gives."""
    made = np.full((16, 16, 3), 100.25 / 255, np.float32)
    cain, ema = find_protocol("cain-snufilm-x2-v1"), find_protocol("ema-snufilm-x2-v1")
    assert (cain.prediction_for("psnr", made) == 100).all()
    assert np.allclose(ema.prediction_for("psnr", made), 100.25, atol=1e-4)
    assert (cain.value("psnr", math.inf), ema.value("psnr", math.inf)) == (pytest.approx(80), math.inf)
    assert cain.mean_over == ema.mean_over == "frames"


def test_every_protocol_is_for_a_data_set_that_there_is() -> None:
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name
        assert set(protocol.datasets) <= set(DATASETS)
        assert protocol.datasets == () or protocol.metrics
        assert set(protocol.unlike) <= set(protocol.metrics)
    with pytest.raises(InputError, match=r"did you mean strict-v1"):
        fl.evaluate("blend", root=".", protocol="strict")


def test_the_page_on_evaluating_names_every_protocol_and_data_set() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "evaluate.md").read_text(encoding="utf-8")
    for name in (*PROTOCOLS, *DATASETS):
        assert f"`{name}`" in page, name


def test_the_square_moves() -> None:
    """What the copies of data sets show; a still picture would let any protocol pass."""
    assert not np.array_equal(moving_square(0), moving_square(1))


def test_models_that_know_only_times_are_given_times(tmp_path: Path) -> None:
    """Variants T and TR were never shown a map; the others get what was measured."""
    asked: dict[str, list[object]] = {"maps": [], "times": []}

    class Asked(Blend):
        def __init__(self, name: str) -> None:
            self.name = name

        def between(self, first: Any, last: Any, moments: Sequence[Any]) -> Iterator[Any]:
            asked[self.name] += moments
            return super().between(first, last, moments)

    samples = find_dataset("vimeo90k-septuplet").samples(vimeo_septuplet(tmp_path / "set"), 6)[:1]
    models = {name: Asked(name) for name in asked}
    score_models(models, samples, find_metrics(["ie"]), STRICT, frozenset({"times"}))
    assert asked["times"] == [step / 6 for step in range(1, 6)]
    assert [np.shape(moment) for moment in asked["maps"]] == [SIZE] * 5


@pytest.mark.parametrize(
    ("variant", "by_time"), [("T", True), ("TR", True), ("D", False), ("DR", False), (None, False)]
)
def test_which_models_know_only_times_is_told_by_their_variant(
    variant: Variant | None, by_time: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[frozenset[str]] = []
    card = ModelCard(
        name="one", role="interpolator", build="frameloom.models.interpolators.blend:Blend", variant=variant
    )
    monkeypatch.setattr(
        "frameloom.benchmark.evaluate.score_models", lambda *words: given.append(words[4]) or [row("s", 1, 30)]
    )
    root, dataset = vimeo_septuplet(tmp_path / "set"), find_dataset("vimeo90k-septuplet")
    metrics = find_metrics(["psnr", "ie"])
    task = Task(dataset=dataset, root=root, factors=[6], limit=None, uniform=False, protocol=STRICT, metrics=metrics,
                output=None, worst=0, overwrite=False)  # fmt: skip
    run(task, [ModelChoice(card, Runtime())], [Blend()])
    assert given == [frozenset({"one"}) if by_time else frozenset()]
