"""The descriptor `spatial_pyramid`: edges, texture and colour of each part of the image by itself."""

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors import original
from frameloom.features.descriptors.color import Colors
from frameloom.features.descriptors.composite import Composite, weighted
from frameloom.features.descriptors.edges import Edges
from frameloom.features.descriptors.texture import Texture


def spatial_pyramid(options: DescriptorOptions) -> Composite:
    """1088 numbers for a grid of 2 x 2, 2448 for 3 x 3: 24 of edges, 32 of texture, 216 of colour for each part."""
    if options.compat:
        return original.spatial_pyramid(options)
    grid = options.spatial_grid
    parts = (Edges(grid=grid, directions=24), Texture(32, grid=grid), Colors(6, grid=grid))
    return weighted(parts, options.weights)
