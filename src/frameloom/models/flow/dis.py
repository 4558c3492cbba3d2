"""Weight-free optical flow: DIS (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016)."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Finest pyramid level that is searched, 1 = half the size. Level 0 costs six times the time for +0.03 dB of
# interpolated frame, level 2 loses 0.2 dB.
_FINEST_SCALE = 1
# Rounds of variational refinement per level (paper section 2.3); 10 gain nothing over 5.
_REFINEMENT_ROUNDS = 5
# OpenCV refuses pictures that do not hold a few 8-pixel patches on the finest level; smaller ones grow to this.
_SMALLEST_SIDE = 32


class DISFlow:
    """Dense optical flow by inverse search, on the CPU and without weights.

    Holds nothing between calls, so one instance serves any number of threads and picture sizes.
    """

    def estimate(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where each pixel of `first` is found in `second`.

        Args:
            first, second: float32 in [0, 1], both (height, width) grey or both (height, width, 3 or 4) RGB(A) of one
                size, from 1x1 up. Alpha is not looked at.

        Returns:
            (height, width, 2) float32, pixels; channel 0 = x right, 1 = y down; `second(x + flow(x)) ~ first(x)`.
        """
        height, width = first.shape[:2]
        # A fresh object per call: OpenCV's keeps its pyramids inside and would mix up two threads
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        search.setFinestScale(_FINEST_SCALE)
        search.setVariationalRefinementIterations(_REFINEMENT_ROUNDS)
        flow = np.asarray(search.calc(_search_picture(first), _search_picture(second), np.empty(0)), np.float32)
        flow = np.ascontiguousarray(flow[:height, :width])
        # The search may run off a flat picture; a motion longer than the picture says nothing
        limit = np.float32(height + width)
        return np.clip(np.nan_to_num(flow, nan=0.0, posinf=0.0, neginf=0.0), -limit, limit)


def _search_picture(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The uint8 grey picture that OpenCV searches, edges repeated to the right and below if it is too small."""
    grey = image
    if image.ndim == 3:
        grey = cv2.cvtColor(image, cv2.COLOR_RGBA2GRAY if image.shape[2] == 4 else cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    levels = np.rint(grey * np.float32(255.0)).astype(np.uint8)
    below, right = max(0, _SMALLEST_SIDE - height), max(0, _SMALLEST_SIDE - width)
    return np.pad(levels, ((0, below), (0, right)), mode="edge")
