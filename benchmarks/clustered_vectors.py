"""Vectors that lie as those of real pictures do, as many as wanted; `index_scale.py` searches them.

Measured, by the descriptor `canny` with its defaults: the mean and covariance of photos; the covariance of the frames
of a clip about their mean, and how much it differs from clip to clip (log-normal). Drawn from it: an image that is
alone is the mean of photos and a normal step of their covariance, made longer or shorter as in Student's t with six
degrees of freedom, for real photos have more outliers than normal ones; a scene is such an image and its members are
normal steps from it, of the covariance and spread of clips. Half of the images are alone; the others are shared out
among scenes by a Pareto distribution, 25 to a scene on average. Numbers below 0 become 0, as shares have none, and
vectors get unit length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.features.descriptors.framing import framed
from frameloom.media.reading.source import open_source

Vectors = NDArray[np.float32]
ASPECT, SIZE = 16 / 9, 256
FRAMES, EVERY = 60, 2  # of each clip
DEGREES, STRETCH = 6, 1.1  # so that similarities of random pairs are those of photos
ALONE, MEMBERS, PARETO = 0.5, 25, 1.5
BLOCK = 20_000


@dataclass(frozen=True)
class Likeness:
    """What was measured: rows of factors are directions, as long as the deviation in them."""

    photos: Vectors
    frames: Vectors
    mean: Vectors
    of_photos: Vectors
    of_frames: Vectors
    """For a spread of 1."""
    spread: tuple[float, float]
    """Mean and deviation of the logarithm of the mean squared distance of frames from the mean of their clip."""


def measured(photos: Sequence[Path], clips: Sequence[Path], descriptor: str = "canny") -> Likeness:
    model = choose_descriptor(descriptor, DescriptorOptions()).load()

    def described(image: NDArray[np.uint8]) -> Vectors:
        return model.describe(framed(np.ascontiguousarray(image), ASPECT, SIZE)[None])[0]

    of_photos = np.stack([described(cv2.imread(str(path))[..., ::-1]) for path in photos])
    scenes = [
        np.stack([described(frame.to_uint8()) for frame in islice(open_source(clip), 0, FRAMES * EVERY, EVERY)])
        for clip in clips
    ]
    steps = [scene - scene.mean(axis=0) for scene in scenes if len(scene) > 10]
    spreads = np.array([(step**2).sum(axis=1).mean() for step in steps])
    normed = np.concatenate([step / np.sqrt(spread) for step, spread in zip(steps, spreads, strict=True)])
    mean = of_photos.mean(axis=0)
    return Likeness(
        photos=of_photos,
        frames=np.concatenate(scenes),
        mean=mean,
        of_photos=factor(of_photos - mean),
        of_frames=factor(normed),
        spread=(float(np.log(spreads).mean()), float(np.log(spreads).std())),
    )


def factor(steps: Vectors) -> Vectors:
    """(dims, dims): standard normal rows times this have the covariance of the steps."""
    values, directions = np.linalg.eigh(steps.T.astype(np.float64) @ steps / len(steps))
    return (directions * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)


class Images:
    """Draws images one after the other; the same ones for the same seed and sizes of blocks."""

    def __init__(self, likeness: Likeness, count: int, seed: int = 0) -> None:
        """Args: what they should be like, how many will be drawn, and a seed."""
        self.likeness, self.random = likeness, np.random.default_rng(seed)
        scenes = max(1, round((1 - ALONE) * count / MEMBERS))
        self.bases = self._alone(scenes)
        self.spreads = np.exp(self.random.normal(*likeness.spread, scenes) / 2).astype(np.float32)
        shares = self.random.pareto(PARETO, scenes) + 0.05
        self.shares = shares / shares.sum()

    def draw(self, count: int, alone: float = ALONE) -> Vectors:
        """(count, dims)."""
        single = self.random.random(count) < alone
        vectors = np.empty((count, len(self.likeness.mean)), np.float32)
        vectors[single] = self._alone(int(single.sum()))
        scene = self.random.choice(len(self.bases), count - int(single.sum()), p=self.shares)
        steps = self.random.standard_normal((len(scene), vectors.shape[1]), np.float32) @ self.likeness.of_frames
        vectors[~single] = self.bases[scene] + self.spreads[scene, None] * steps
        np.maximum(vectors, 0, out=vectors)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def blocks(self, count: int) -> Iterator[tuple[int, Vectors]]:
        """Starts and vectors."""
        for start in range(0, count, BLOCK):
            yield start, self.draw(min(BLOCK, count - start))

    def _alone(self, count: int) -> Vectors:
        dims = len(self.likeness.mean)
        lengths = STRETCH * np.sqrt(DEGREES / self.random.chisquare(DEGREES, (count, 1)))
        steps = lengths.astype(np.float32) * self.random.standard_normal((count, dims), np.float32)
        return self.likeness.mean + steps @ self.likeness.of_photos


def statistics(vectors: Vectors) -> dict[str, object]:
    """What drawn vectors should share with real ones."""
    whole = vectors.astype(np.float64)
    steps = whole - whole.mean(axis=0)
    values = np.linalg.eigvalsh(steps.T @ steps / len(steps))[::-1]
    products = whole @ whole.T
    pairs = products[np.triu_indices(len(whole), 1)]
    np.fill_diagonal(products, -1)
    nearest = -np.sort(-products, axis=1)
    return {
        "vectors": len(vectors),
        "variance": round(float(values.sum()), 3),
        "effective_rank": round(float(values.sum() ** 2 / (values**2).sum()), 1),
        "variance_of_first_8_32_64": [round(float(values[:count].sum() / values.sum()), 3) for count in (8, 32, 64)],
        "zeros": round(float((vectors == 0).mean()), 2),
        "pairs_1_50_99_percent": np.round(np.quantile(pairs, [0.01, 0.5, 0.99]), 3).tolist(),
        "nearest_5_50_95_percent": np.round(np.quantile(nearest[:, 0], [0.05, 0.5, 0.95]), 3).tolist(),
        "tenth_5_50_95_percent": np.round(np.quantile(nearest[:, 9], [0.05, 0.5, 0.95]), 3).tolist(),
    }
