"""Models are tested on a clip; a folder says in numbers, pictures and words how each did."""

import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np

from frameloom.benchmark.output import resumable
from frameloom.benchmark.self_test.run import Contestants, Tested, Wish, contestants, run, work
from frameloom.benchmark.self_test.trial import restored
from frameloom.benchmark.self_test.windows import Image, windows
from frameloom.media.reading.source import FrameSource
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.models.choice import ModelChoice
from frameloom.reports.page_pictures import amplified_difference
from frameloom.reports.self_test_page import GAIN, Scene, SelfTestPage, render_self_test
from frameloom.results.self_test import SelfTest, TestedFrame
from frameloom.roles import Interpolator, PatchEncoder

PAGE_NAME, REPORT_NAME = "index.html", "report.json"
FILE_NAMES = frozenset({PAGE_NAME, REPORT_NAME})
_PICTURE_WIDTH = 480  # pixels on the page


def make_self_test(
    source: FrameSource, encoder: PatchEncoder, choices: Sequence[ModelChoice], models: Sequence[Interpolator],
    wish: Wish, output: Path | None,
) -> SelfTest:  # fmt: skip
    """Test models on a clip; write the report and the page where there is an output, going on where a run was cut off.

    Args:
        source: The clip.
        encoder: What frames are compared by while the clip is looked over.
        choices: At least one.
        models: Each built of the choice in the same place.
        wish: What is measured, on how many frames.
        output: A folder.

    Raises:
        OutputExists, CannotWrite: the folder cannot be written.
        NoFrames, InputError: nothing in the clip can be tested; the message says why.
    """
    started = time.perf_counter()
    if output is not None:
        check_output(output, [source.info.path], overwrite=wish.overwrite, folder=True, names=FILE_NAMES)
    rivals = contestants(choices, models, source.info.size)
    with resumable(output, work(source, rivals, wish)) as journal:
        tested = run(source, encoder, rivals, wish, journal)
        if output is None:
            return replace(tested.result, seconds=time.perf_counter() - started)
        scenes = _scenes(source, tested, rivals, wish.worst)
        result = replace(tested.result, output=output, seconds=time.perf_counter() - started)
        with staged_folder(output, overwrite=wish.overwrite, names=FILE_NAMES) as working:
            result.save(working / REPORT_NAME)
            page = render_self_test(SelfTestPage(result=result, scenes=scenes, facts=_facts(source, result)))
            (working / PAGE_NAME).write_text(page, encoding="utf-8")
    return result


def worst_frames(result: SelfTest, count: int) -> list[TestedFrame]:
    """The frames that the best model restored worst by PSNR, the worst first."""
    best = result.candidates[0].model
    return sorted(result.frames, key=lambda frame: (frame.values[best]["psnr"], frame.frame))[:count]


def _scenes(source: FrameSource, tested: Tested, rivals: Contestants, count: int) -> list[Scene]:
    """The worst frames, restored once more: while frames were tested nobody knew which would be the worst."""
    model = rivals.models[tested.result.candidates[0].model]
    order = [frame.frame for frame in worst_frames(tested.result, count)]
    places = [replace(tested.places[frame], wider=False) for frame in sorted(order)]
    found = {
        window.index: _scene(window.index, window.truth, restored(model, window.near))
        for window in windows(source, places)
    }
    return [found[frame] for frame in order]


def _scene(frame: int, truth: Image, made: Image) -> Scene:
    """Differences are taken before pictures are reduced, which would average them out."""
    difference = amplified_difference(made, truth, gain=GAIN)
    return Scene(frame, *(_picture(image) for image in (truth, made, difference)))


def _picture(image: Image) -> Image:
    height, width = image.shape[:2]
    if width <= _PICTURE_WIDTH:
        return image
    size = (_PICTURE_WIDTH, max(1, round(height * _PICTURE_WIDTH / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _facts(source: FrameSource, result: SelfTest) -> dict[str, str]:
    height, width = result.size
    return {
        "Source": result.source.name,
        "Size": f"{width}x{height}",
        "Rate": f"{float(result.rate):.3f} frames a second" + ("" if source.info.regular else " on average"),
        "Frames": f"{result.frame_count}, {result.looked_at} of them looked at",
        "Restored": f"{len(result.ranked)} for the ranking, {len(result.frames) - len(result.ranked)} suspicious ones",
        "Not tested": str(len(result.exclusions)),
        "Seed": str(result.seed),
        "Took": f"{result.seconds:.1f} s",
        "Frameloom": version("frameloom"),
        "Python": platform.python_version(),
    }
