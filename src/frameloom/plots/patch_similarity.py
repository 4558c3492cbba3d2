"""Pictures of how alike patches are: heat maps, and the video with change and colours laid over it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import InputError
from frameloom.images import write_image
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.plots.heat_map import Axis, heat_map
from frameloom.plots.patch_pictures import draw_change, draw_colours
from frameloom.progress import track
from frameloom.results.patches import PatchSimilarity
from frameloom.similarity.patch_scenes import PatchScenes
from frameloom.similarity.patches import FILE_NAMES
from frameloom.similarity.sampled_frames import evenly_chosen

_INTRA_MAPS = 5


def draw_all(result: PatchSimilarity, scenes: PatchScenes, positions: int, folder: Path) -> None:
    """Everything: heat maps, change and colours. Of a single frame there is no change to show."""
    draw_maps(result, folder, positions=positions)
    labels = [f"{time} s" if result.times else f"image {time}" for time in _moments(result)]
    if result.frames > 1:
        draw_change(scenes, labels, folder)
    draw_colours(scenes, labels, folder)


def save_maps(result: PatchSimilarity, folder: Path, *, positions: int = 10, overwrite: bool = False) -> list[Path]:
    """Draw the heat maps of a result into a folder of their own; change and colours lie where the result does.

    Args:
        result: What to draw.
        folder: Where to.
        positions: As in `draw_maps`.
        overwrite: Replace earlier maps in that folder.

    Returns:
        The files.

    Raises:
        InputError: the result holds no arrays.
        OutputExists: the folder holds an earlier result.
        CannotWrite: it cannot be written.
    """
    check_output(folder, [], overwrite=overwrite, folder=True, names=FILE_NAMES)
    with staged_folder(folder, overwrite=overwrite, names=FILE_NAMES) as working:
        draw_maps(result, working, positions=positions)
    return sorted(folder.iterdir())


def draw_maps(result: PatchSimilarity, folder: Path, *, positions: int = 10) -> None:
    """Heat maps of the arrays that were made, as the patch similarity tool names them.

    Args:
        result: What to draw.
        folder: Where to; it must be there.
        positions: Patches whose similarity over time is drawn, evenly chosen; no more than there are.

    Raises:
        InputError: the result holds no arrays.
    """
    if result.position is None and result.frame is None and result.intra is None:
        raise InputError(f"{result.output} holds no similarities to draw")
    maps = list(_maps(result, positions))
    for name, values, axis, title in track(maps, "heat maps", len(maps)):
        square = _square(values)
        write_image(
            folder / name, heat_map(square, axis, title, lowest=_lowest(square) if values is result.frame else -1)
        )


_Map = tuple[str, "tuple[object, int] | NDArray[np.float32]", Axis, str]


def _maps(result: PatchSimilarity, positions: int) -> Iterable[_Map]:
    """File name, values (or the array and the item of it that is to be fetched when it is drawn), axis, title."""
    labels = _moments(result)
    times = Axis(name="seconds into the video" if result.times else "image", labels=labels)
    patches = Axis(name="patch, row by row", labels=[str(index) for index in range(result.patches)])
    if result.frame is not None:
        title = f"Similarity of {counted(result.frames, 'frame')}: mean tokens"
        yield "frame_similarity.png", result.frame, times, title
    if result.position is not None:
        for index in evenly_chosen(result.patches, positions):
            row, column = divmod(index, result.grid[1])
            title = f"Patch {index} (row {row}, column {column}) at all times"
            yield f"position_{index:04d}_r{row:02d}_c{column:02d}.png", (result.position, index), times, title
    if result.intra is not None:
        for frame in evenly_chosen(result.frames, _INTRA_MAPS):
            at = f", at {labels[frame]} s" if result.times else ""
            title = f"The {result.patches} patches of frame {frame}{at}"
            yield f"intra_frame_{frame:04d}.png", (result.intra, frame), patches, title


def _moments(result: PatchSimilarity) -> list[str]:
    """Times of the frames in seconds, or numbers of images."""
    return [f"{float(time):.2f}" for time in result.times] or [str(index) for index in result.indices]


def _lowest(values: NDArray[np.float32]) -> float:
    """Where the scale of frames begins: means of many patches are so alike that the usual scale shows one colour."""
    return min(float(np.floor(float(values.min()) * 1000) / 1000), 0.999)


def _square(values: "tuple[object, int] | NDArray[np.float32]") -> NDArray[np.float32]:
    if isinstance(values, tuple):
        array, index = values
        return np.asarray(array[index], np.float32)  # type: ignore[index]  # an array on the disk, of whatever kind
    return values
