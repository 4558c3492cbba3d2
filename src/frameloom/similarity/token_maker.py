"""Sampled frames to tokens on disk, going on from what an interrupted run has left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ModelError
from frameloom.features.patches import prepare
from frameloom.frame import Frame
from frameloom.journal import Journal
from frameloom.media.reading.source import FrameSource, SourceInfo
from frameloom.progress import track
from frameloom.roles import PatchEncoder
from frameloom.similarity.sampled_frames import Sample, fetch
from frameloom.similarity.token_spool import FILES, TokenSpool

_LONGER_SIDE = 640  # pixels of the pictures that change and colours are shown beside


def picture_size(info: SourceInfo) -> tuple[int, int]:
    """(height, width) of the small pictures: as the video is shown, 640 pixels along, both even."""
    height, width = info.size[0], float(info.size[1] * info.sample_aspect)
    scale = _LONGER_SIDE / max(height, width)
    return max(2, 2 * round(height * scale / 2)), max(2, 2 * round(width * scale / 2))


@dataclass(frozen=True, kw_only=True)
class TokenMaker:
    """Encodes the sampled frames of one source."""

    source: FrameSource
    samples: tuple[Sample, ...]
    encoder: PatchEncoder
    grid: tuple[int, int]
    """(rows, columns) of patches."""
    batch: int
    """Frames that are encoded at a time."""

    def spool(self, folder: Path, dims: int) -> TokenSpool:
        """Where tokens of so many dims go."""
        return TokenSpool(
            folder=folder,
            frames=len(self.samples),
            patches=self.grid[0] * self.grid[1],
            dims=dims,
            picture=picture_size(self.source.info),
        )

    def earlier(self, folder: Path, journal: Journal) -> tuple[TokenSpool | None, int]:
        """What the journal lists and the files hold: the spool and how many frames are in it."""
        for entry in reversed(journal.entries):
            frames, dims = entry.get("frames"), entry.get("dims")
            if type(frames) is int and type(dims) is int and 0 < frames <= len(self.samples) and dims > 0:
                spool = self.spool(folder, dims)
                if spool.holds(frames):
                    return spool, frames
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        return None, 0

    def make(self, folder: Path, journal: Journal, *, check: Callable[[TokenSpool], None]) -> tuple[TokenSpool, int]:
        """Encode what is missing.

        Args:
            folder: Where tokens go.
            journal: Where finished frames are written down.
            check: Looks at where tokens will go before the first are written, and may refuse it.

        Returns:
            Where the tokens are, and how many frames were there before.

        Raises:
            ModelError: the encoder's tokens are not what it promises.
            MediaError: a frame cannot be decoded.
        """
        spool, reused = self.earlier(folder, journal)
        if spool is not None:
            check(spool)
        done = reused
        steps = track(self._encoded(reused), "encoding frames", len(self.samples), reused)
        for tokens, picture in steps:
            if spool is None:
                spool = self.spool(folder, tokens.shape[1])
                check(spool)
            spool.write(done, tokens, picture)
            done += 1
            if done % self.batch == 0 or done == len(self.samples):
                spool.flush()
                journal.add({"frames": done, "dims": spool.dims})
        assert spool is not None  # there is at least one sample
        return spool, reused

    def _encoded(self, start: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
        """Yield tokens (patches, dims) and picture of each sample from that number on; repeats are encoded once."""
        runs = [(index, len(list(same))) for index, same in groupby(self.samples[start:], lambda sample: sample.index)]
        frames = fetch(self.source, [index for index, _ in runs])
        for first in range(0, len(runs), self.batch):
            some = runs[first : first + self.batch]
            shown = [self._reduced(next(frames)) for _ in some]
            tokens = self._tokens(np.stack([image for image, _ in shown]))
            for (_, times), of_frame, (_, picture) in zip(some, tokens, shown, strict=True):
                for _ in range(times):
                    yield of_frame, picture

    def _reduced(self, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """What the encoder is to see, and the small picture: of large frames, a batch would take gigabytes."""
        image = np.clip(prepare(frame.to_float(), self.encoder, self.grid), 0, 1)
        return image, self._picture(frame)

    def _tokens(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        tokens = self.encoder.encode(images)
        if tokens.shape[:3] != (len(images), *self.grid):
            raise ModelError(f"the encoder gave tokens of shape {tokens.shape} for a grid of {self.grid}")
        if not np.isfinite(tokens).all():
            raise ModelError("the encoder gave tokens that are not finite numbers; with half precision, try float32")
        return tokens.reshape(len(images), -1, tokens.shape[3])

    def _picture(self, frame: Frame) -> NDArray[np.uint8]:
        height, width = picture_size(self.source.info)
        small = cv2.resize(frame.to_uint8()[..., :3], (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)
