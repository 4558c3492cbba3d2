"""Any encoder as a descriptor: its tokens, pooled."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.composite import check_images, even_if_empty
from frameloom.features.patches import grid_size, prepare
from frameloom.features.pooling import gem_pool, mean_pool
from frameloom.roles import Descriptor, PatchEncoder


class Pooled(Descriptor):
    """The mean, or the generalised mean, of an encoder's tokens in each of grid x grid parts of an image.

    Images become squares of the encoder's own size, whatever their proportions: networks of this kind are trained so.
    """

    def __init__(self, encoder: PatchEncoder, options: DescriptorOptions) -> None:
        """Args: what makes the tokens; `pooling`, `gem_p` and `spatial_grid` say what becomes of them."""
        self._encoder = encoder
        pool = partial(gem_pool, power=options.gem_p) if options.pooling == "gem" else mean_pool
        self._pool = partial(pool, grid=options.spatial_grid)
        nothing = np.zeros((1, *(options.spatial_grid * encoder.patch,) * 2, 3), np.float32)
        self.dims = self._pool(encoder.encode(nothing)).shape[1]

    def describe(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (batch, dims) of unit length for images (batch, height, width, 3), RGB.

        Raises:
            ShapeError: not such images, or smaller than 16 pixels.
        """
        check_images(images)
        grid = grid_size(self._encoder, images.shape[1:3])
        pixels = [prepare(image.astype(np.float32) / np.float32(255), self._encoder, grid) for image in images]
        pooled = self._pool(self._encoder.encode(np.stack(pixels)))
        return np.stack([even_if_empty(vector) for vector in pooled]).astype(np.float32)
