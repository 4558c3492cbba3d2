"""What several ways to compare images find for the same frames, side by side, and how long they take."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import InputError, ModelError, RangeError
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.media.reading.source import FrameSource, open_source
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.progress import Notices, track
from frameloom.results.collage import MethodComparison, MethodSpeed
from frameloom.retrieval.build import IndexPlan, build
from frameloom.retrieval.describing import Describing
from frameloom.retrieval.fitting import Fitting, jpeg_of
from frameloom.retrieval.index import open_index
from frameloom.retrieval.matching import frames_at
from frameloom.retrieval.paper import PAPER, write_line
from frameloom.retrieval.queries import query_of, shown_aspect
from frameloom.roles import Descriptor
from frameloom.runtime import Runtime

METHODS = ("canny", "spatial_pyramid", "hog", "spatial_color", "mobilenet", "efficientnet")
TABLE, NUMBERS = "comparison.md", "comparison.json"

_INDEX = "index"
_HEIGHT, _MARGIN, _LABEL = 150, 20, 30  # pixels


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What is compared."""

    methods: tuple[str, ...]
    options: DescriptorOptions
    runtime: Runtime
    frames: int
    """On how many frames of the video."""
    count: int
    """How many images are shown for each."""
    seed: int
    limit: int | None
    """Use at most so many images, the first ones."""
    overwrite: bool

    def __post_init__(self) -> None:
        if not self.methods:
            raise InputError(f"no method is named; give one or more, such as {' '.join(METHODS[:2])}")
        for name, number in (
            ("frames", self.frames),
            ("top k", self.count),
            ("demo images", 1 if self.limit is None else self.limit),
        ):
            if number < 1:
                raise RangeError(f"{name} is {number}; it must be a whole number from 1 up")
        if self.seed < 0:
            raise RangeError(f"seed is {self.seed}; it must be a whole number from 0 up")


@dataclass(frozen=True, slots=True)
class _Found:
    """What a method finds."""

    speed: MethodSpeed
    images: list[list[tuple[Path, float]]]
    """For each frame, best first."""


def compare_methods(video: Path, images: Path, output: Path, trial: Trial) -> MethodComparison:
    """Look for the same frames by several methods and show what each finds.

    Args:
        video: Video, animation or folder of images.
        images: Folder of the images.
        output: A folder.
        trial: What is compared.

    Raises:
        MediaError: the video or the images cannot be read, or the output not written.
        ModelError: none of the methods can be used here.
        UnknownModel: no method has that name.
    """
    names = frozenset({TABLE, NUMBERS, *(path.name for path in output.glob("frame_*_comparison.jpg"))})
    check_output(output, [video, images], overwrite=trial.overwrite, folder=True, names=names)
    source = open_source(video)
    numbers = _spread(source.info.frame_count, trial)
    usable, left_out = _usable(trial, source)
    fitting = Fitting(size=source.info.size, aspect=shown_aspect(source.info))
    with staged_folder(output, overwrite=trial.overwrite, names=names) as folder:
        found = [
            _try(describing, model, source, numbers, images, folder / _INDEX, trial)
            for describing, model in track(usable, f"{video.name}: comparing methods", len(usable))
        ]
        shutil.rmtree(folder / _INDEX)
        pictures: list[str] = []
        for place, (number, frame) in enumerate(frames_at(source, iter(numbers))):
            pictures.append(f"frame_{number:06d}_comparison.jpg")
            grid = _grid(
                frame.to_uint8()[..., :3], number, [(each.speed, each.images[place]) for each in found], fitting
            )
            (folder / pictures[-1]).write_bytes(jpeg_of(grid))
        result = MethodComparison(
            source=video,
            images=images,
            output=output,
            frames=tuple(numbers),
            pictures=tuple(output / name for name in pictures),
            methods=tuple(each.speed for each in found),
            left_out=left_out,
            table=_table([each.speed for each in found]),
        )
        (folder / TABLE).write_text(result.table + "\n", encoding="utf-8")
        result.save(folder / NUMBERS)
    return result


