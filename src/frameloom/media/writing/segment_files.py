"""Working files of one segment of an output: encoded packets, or numbered images."""

import os
from pathlib import Path
from typing import Protocol

from frameloom.frame import Frame
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.image_folder import ImageFolderSink
from frameloom.media.writing.stored_packets import PacketWriter
from frameloom.media.writing.video_encoder import VideoEncoder


class SegmentFile(Protocol):
    """Takes the frames of one segment."""

    def append(self, frame: Frame) -> None:
        """Write one frame."""
        ...

    def finish(self) -> int:
        """Bring everything to the disk; returns the delay of the packets (see `PacketWriter.delay`), 0 for images."""
        ...

    def abandon(self) -> None:
        """Let go after an error."""
        ...


class PacketSegment:
    """A segment of a video: its packets, under their name once all are there."""

    def __init__(self, path: Path, settings: VideoSettings) -> None:
        self._path = path
        self._working = path.with_suffix(f".{os.getpid()}.part")  # another process may leave the same behind
        self._encoder = VideoEncoder(settings.lone_encoder(), settings)
        self._writer = PacketWriter(self._working)

    def append(self, frame: Frame) -> None:
        """Encode one frame."""
        for packet in self._encoder.encode(frame):
            self._writer.append(packet)

    def finish(self) -> int:
        """Encode the rest and give the file its name."""
        for packet in self._encoder.finish():
            self._writer.append(packet)
        self._writer.close()
        self._working.replace(self._path)
        return self._writer.delay

    def abandon(self) -> None:
        """Close the file; whoever owns the folder removes it."""
        self._writer.abandon()


class ImageSegment:
    """A segment of numbered images; they count once the segment is recorded as finished."""

    def __init__(self, folder: Path, depth: int, count: int, first: int) -> None:
        folder.mkdir(exist_ok=True)
        self._sink = ImageFolderSink(folder, depth, count, first)

    def append(self, frame: Frame) -> None:
        """Write one image."""
        self._sink.append(frame)

    def finish(self) -> int:
        """Nothing is left to do."""
        return 0

    def abandon(self) -> None:
        """Nothing is open."""
