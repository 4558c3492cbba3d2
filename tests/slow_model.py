"""A cross-fade that takes its time, so that tests can interrupt it."""

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from frameloom.models.interpolators.blend import Blend


class Slow(Blend):
    """Sleeps for SLOW_SECONDS before each frame."""

    def between(self, first: Any, last: Any, moments: Sequence[Any]) -> Iterator[Any]:
        for image in super().between(first, last, moments):
            time.sleep(float(os.environ.get("SLOW_SECONDS", "0")))
            yield image
