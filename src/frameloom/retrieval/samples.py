"""Pictures that show a frame beside the image in its place."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frameloom.media.reading.source import FrameSource
from frameloom.retrieval.fitting import Fitting, jpeg_of
from frameloom.retrieval.matching import frames_at
from frameloom.retrieval.paper import PAPER, write_line
from frameloom.retrieval.selection import Choice

CONTACT_SHEET = "contact_sheet.jpg"

_HEIGHT = 480  # pixels, of a sample
_SHEET_HEIGHT, _MOST_ON_SHEET = 150, 60
_GAP, _MARGIN, _LABEL = 4, 24, 34


def write_samples(
    folder: Path, source: FrameSource, choices: Sequence[Choice], paths: Sequence[Path], fitting: Fitting
) -> None:
    """Write `sample_000000.jpg` and so on, numbered as the frames are, and a sheet of them all.

    Args:
        folder: Where; it is made.
        source: The video.
        choices: For some frames, in order.
        paths: The images, by id.
        fitting: What pictures of the video are like.
    """
    folder.mkdir()
    pairs: list[tuple[NDArray[np.uint8], str, str]] = []
    frames = frames_at(source, iter([choice.frame for choice in choices]))
    for choice, (index, frame) in zip(choices, frames, strict=True):
        pixels = frame.to_uint8()[..., :3]
        image = pixels if choice.selected is None else fitting.read(paths[choice.selected])
        title, name = _words(choice, paths)
        tall = _beside(pixels, image, fitting, _HEIGHT)
        (folder / f"sample_{index:06d}.jpg").write_bytes(jpeg_of(_labelled(tall, title, name)))
        if len(pairs) < _MOST_ON_SHEET:
            pairs.append((_beside(pixels, image, fitting, _SHEET_HEIGHT), title, name))
    (folder / CONTACT_SHEET).write_bytes(jpeg_of(_sheet(pairs)))


def _words(choice: Choice, paths: Sequence[Path]) -> tuple[str, str]:
    """What stands below a pair, and the name of the image."""
    if choice.selected is None:
        return f"frame {choice.frame}", "no image is similar enough"
    similarity = dict(choice.candidates).get(choice.selected)
    number = "held" if similarity is None else f"{similarity:.3f}"
    return f"frame {choice.frame}   {number}", paths[choice.selected].name


def _beside(first: NDArray[np.uint8], second: NDArray[np.uint8], fitting: Fitting, height: int) -> NDArray[np.uint8]:
    """Two pictures of the video's size side by side, with square pixels."""
    size = (max(1, round(height * fitting.aspect)), height)
    halves = [cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (first, second)]
    between = np.full((height, _GAP, 3), PAPER, np.uint8)
    return np.asarray(np.hstack([halves[0], between, halves[1]]), np.uint8)


def _labelled(pair: NDArray[np.uint8], title: str, name: str) -> NDArray[np.uint8]:
    """A pair on paper, with words below."""
    height, width = pair.shape[:2]
    paper = Image.new("RGB", (width + 2 * _MARGIN, height + 2 * _MARGIN + _LABEL), PAPER)
    paper.paste(Image.fromarray(pair), (_MARGIN, _MARGIN))
    write_line(paper, (_MARGIN, _MARGIN + height + 12), width, title, name, 20)
    return np.asarray(paper, np.uint8)


def _sheet(pairs: Sequence[tuple[NDArray[np.uint8], str, str]]) -> NDArray[np.uint8]:
    """Pairs in rows: about as wide as high."""
    height, width = pairs[0][0].shape[:2]
    cell = (width + _MARGIN, height + _LABEL + 8)
    columns = min(len(pairs), max(1, round(sqrt(len(pairs) * cell[1] / cell[0] * 1.4))))
    rows = ceil(len(pairs) / columns)
    paper = Image.new("RGB", (columns * cell[0] + _MARGIN, rows * cell[1] + _MARGIN), PAPER)
    for place, (pair, title, name) in enumerate(pairs):
        corner = (_MARGIN + place % columns * cell[0], _MARGIN + place // columns * cell[1])
        paper.paste(Image.fromarray(pair), corner)
        write_line(paper, (corner[0], corner[1] + height + 6), width, title, name, 13)
    return np.asarray(paper, np.uint8)
