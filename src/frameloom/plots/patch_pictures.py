"""A video with something laid over each patch: contact sheets, and short videos of the sampled frames."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from frameloom.frame import ArrayPicture, Frame
from frameloom.images import write_image
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.encoding import Encoding
from frameloom.media.writing.sink import sink_for
from frameloom.plots.heat_map import text_font
from frameloom.progress import track
from frameloom.similarity.patch_scenes import PatchScenes
from frameloom.similarity.sampled_frames import evenly_chosen

Pixels = NDArray[np.uint8]
Value = TypeVar("Value", bound=np.generic)
RATE = Fraction(10)
"""Sampled frames per second of the videos: a second of them is ten samples, whatever lies between those."""
_MOST_TILES = 24
_SHEET_WIDTH = 1500
_TILE = (270, 360)
"""(height, width) that a picture in a sheet fits into."""
_NARROWEST = 175
_GAP, _CAPTION, _HEADER = 12, 30, 64
_INK, _PAPER = (30, 30, 30), 255
_TELLING = 99.0  # percentile of change that gets the strongest colour: a single flash must not hide the rest
_LEAST_SCALE = 0.01
_DENSITY = 0.75  # small changes show, and grain does not cover the picture
_STRONGEST = 0.85  # of the colour that change lays over the picture; the rest is picture


def draw_change(scenes: PatchScenes, labels: Sequence[str], folder: Path) -> None:
    """`change.png` and `change.mp4`: how much each patch differs from itself one sample before.

    Args:
        scenes: Frames and what is laid over them; at least two frames.
        labels: What they are called: their times.
        folder: Where to.
    """
    scale = max(_LEAST_SCALE, float(np.percentile(scenes.change[1:], _TELLING)))

    def shown(frame: int) -> Pixels:
        return _with_change(scenes.picture(frame), scenes.change[frame] / scale)

    def caption(frame: int) -> str:
        return f"{labels[frame]}   mean {scenes.change[frame].mean():.3f}"

    header = (
        "Change of each patch since the sample before: cosine distance, from none (the picture alone) to "
        f"{scale:.2g} and more (yellow)"
    )
    chosen = [1 + place for place in evenly_chosen(len(labels) - 1, _MOST_TILES)]
    write_image(folder / "change.png", _sheet(chosen, shown, caption, header, fits=_TILE))
    pictures = (_stamped(shown(frame), caption(frame)) for frame in range(len(labels)))
    _write_video(folder / "change.mp4", pictures, shown(0).shape[:2], len(labels))


def draw_colours(scenes: PatchScenes, labels: Sequence[str], folder: Path) -> None:
    """`pca_colours.png` and `pca_colours.mp4`: what is alike has one colour, in all frames.

    Args:
        scenes: Frames and their colours.
        labels: What they are called: their times.
        folder: Where to.
    """

    def under_each_other(frame: int) -> Pixels:
        picture = scenes.picture(frame)
        return np.concatenate((picture, _spread(scenes.colours[frame], picture)))

    def side_by_side(frame: int) -> Pixels:
        picture = scenes.picture(frame)
        return np.concatenate((picture, _spread(scenes.colours[frame], picture)), axis=1)

    def caption(frame: int) -> str:
        return labels[frame]

    header = "Patches by their three strongest components: alike in colour is alike in content, over the whole video"
    chosen = evenly_chosen(len(labels), _MOST_TILES // 2)
    write_image(
        folder / "pca_colours.png", _sheet(chosen, under_each_other, caption, header, fits=(2 * _TILE[0], _TILE[1]))
    )
    pictures = (_stamped(side_by_side(frame), caption(frame)) for frame in range(len(labels)))
    _write_video(folder / "pca_colours.mp4", pictures, side_by_side(0).shape[:2], len(labels))


def _spread(patches: NDArray[Value], like: Pixels) -> NDArray[Value]:
    """A value per patch to a value per pixel: a patch stays one rectangle, as the encoder saw it."""
    rows: NDArray[np.intp] = np.arange(like.shape[0], dtype=np.intp) * patches.shape[0] // like.shape[0]
    columns: NDArray[np.intp] = np.arange(like.shape[1], dtype=np.intp) * patches.shape[1] // like.shape[1]
    return patches[rows][:, columns]


def _with_change(picture: Pixels, share: NDArray[np.float32]) -> Pixels:
    """The picture in grey, with colours where something changed: the more, the brighter and denser."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    limited = np.clip(share, 0, 1).astype(np.float32)
    levels = np.rint(limited * 255).astype(np.uint8)
    colours = np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), np.uint8)[..., ::-1]
    dense = _spread(limited**_DENSITY * np.float32(_STRONGEST), picture)[..., None]
    laid = grey * (1 - dense) + _spread(colours, picture) * dense
    return np.rint(laid).astype(np.uint8)


def _sheet(
    frames: Sequence[int],
    shown: Callable[[int], Pixels],
    caption: Callable[[int], str],
    header: str,
    *,
    fits: tuple[int, int],
) -> Pixels:
    """Tiles row by row with captions, under a header; each fits into a (height, width)."""
    first = shown(frames[0])
    scale = min(fits[0] / first.shape[0], fits[1] / first.shape[1])
    height, width = max(2, round(first.shape[0] * scale)), max(2, round(first.shape[1] * scale))
    across = max(width, _NARROWEST) + _GAP  # captions need some room
    columns = min((_SHEET_WIDTH - _GAP) // across, len(frames))
    rows = -(-len(frames) // columns)
    whole = max(columns * across + _GAP, _SHEET_WIDTH // 2)
    sheet = Image.new("RGB", (whole, _HEADER + rows * (height + _CAPTION + _GAP)), (_PAPER,) * 3)
    draw = ImageDraw.Draw(sheet)
    _write_wrapped(draw, header, whole - 2 * _GAP)
    for place, frame in enumerate(frames):
        left = _GAP + place % columns * across
        top = _HEADER + place // columns * (height + _CAPTION + _GAP)
        tile = cv2.resize(shown(frame), (width, height), interpolation=cv2.INTER_AREA)
        sheet.paste(Image.fromarray(np.asarray(tile, np.uint8)), (left, top))
        draw.text((left, top + height + 6), caption(frame), fill=_INK, font=text_font(18))
    return np.asarray(sheet)


def _write_wrapped(draw: ImageDraw.ImageDraw, words: str, width: float) -> None:
    font = text_font(18)
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font=font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    draw.multiline_text((_GAP, _GAP), "\n".join(lines), fill=_INK, font=font)


def _stamped(picture: Pixels, words: str) -> Pixels:
    """The picture with words at its lower left."""
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text(
        (10, image.height - 10), words, fill=(255, 255, 255), stroke_fill=(0, 0, 0), stroke_width=2,
        font=text_font(18), anchor="lb",
    )  # fmt: skip
    return np.asarray(image)


def _write_video(path: Path, pictures: Iterator[Pixels], size: tuple[int, int], count: int) -> None:
    step = 1 / RATE
    like = SourceInfo(path=path, kind="folder", size=size, depth=8, frame_count=count, rate=RATE, regular=True,
                      tick=step, start=Fraction(0), duration=count * step)  # fmt: skip
    with sink_for(path, like=like, rate=RATE, unit=step, encoding=Encoding(crf=20)) as sink:
        for index, picture in enumerate(track(pictures, path.name, count)):
            sink.append(Frame(ArrayPicture(picture), index * step, step))
