"""The descriptor `spatial_color`: colours of 4 x 4 parts, and nothing else; it takes no weights."""

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors import original
from frameloom.features.descriptors.color import Colors
from frameloom.features.descriptors.composite import Composite
from frameloom.features.descriptors.projection import Projected


def spatial_color(options: DescriptorOptions) -> Composite:
    """256 numbers: 8192 (8 x 8 x 8 colours in each part), projected."""
    if options.compat:
        return original.spatial_color()
    return Composite([Projected(Colors(8, grid=4))], [1])
