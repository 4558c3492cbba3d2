"""The arrays of an analysis as files, named as the patch similarity tool names them."""

import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from frameloom.features.similarity import unit_length
from frameloom.progress import track
from frameloom.results.patches import ArrayStatistics
from frameloom.similarity.array_files import ArrayFormat, array_writer, open_array
from frameloom.similarity.patch_arrays import intra_part_count, intra_parts, position_part_count, position_parts
from frameloom.similarity.running_statistics import RunningStatistics
from frameloom.similarity.token_spool import TokenSpool

ArrayName = Literal["position", "frame", "intra"]
StoredType = Literal["float32", "float16"]
STORED_NAMES: dict[ArrayName, str] = {
    "position": "position_similarities",
    "frame": "frame_similarity",
    "intra": "intra_frame_similarities",
}
"""Names of the files, and of the arrays in them."""
Large = Literal["position", "intra"]


def large_shapes(spool: TokenSpool) -> dict[Large, tuple[int, int, int]]:
    """Of the arrays that grow too large for memory."""
    frames, patches = spool.frames, spool.patches
    return {"position": (patches, frames, frames), "intra": (frames, patches, patches)}


def value_counts(spool: TokenSpool, only: Collection[ArrayName]) -> list[int]:
    """How many numbers each of the large arrays asked for has."""
    return [math.prod(shape) for name, shape in large_shapes(spool).items() if name in only]


def write_arrays(
    spool: TokenSpool, folder: Path, only: Collection[ArrayName], dtype: np.dtype[Any], form: ArrayFormat
) -> dict[str, ArrayStatistics]:
    """Compute and write the arrays asked for; returns the statistics of each by its name."""
    statistics: dict[str, ArrayStatistics] = {}
    makers = {
        "position": (position_parts, position_part_count),
        "intra": (intra_parts, intra_part_count),
    }
    for name, shape in large_shapes(spool).items():
        if name in only:
            make, count = makers[name]
            parts = track(make(spool), f"{name} similarities", count(spool))
            statistics[name] = _write_large(parts, folder, STORED_NAMES[name], shape, dtype, form)
    if "frame" in only:
        similarity = frame_similarity(spool)
        np.save(folder / f"{STORED_NAMES['frame']}.npy", similarity)
        running = RunningStatistics()
        running.add(similarity)
        statistics["frame"] = running.of(similarity.shape)
    return statistics


def frame_similarity(spool: TokenSpool) -> NDArray[np.float32]:
    """`[T, T]`: cosine similarity of the mean tokens of two frames."""
    means = unit_length(spool.mean_tokens())
    return np.clip(means @ means.T, -1, 1)


def _write_large(
    parts: Iterator[NDArray[np.float32]],
    folder: Path,
    name: str,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    form: ArrayFormat,
) -> ArrayStatistics:
    running = RunningStatistics()
    with array_writer(folder, name, shape, dtype, form) as writer:
        for part in parts:
            running.add(part)
            writer.append(part.astype(dtype, copy=False))
    return running.of(shape)


def opened(folder: Path, only: Collection[ArrayName], form: ArrayFormat) -> dict[str, Any]:
    """The arrays of a result by name, the large ones left on the disk."""
    large: tuple[Large, ...] = ("position", "intra")
    arrays: dict[str, Any] = {name: open_array(folder, STORED_NAMES[name], form) for name in large if name in only}
    if "frame" in only:
        arrays["frame"] = np.load(folder / f"{STORED_NAMES['frame']}.npy")
    return arrays


def statistics_text(statistics: dict[str, ArrayStatistics]) -> str:
    """Shape, mean, deviation, least and greatest of each array, for people."""
    lines: list[str] = []
    for name, stored in STORED_NAMES.items():
        if name in statistics:
            of = statistics[name]
            lines += [
                stored,
                f"  shape: {' x '.join(map(str, of.shape))}",
                f"  mean: {of.mean:.6f}",
                f"  std: {of.std:.6f}",
                f"  min: {of.minimum:.6f}",
                f"  max: {of.maximum:.6f}",
                "",
            ]
    return "\n".join(lines)