def _spread(total: int, trial: Trial) -> list[int]:
    """One frame drawn from each of equal parts of the video."""
    count = min(trial.frames, total)
    borders = [total * place // count for place in range(count + 1)]
    random = np.random.default_rng(trial.seed)
    return [int(random.integers(first, stop)) for first, stop in pairwise(borders)]


def _usable(trial: Trial, source: FrameSource) -> tuple[list[tuple[Describing, Descriptor]], dict[str, str]]:
    """The methods that can be built here, and why the others cannot."""
    usable: list[tuple[Describing, Descriptor]] = []
    left_out: dict[str, str] = {}
    notices = Notices()
    options = replace(trial.options, aspect=shown_aspect(source.info))
    for name in trial.methods:
        choice = choose_descriptor(name, options, trial.runtime)
        try:
            usable.append((Describing(choice=choice), choice.load()))
        except ModelError as error:
            left_out[name] = str(error)
            notices.add(f"left out: {name}: {error}")
    if not usable:
        raise ModelError(f"no method can be used: {next(iter(left_out.values()))}")
    return usable, left_out


def _try(
    describing: Describing,
    model: Descriptor,
    source: FrameSource,
    numbers: Sequence[int],
    images: Path,
    place: Path,
    trial: Trial,
) -> _Found:
    built = build(images, place, IndexPlan(describing=describing, limit=trial.limit, overwrite=place.exists()))
    index = open_index(place, images)
    aspect = shown_aspect(source.info)
    query = partial(query_of, framing=describing.frame, aspect=aspect, smallest=describing.choice.options.size)
    queries = [query(frame) for _, frame in frames_at(source, iter(numbers))]
    model.describe(queries[0][None])  # some have to be got going
    started = time.perf_counter()
    found: list[list[tuple[Path, float]]] = []
    for image in queries:
        ids, similar = index.search(model.describe(image[None]), min(trial.count, len(index.paths)))
        found.append([(index.paths[int(each)], float(how)) for each, how in zip(ids[0], similar[0], strict=True)])
    passed = time.perf_counter() - started
    speed = MethodSpeed(
        method=describing.choice.name,
        dims=model.dims,
        images=len(index.paths),
        build_seconds=built.seconds,
        match_milliseconds=1000 * passed / len(queries),
    )
    return _Found(speed, found)


def _table(speeds: Sequence[MethodSpeed]) -> str:
    """The methods as a Markdown table."""
    lines = ["| method | vector | build s | images/s | match ms |", "|---|---|---|---|---|"]
    lines += [
        f"| {each.method} | {each.dims} | {each.build_seconds:.2f} | {each.images / each.build_seconds:.0f} | "
        f"{each.match_milliseconds:.2f} |"
        for each in speeds
    ]
    return "\n".join(lines)


def _grid(
    frame: NDArray[np.uint8],
    number: int,
    rows: Sequence[tuple[MethodSpeed, list[tuple[Path, float]]]],
    fitting: Fitting,
) -> NDArray[np.uint8]:
    """A row for each method: the frame, then what was found with how alike it is."""
    width = max(1, round(_HEIGHT * fitting.aspect))
    columns = 1 + max(len(found) for _, found in rows)
    cell = (width + _MARGIN, _HEIGHT + _LABEL)
    paper = Image.new("RGB", (columns * cell[0] + _MARGIN, len(rows) * cell[1] + _MARGIN), PAPER)
    for row, (speed, found) in enumerate(rows):
        shown = [(frame, speed.method, f"frame {number}")]
        shown += [(fitting.read(path), f"{similarity:.3f}", path.name) for path, similarity in found]
        for column, (pixels, title, name) in enumerate(shown):
            corner = (_MARGIN + column * cell[0], _MARGIN + row * cell[1])
            picture = cv2.resize(pixels, (width, _HEIGHT), interpolation=cv2.INTER_AREA)
            paper.paste(Image.fromarray(picture), corner)
            write_line(paper, (corner[0], corner[1] + _HEIGHT + 5), width, title, name, 13)
    return np.asarray(paper, np.uint8)
