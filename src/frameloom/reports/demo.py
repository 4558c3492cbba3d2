"""A clip loses every second frame and gets it back from a model; one page shows how well that went."""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import NoFrames
from frameloom.frame import ArrayPicture, Frame, float_pixels, quantise
from frameloom.media.reading.source import SourceInfo, open_source
from frameloom.media.writing.encoding import Encoding
from frameloom.media.writing.sink import FrameSink, sink_for
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.metrics.interpolation_error import interpolation_error
from frameloom.metrics.psnr import psnr
from frameloom.metrics.ssim import ssim
from frameloom.models.choice import ModelChoice
from frameloom.models.interpolators.blend import Blend
from frameloom.progress import Stopwatch, track
from frameloom.reports.page import render_page
from frameloom.reports.page_content import DemoPage, FrameScore, Stage, Still, mean_score, telling_frames
from frameloom.reports.scene import Scene
from frameloom.results.making import Demonstration
from frameloom.roles import Interpolator

Image = NDArray[np.uint8]
_SCENE_SIZE = (360, 640)
_SCENE_RATE = Fraction(30)
_SMALLEST = 11  # pixels: what SSIM needs
_GAIN = 4
PAGE_NAME = "index.html"
_CLIPS = ("input", "result", "truth", "difference")
FILE_NAMES = frozenset({PAGE_NAME, *(f"{name}.mp4" for name in _CLIPS)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """True frames, of which every second one will be dropped."""

    frames: Callable[[], Iterator[Image]]
    """A fresh pass over them: `(height, width, 3)` uint8 RGB, an odd number."""
    count: int
    rate: Fraction
    info: SourceInfo
    source: Path | None
    """Where they come from; None for drawn ones."""
    title: str
    intro: tuple[str, ...]
    facts: dict[str, str]
    command: str


def drawn_material(seed: int) -> Material:
    """The drawn scene, two seconds at 30 frames a second."""
    height, width = _SCENE_SIZE
    scene = Scene(height, width, seed=seed)
    count = int(scene.seconds * _SCENE_RATE) // 2 * 2 + 1
    return Material(
        frames=lambda: (scene.frame_at(index / _SCENE_RATE) for index in range(count)),
        count=count,
        rate=_SCENE_RATE,
        info=_info(Path("drawn scene"), _SCENE_SIZE, count, _SCENE_RATE),
        source=None,
        title="A drawn scene, halved and restored",
        intro=(
            "The scene moves on known paths, so every in-between frame can be drawn exactly. The model was given every "
            "second frame and made the ones between.",
        ),
        facts={"Scene": f"drawn, seed {seed}"},
        command=f"frameloom demo --seed {seed}",
    )


def filmed_material(path: Path, seconds: float) -> Material:
    """The beginning of a video or of a folder of images.

    Raises:
        NoFrames: fewer than three frames, or a picture too small to measure.
    """
    source = open_source(path)
    info = source.info
    count = min(info.frame_count, max(3, round(seconds * float(info.rate))))
    count -= 1 - count % 2
    if count < 3:
        there = counted(info.frame_count, "frame")
        raise NoFrames(f"{path} has {there}; at least three are needed to drop one and restore it")
    if min(info.size) < _SMALLEST:
        raise NoFrames(f"{path} is {info.size[1]}x{info.size[0]}; at least {_SMALLEST} pixels a side are needed")
    return Material(
        frames=lambda: (frame.to_uint8()[..., :3] for frame in islice(source, count)),
        count=count,
        rate=info.rate,
        info=_info(path, info.size, count, info.rate),
        source=path,
        title=f"{path.name}, halved and restored",
        intro=(
            "Every second frame of the clip was dropped. The model was given the others and made the missing ones, so "
            "each can be compared with the true one.",
        ),
        facts={"Source": path.name},
        command=f'frameloom demo "{path.name}"',
    )


def _info(path: Path, size: tuple[int, int], count: int, rate: Fraction) -> SourceInfo:
    return SourceInfo(path=path, kind="folder", size=size, depth=8, frame_count=count, rate=rate, regular=True,
                      tick=1 / rate, start=Fraction(0), duration=count / rate)  # fmt: skip


def make_demo(material: Material, asked: ModelChoice, output: Path, *, overwrite: bool) -> Demonstration:
    """Restore the dropped frames, measure them, and write the page and its clips into a folder.

    Raises:
        OutputExists: the folder holds an earlier demo and `overwrite` is not given.
    """
    started = time.perf_counter()
    inputs = [material.source] if material.source else []
    check_output(output, inputs, overwrite=overwrite, folder=True, names=FILE_NAMES)
    watch = Stopwatch()
    choice = asked.settled(material.info.size)
    model, name = choice.load(), choice.name
    with staged_folder(output, overwrite=overwrite, names=FILE_NAMES) as working:
        scores = _restore(material, model, name, working, watch)
        with watch.timing("look closely"):
            stills = _stills(material, model, scores[name])
        page = _page(material, name, working, scores, stills, watch)
        (working / PAGE_NAME).write_text(render_page(page), encoding="utf-8")
    means = {key: mean_score(rows) for key, rows in scores.items()}
    summary = {key: {"psnr": mean.psnr, "ssim": mean.ssim, "ie": mean.ie} for key, mean in means.items() if mean}
    own = summary.pop(name)
    return Demonstration(
        page=output / PAGE_NAME, model=name, model_settings=choice.settings, frames=material.count // 2,
        baselines=summary, stages=watch.seconds,
        seconds=time.perf_counter() - started, **own,
    )  # fmt: skip


class _Bench:
    """Scores restored frames and those of the plain methods."""

    def __init__(self, name: str, watch: Stopwatch) -> None:
        self._name = name
        self._watch = watch
        self._blend = Blend()
        self.scores: dict[str, list[FrameScore]] = {name: [], "cross-fade": [], "repeated frames": []}

    def passed(self, index: int, time: float) -> None:
        """A source frame: the same in every method."""
        for rows in self.scores.values():
            rows.append(FrameScore(index=index, time=time, made=False, psnr=float("inf"), ssim=1.0, ie=0.0))

    def restored(self, index: int, time: float, image: Image, triple: tuple[Image, Image, Image]) -> None:
        """A restored frame beside its neighbours and the truth."""
        first, truth, last = triple
        blended = quantise(next(self._blend.between(float_pixels(first), float_pixels(last), [0.5])), 8)
        rivals = {self._name: image, "cross-fade": blended.astype(np.uint8), "repeated frames": first}
        with self._watch.timing("measure"):
            for name, picture in rivals.items():
                self.scores[name].append(
                    FrameScore(index=index, time=time, made=True, psnr=psnr(picture, truth), ssim=ssim(picture, truth),
                               ie=interpolation_error(picture, truth))
                )  # fmt: skip


def _triples(frames: Iterator[Image]) -> Iterator[tuple[int, Image, Image, Image]]:
    """(index of the middle, first, middle, last) for every second frame."""
    first = next(frames)
    for index, (middle, last) in enumerate(zip(frames, frames, strict=False)):
        yield 2 * index + 1, first, middle, last
        first = last


def _restored(model: Interpolator, first: Image, last: Image) -> Image:
    made = next(iter(model.between(float_pixels(first), float_pixels(last), [0.5])))
    return quantise(made, 8).astype(np.uint8, copy=False)


def _restore(
    material: Material, model: Interpolator, name: str, working: Path, watch: Stopwatch
) -> dict[str, list[FrameScore]]:
    """Write the four clips; returns the scores of the model and of the plain methods, by name."""
    bench = _Bench(name, watch)
    step = 1 / material.rate
    with ExitStack() as stack:
        sinks = {clip: stack.enter_context(_sink(material, working / f"{clip}.mp4")) for clip in _CLIPS}

        def show(index: int, pictures: dict[str, Image]) -> None:
            with watch.timing("encode"):
                for clip, picture in pictures.items():
                    length = step * 2 if clip == "input" else step
                    sinks[clip].append(Frame(ArrayPicture(picture), index * step, length))

        frames = watch.timed(material.frames(), "draw" if material.source is None else "decode")
        for index, first, truth, last in track(_triples(frames), "demo", material.count // 2):
            if index == 1:
                bench.passed(0, 0.0)
                show(0, {"input": first, "result": first, "truth": first, "difference": np.zeros_like(first)})
            with watch.timing("interpolate"):
                image = _restored(model, first, last)
            bench.restored(index, float(index * step), image, (first, truth, last))
            show(index, {"result": image, "truth": truth, "difference": _difference(image, truth)})
            bench.passed(index + 1, float((index + 1) * step))
            show(index + 1, {"input": last, "result": last, "truth": last, "difference": np.zeros_like(last)})
    return bench.scores


def _difference(image: Image, truth: Image) -> Image:
    return np.asarray(cv2.convertScaleAbs(cv2.absdiff(image, truth), alpha=_GAIN), np.uint8)


def _sink(material: Material, path: Path) -> FrameSink:
    rate = material.rate / 2 if path.stem == "input" else material.rate
    return sink_for(path, like=material.info, rate=rate, unit=1 / material.rate, encoding=Encoding(crf=20))


def _stills(material: Material, model: Interpolator, scores: list[FrameScore]) -> list[Still]:
    """The telling frames with their neighbours, from a second pass: no frame is kept while it is not known to tell."""
    wanted = telling_frames(scores)
    found: dict[int, Still] = {}
    for index, first, truth, last in _triples(material.frames()):
        if index in wanted:
            result = _restored(model, first, last)
            score = scores[index]
            found[index] = Still(
                index=index, time=score.time, psnr=score.psnr, first=first, result=result, truth=truth, last=last
            )
        if len(found) == len(wanted):
            break
    return [found[index] for index in wanted]


def _page(
    material: Material, name: str, working: Path, scores: dict[str, list[FrameScore]], stills: list[Still],
    watch: Stopwatch,
) -> DemoPage:  # fmt: skip
    height, width = material.info.size
    facts = {
        **material.facts,
        "Model": name,
        "Size": f"{width} x {height}",
        "Given": f"{material.count // 2 + 1} frames at {float(material.rate / 2):g} a second",
        "Result": f"{material.count} frames at {float(material.rate):g} a second",
        "Frameloom": version("frameloom"),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "OpenCV": cv2.__version__,
    }
    clips = {clip: working / f"{clip}.mp4" for clip in _CLIPS}
    return DemoPage(
        title=material.title,
        subtitle=f"From {float(material.rate / 2):g} to {float(material.rate):g} frames per second, the truth known",
        intro=material.intro,
        model=name,
        rate=material.rate,
        input_clip=clips["input"],
        result_clip=clips["result"],
        truth_clip=clips["truth"],
        difference_clip=clips["difference"],
        difference_gain=_GAIN,
        scores=scores[name],
        baseline_scores={key: rows for key, rows in scores.items() if key != name},
        stills=stills,
        stages=[Stage(name=stage, seconds=seconds) for stage, seconds in watch.seconds.items()],
        facts=facts,
        command=f"{material.command} --model {name}",
    )
