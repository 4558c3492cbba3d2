"""Two images and moments, or passes, to the images between them."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from frameloom.frame import FloatPixels
from frameloom.roles import Interpolator


def cascade(model: Interpolator, first: FloatPixels, last: FloatPixels, counts: Sequence[int]) -> Iterator[FloatPixels]:
    """Yield, in order, what the passes put between two images.

    Pass i puts `counts[i]` images between every two of the pass before, at k / (counts[i] + 1). Images stay float from
    pass to pass, and at most one per pass is held besides those being worked on.
    """
    if not counts:
        return
    count, rest = counts[0], counts[1:]
    moments = [float(Fraction(k, count + 1)) for k in range(1, count + 1)]
    previous = first
    for image in model.between(first, last, moments) if moments else ():
        yield from cascade(model, previous, image, rest)
        yield image
        previous = image
    yield from cascade(model, previous, last, rest)
