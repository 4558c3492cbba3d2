"""The nearer of the two frames: what is seen without any interpolation."""

from collections.abc import Iterator, Sequence

import numpy as np

from frameloom.frame import FloatPixels
from frameloom.roles import Moment

_MIDDLE = 0.5


class Nearest:
    """Shows the frame that is nearer in time, the first one in the middle; a distance map says so of each pixel."""

    def between(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """Yield `first` or `last`, shaped like the inputs."""
        for moment in moments:
            late = np.asarray(moment, dtype=np.float32) > _MIDDLE
            yield np.where(late[..., None] if late.ndim else late, last, first)
