"""Metrics that look at the frames around: tOF, flicker, warping error and VMAF."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from factories import noise
from frameloom.errors import InputError, ShapeError
from frameloom.metrics import motion, warping_error
from frameloom.metrics.metric import Metric, Stretch
from frameloom.metrics.table import METRICS, find_metrics
from frameloom.models.flow.dis import DISFlow

HAS_FFMPEG = importlib.util.find_spec("imageio_ffmpeg") is not None
needs_ffmpeg = pytest.mark.skipif(not HAS_FFMPEG, reason="the extra vmaf is not installed")
IN_CONTEXT = [
    pytest.param(metric, id=metric.name, marks=[needs_ffmpeg] if metric.name == "vmaf" else [])
    for metric in METRICS.values()
    if metric.in_context
]
SCENE = noise((96, 180), seed=3)


def panned(pixels: int) -> np.ndarray:
    """The scene, moved to the left by so many pixels."""
    return np.ascontiguousarray(SCENE[:, pixels : pixels + 128])


def stretch(made: list[np.ndarray], true: list[np.ndarray] | None = None) -> Stretch:
    """Five frames of a pan by 4 pixels, of which three are restored."""
    first, *middle, last = [panned(4 * step) for step in range(5)]
    return Stretch(made, middle if true is None else true, first, last)


def with_noise(strength: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [
        np.clip(panned(4 * step).astype(int) + random.integers(-strength, strength + 1, (96, 128, 3)), 0, 255).astype(
            np.uint8
        )
        for step in (1, 2, 3)
    ]


@pytest.mark.parametrize("metric", IN_CONTEXT)
def test_what_a_metric_declares_is_true(metric: Metric) -> None:
    same = metric.scores(stretch([panned(4), panned(8), panned(12)]))
    near, far = metric.scores(stretch(with_noise(12))), metric.scores(stretch(with_noise(120)))
    if metric.equal is not None:
        assert same == [metric.equal] * 3
    for scores in zip(same, near, far, strict=True):
        assert list(scores) == sorted(scores, reverse=metric.higher_is_better)
        assert scores[0] != scores[2]
        assert metric.bounds[0] <= min(scores) <= max(scores) <= metric.bounds[1]
    with pytest.raises(InputError, match="before and after"):
        metric(panned(0), panned(4))


@pytest.mark.parametrize("metric", IN_CONTEXT)
def test_a_stretch_scores_the_same_alone_and_among_others_in_any_order(metric: Metric) -> None:
    """Flow is kept between calls."""
    first, *middle, last = [noise((96, 128), seed=seed) for seed in range(5)]
    stretches = [stretch(with_noise(12)), stretch(with_noise(60)), Stretch(middle, middle[::-1], first, last)]
    alone = []
    for each in stretches:
        motion._flow.cache_clear()
        alone.append(metric.scores(each))
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 1]):
        assert [metric.scores(stretches[number]) for number in order] == [alone[number] for number in order]


@pytest.mark.parametrize("metric", IN_CONTEXT)
def test_frames_further_than_the_next_do_not_count(metric: Metric) -> None:
    """The order within a stretch is that of time; the last of three frames says nothing about the first."""
    made = with_noise(12)
    changed = [*made[:2], noise((96, 128), seed=8)]
    scores, others = metric.scores(stretch(made)), metric.scores(stretch(changed))
    assert scores[0] == others[0]
    assert scores[2] != others[2]


@pytest.mark.parametrize("metric", IN_CONTEXT)
def test_odd_sizes_are_scored(metric: Metric) -> None:
    for size in [(17, 33), (41, 19)]:
        images = [noise(size, seed=seed) for seed in range(4)]
        assert np.isfinite(metric.scores(Stretch(images[:1], images[1:2], *images[2:]))[0])


def test_tof_is_the_mean_distance_between_two_flows() -> None:
    made = [panned(7), panned(8), panned(10)]
    frames = [panned(0), *made, panned(16)]
    true = [panned(4 * step) for step in range(5)]
    distances = []
    for step in range(4):
        flows = [DISFlow().estimate(*(image.astype(np.float32) / 255 for image in images[step : step + 2]))
                 for images in (frames, true)]  # fmt: skip
        distances.append(np.sqrt(((flows[0] - flows[1]) ** 2).sum(axis=2)).mean())
    expected = [(distances[step] + distances[step + 1]) / 2 for step in range(3)]
    assert METRICS["tof"].scores(stretch(made)) == pytest.approx(expected, abs=1e-5)


def test_tof_of_a_frame_three_pixels_off_is_three_pixels() -> None:
    scores = METRICS["tof"].scores(stretch([panned(4), panned(11), panned(12)]))
    assert scores[1] == pytest.approx(3, abs=0.4)
    assert scores[0] == pytest.approx(1.5, abs=0.3), "its step after is off, its step before is not"


def test_tof_is_the_same_backwards() -> None:
    made = [panned(7), panned(8), panned(10)]
    forth = METRICS["tof"].scores(stretch(made))
    back = METRICS["tof"].scores(Stretch(made[::-1], [panned(12), panned(8), panned(4)], panned(16), panned(0)))
    assert back[::-1] == pytest.approx(forth, abs=0.2)


def still(offsets: list[int]) -> Stretch:
    """A grey ramp that stands still, restored with so many levels too much."""
    image = np.broadcast_to(np.linspace(60, 180, 64, dtype=np.uint8)[:, None], (48, 64, 3)).copy()
    made = [(image.astype(int) + offset).astype(np.uint8) for offset in offsets]
    return Stretch(made, [image] * len(made), image, image)


def test_flicker_is_the_change_of_the_error() -> None:
    assert METRICS["flicker"].scores(still([0, 5, 5, -5, 0])) == [0, 5, 0, 10, 5]


def test_an_error_that_moves_with_what_it_lies_on_does_not_flicker() -> None:
    faded = [(panned(4 * step) * 0.8).astype(np.uint8) for step in (1, 2, 3)]
    first, second, third = METRICS["flicker"].scores(stretch(faded))
    assert first > 20
    assert max(second, third) < 1.5


def test_warping_error_is_the_squared_change_along_the_motion() -> None:
    scores = METRICS["warping-error"].scores(still([0, 5, -5]))
    assert scores == pytest.approx([0, 3 * (5 / 255) ** 2, 3 * (10 / 255) ** 2], abs=1e-7)


def test_pixels_that_are_hidden_or_at_the_edge_of_motion_are_left_out() -> None:
    """Ruder et al. 2016, equations 5 and 6, pixel by pixel."""
    back, forth = np.zeros((6, 8, 2), np.float32), np.zeros((6, 8, 2), np.float32)
    back[:, 4:, 0] = 2
    forth[:, :, 0] = -2
    forth[2] = 5
    seen = warping_error._seen_in_both(back, forth)
    for row in range(6):
        for column in range(8):
            w, there = back[row, column], forth[row, min(column + int(back[row, column, 0]), 7)]
            hidden = ((w + there) ** 2).sum() > 0.01 * ((w**2).sum() + (there**2).sum()) + 0.5
            slope = (back[row, min(column + 1, 7), 0] - back[row, max(column - 1, 0), 0]) / 2
            edge = slope**2 > 0.01 * (w**2).sum() + 0.002
            assert seen[row, column] == (not hidden and not edge), (row, column)


def test_no_number_where_nothing_stays_in_view(monkeypatch: pytest.MonkeyPatch) -> None:
    away = np.full((48, 64, 2), 9, np.float32)
    monkeypatch.setattr(warping_error, "flow_between", lambda *_: away)
    assert np.isnan(METRICS["warping-error"].scores(still([0, 5]))).all()


def test_a_flow_that_is_asked_for_again_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    estimate = DISFlow.estimate
    monkeypatch.setattr(DISFlow, "estimate", lambda self, *pair: asked.append(1) or estimate(self, *pair))
    motion._flow.cache_clear()
    for name in ("tof", "flicker", "warping-error"):
        METRICS[name].scores(stretch([panned(4), panned(8), panned(12)]))
    assert len(asked) == 4 + 3, "four steps forwards, three backwards"


@needs_ffmpeg
def test_vmaf_is_that_of_the_same_frames_in_files(tmp_path: Path) -> None:
    """PyAV converts and writes the frames, ffmpeg reads files of another format."""
    whole = stretch(with_noise(60))
    for name, frames in (("made", whole.predictions), ("true", whole.truths)):
        with av.open(str(tmp_path / f"{name}.y4m"), "w", format="yuv4mpegpipe") as file:
            stream = file.add_stream("wrapped_avframe", rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
            for image in (whole.first, *frames, whole.last):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")))
            file.mux(stream.encode(None))
    import imageio_ffmpeg

    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", "made.y4m", "-i", "true.y4m", "-lavfi",
         "libvmaf=log_fmt=json:log_path=log.json", "-f", "null", "-"],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    frames = json.loads((tmp_path / "log.json").read_text())["frames"]
    assert METRICS["vmaf"].scores(whole) == pytest.approx([frame["metrics"]["vmaf"] for frame in frames[1:4]], abs=1e-6)
    assert METRICS["vmaf"].weights == {"libvmaf": "vmaf_v0.6.1"}


def test_vmaf_without_ffmpeg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(InputError, match=r'pip install "frameloom\[vmaf\]"'):
        find_metrics(["vmaf"])


def test_vmaf_says_when_an_image_is_too_small() -> None:
    image = noise((16, 40))
    with pytest.raises(ShapeError, match="at least 17 pixels; the image is 40x16"):
        METRICS["vmaf"].scores(Stretch([image], [image], image, image))
