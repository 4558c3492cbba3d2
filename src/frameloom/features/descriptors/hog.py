"""The descriptor `hog`: where edges are and which way they run, texture, colour."""

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors import original
from frameloom.features.descriptors.blocks import Blocks
from frameloom.features.descriptors.color import Colors
from frameloom.features.descriptors.composite import Composite, weighted
from frameloom.features.descriptors.texture import Texture


def hog(options: DescriptorOptions) -> Composite:
    """1332 numbers at 256x144: 756 of gradients, 64 of texture, 512 of colour; 684 at 128x72, 4896 at 512x288.

    Raises:
        RangeError: the comparison size is too small.
    """
    if options.compat:
        return original.hog(options)
    return weighted((Blocks(options.size), Texture(64), Colors(8)), options.weights)
