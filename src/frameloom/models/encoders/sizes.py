"""What transformers over patches need, by the width of their tokens. Nothing heavy is imported here."""

from frameloom.catalog import InputSpec

_BYTES = 24 * 4
"""For each token and unit of its width, in float32: the most that one image held above the weights, as measured."""


def input_spec(width: int, patch: int) -> InputSpec:
    """Of an encoder whose tokens have so many channels and stand for squares of so many pixels a side."""
    return InputSpec(multiple=patch, bytes_per_pixel=-(-_BYTES * width // patch**2))  # batches gain nothing on CPUs
