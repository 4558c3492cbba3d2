"""Flow between two images, or between every two frames of a video, as arrays and files."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, NoFrames, RangeError
from frameloom.frame import Frame, float_pixels
from frameloom.images import SUFFIXES, write_image
from frameloom.interpolation.pair import open_pair
from frameloom.media.reading.source import open_source
from frameloom.media.writing.image_folder import image_name
from frameloom.media.writing.sink import names_a_file
from frameloom.media.writing.target import check_output, staged_file, staged_folder
from frameloom.models.choice import ModelChoice
from frameloom.optical_flow.files import Flow, write_flo, write_kitti
from frameloom.optical_flow.wheel import flow_picture
from frameloom.progress import Notices, track
from frameloom.results.making import FlowField, VideoFlow
from frameloom.roles import FlowEstimator

Form = Literal["flo", "kitti", "wheel"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """How flows are written.

    Raises:
        RangeError: a form that is none of the possible ones, or a longest vector that is not above 0.
    """

    form: Form | None = None
    """None: what the name of the output says."""
    longest: float | None = None
    """Pixels in full colour on the wheel."""
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.form is not None and self.form not in get_args(Form):
            raise RangeError(f"form is '{self.form}'; give flo, kitti or wheel")
        if self.longest is not None and not 0 < self.longest < float("inf"):
            raise RangeError(f"longest is {self.longest}; it must be a number of pixels above 0")

    def form_or(self, usual: Form) -> Form:
        """The form that was asked for, or the usual one.

        Raises:
            InputError: an option that it does not have.
        """
        form = self.form or usual
        if self.longest is not None and form != "wheel":
            raise InputError(f"--longest is for pictures of the colour wheel, not for {form}; add --form wheel")
        return form

    def form_of(self, output: Path) -> Form:
        """The form of a file.

        Raises:
            InputError: its name does not go with the form, or with any.
        """
        suffix = output.suffix.lower()
        form = self.form_or("flo" if suffix == ".flo" else "wheel")
        suffixes = {"flo": {".flo"}, "kitti": {".png"}, "wheel": SUFFIXES}[form]
        if suffix not in suffixes:
            raise InputError(
                f"{output} does not end in {' or '.join(sorted(suffixes))}; a flow is written to .flo, or as a picture"
            )
        return form


def flow_between(
    choice: ModelChoice,
    first: str | Path | NDArray[Any],
    second: str | Path | NDArray[Any],
    output: Path | None,
    wish: Wish,
) -> FlowField:
    """The flow from one image to another, written where an output is named.

    Raises:
        ShapeError, CannotOpen: as `open_pair`.
        InputError: an output whose name does not go with its form.
        OutputExists: it is there already.
    """
    pair = open_pair(first, second)
    form = None
    if output is not None:
        form = wish.form_of(output)
        check_output(output, list(pair.files), overwrite=wish.overwrite)
    settled = choice.settled(pair.size)
    estimator: FlowEstimator = settled.card.load(settled.runtime)
    flow = estimator.estimate(float_pixels(pair.first), float_pixels(pair.last))
    notices = Notices()
    if output is not None and form is not None:
        with staged_file(output, overwrite=wish.overwrite) as working:
            _write(working, flow, form, wish, notices)
    lengths = np.hypot(flow[..., 0], flow[..., 1])
    return FlowField(
        model=choice.name,
        model_settings=settled.settings,
        flow=flow,
        size=pair.size,
        mean=float(lengths.mean()),
        longest=float(lengths.max()),
        form=form,
        output=output,
        notices=tuple(notices.texts),
    )


def flow_of_video(choice: ModelChoice, source: Path, output: Path, wish: Wish) -> VideoFlow:
    """Write the flow from each frame of a video or image folder to the next, numbered by the frame it goes out from.

    Raises:
        MediaError: the source cannot be read or the output not written.
        NoFrames: there are fewer than two frames.
        InputError: the output is named like a file.
    """
    started = time.perf_counter()
    if names_a_file(output) or output.suffix.lower() == ".flo":
        raise InputError(f"{output} names a file; the flows of a video go to a folder")
    form = wish.form_or("flo")
    check_output(output, [source], overwrite=wish.overwrite, folder=True)
    frames = open_source(source)
    pairs = frames.info.frame_count - 1
    if pairs < 1:
        raise NoFrames(f"{source} has a single frame; a flow needs two")
    settled = choice.settled(frames.info.size)
    estimator: FlowEstimator = settled.card.load(settled.runtime)
    notices, lengths = Notices(), list[float]()
    with staged_folder(output, overwrite=wish.overwrite) as working:
        for index, flow in enumerate(track(_flows(estimator, iter(frames)), "flow", pairs)):
            name = Path(image_name(index, pairs)).with_suffix(".flo" if form == "flo" else ".png")
            _write(working / name, flow, form, wish, notices)
            lengths.append(float(np.hypot(flow[..., 0], flow[..., 1]).max()))
    return VideoFlow(
        model=choice.name,
        model_settings=settled.settings,
        source=source,
        output=output,
        form=form,
        flows=len(lengths),
        size=frames.info.size,
        longest=max(lengths),
        seconds=time.perf_counter() - started,
        notices=tuple(notices.texts),
    )


def _flows(estimator: FlowEstimator, frames: Iterator[Frame]) -> Iterator[Flow]:
    for first, second in pairwise(frame.to_float() for frame in frames):
        yield estimator.estimate(first, second)


def _write(path: Path, flow: Flow, form: Form, wish: Wish, notices: Notices) -> None:
    if form == "flo":
        write_flo(path, flow)
    elif form == "wheel":
        write_image(path, flow_picture(flow, longest=wish.longest))
    elif write_kitti(path, flow):
        notices.add("vectors of 512 pixels and more do not fit into KITTI's files and are marked as unknown")
