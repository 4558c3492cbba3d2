"""Cross-fade: the baseline every interpolator must beat, and a fallback that never invents motion."""

from collections.abc import Iterator, Sequence

import numpy as np

from frameloom.frame import FloatPixels
from frameloom.roles import Moment


class Blend:
    """Mixes the two frames in proportion to the moment; a distance map mixes each pixel by its own value."""

    def between(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """Yield `(1 - moment) * first + moment * last`, shaped like the inputs."""
        for moment in moments:
            share = np.asarray(moment, dtype=np.float32)
            weight = share[..., None] if share.ndim else share
            yield (first + weight * (last - first)).astype(np.float32, copy=False)
