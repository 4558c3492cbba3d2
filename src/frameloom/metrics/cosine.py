"""Cosine distance of what an encoder makes of two images: `cosine:` and the name of any encoder."""

from collections.abc import Mapping

from frameloom.features.patches import grid_size, prepare
from frameloom.features.pooling import mean_pool
from frameloom.features.similarity import cosine_distance
from frameloom.frame import float_pixels
from frameloom.metrics.metric import Image, Metric, frame_by_frame
from frameloom.roles import PatchEncoder

PREFIX = "cosine:"


def cosine(name: str, encoder: PatchEncoder, weights: Mapping[str, str]) -> Metric:
    """The metric of an encoder: distance of the mean tokens of both images, at the size that the encoder likes, 0..2.

    Args:
        name: Of the encoder.
        encoder: The encoder itself.
        weights: Its name -> SHA-256 of its file; empty where it has none.
    """

    def distance(prediction: Image, truth: Image) -> float:
        grid = grid_size(encoder, (truth.shape[0], truth.shape[1]))
        images = [prepare(float_pixels(image), encoder, grid)[None] for image in (prediction, truth)]
        first, second = (mean_pool(encoder.encode(image))[0] for image in images)
        return cosine_distance(first, second)

    return Metric(
        name=PREFIX + name, title=f"cosine ({name})", unit="", higher_is_better=False, bounds=(0, 2), equal=0,
        scores=frame_by_frame(distance), weights=weights,
    )  # fmt: skip
