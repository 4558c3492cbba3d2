"""What is in a file, read with PyAV directly: nothing here comes from the package under test."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from factories import planes_of


@dataclass(frozen=True)
class Packets:
    """The packets of one stream."""

    data: list[bytes]
    starts: list[Fraction]  # seconds
    tick: Fraction
    duration: Fraction | None  # of the stream, seconds


def packets(path: Path, kind: str, number: int = 0) -> Packets:
    """All packets of the first (or that) stream of a kind, in the file's order."""
    with av.open(str(path)) as container:
        stream = [item for item in container.streams if item.type == kind][number]
        tick = Fraction(stream.time_base)
        found = [(bytes(packet), packet.pts * tick) for packet in container.demux(stream) if packet.size]
        duration = None if stream.duration is None else stream.duration * tick
    return Packets([data for data, _ in found], [start for _, start in found], tick, duration)


def times(path: Path) -> list[Fraction]:
    """Presentation times of the pictures, ascending, in seconds."""
    return sorted(packets(path, "video").starts)


def pictures(path: Path) -> list[av.VideoFrame]:
    """All decoded pictures."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def spread(path: Path, count: int) -> Iterator[av.VideoFrame]:
    """So many pictures, evenly over the file, one held at a time."""
    step = max(1, len(packets(path, "video").starts) // count)
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        yield from islice(container.decode(video=0), 0, step * count, step)


def planes(path: Path) -> list[list[NDArray]]:
    """The planes of all decoded pictures."""
    return [planes_of(picture) for picture in pictures(path)]


def same_planes(first: list[NDArray], second: list[NDArray]) -> bool:
    """Whether two pictures have the same samples."""
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def length(path: Path) -> Fraction:
    """Seconds of a file by its header."""
    with av.open(str(path)) as container:
        return Fraction(container.duration, av.time_base)


def hidden_in(folder: Path) -> list[str]:
    """Names of hidden files and folders left behind."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("."))
