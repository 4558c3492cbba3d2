"""The descriptor `canny`: edges, texture and colour of the whole image."""

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors import original
from frameloom.features.descriptors.color import Colors
from frameloom.features.descriptors.composite import Composite, weighted
from frameloom.features.descriptors.edges import Edges
from frameloom.features.descriptors.texture import Texture


def canny(options: DescriptorOptions) -> Composite:
    """376 numbers: 128 of edges (8 directions in 4 x 4 parts), 32 of texture, 216 of colour."""
    if options.compat:
        return original.canny(options)
    return weighted((Edges(grid=4, directions=8), Texture(32), Colors(6)), options.weights)
