"""Flow as a picture: direction as hue, length as saturation.

Baker, Scharstein, Lewis, Roth, Black, Szeliski: "A Database and Evaluation Methodology for Optical Flow", IJCV 2011,
figure 3: the colours in which the field shows its flows.
"""

import numpy as np
from numpy.typing import NDArray

# Steps from each corner colour to the next: fewer where the eye tells fewer hues apart
_STEPS = (15, 6, 4, 11, 13, 6)
_CORNERS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0]])
_BEYOND = 0.75  # how bright vectors are shown that are longer than the longest in full colour


def flow_picture(flow: NDArray[np.float32], *, longest: float | None = None) -> NDArray[np.uint8]:
    """Paint a flow: white where nothing moves, red to the right, then yellow, green, cyan, blue and magenta clockwise.

    Args:
        flow: (height, width, 2), pixels, x right then y down. What is not finite becomes black.
        longest: Pixels that are shown in full colour, above 0; by default the longest vector of this flow.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    known = np.asarray(np.isfinite(flow).all(axis=2), np.bool_)
    x, y = np.where(known[..., None], flow, 0).astype(np.float64).transpose(2, 0, 1)
    length = np.hypot(x, y)
    full = longest or float(length.max()) or 1.0
    share = (length / full)[..., None]
    turn = np.arctan2(y, x) / (2 * np.pi) % 1.0  # 0 is right; y points down, so this goes clockwise
    hue = _hues(turn)
    colour = np.where(share <= 1, 1 - share * (1 - hue), _BEYOND * hue)
    return (255 * colour * known[..., None]).astype(np.uint8)


def _hues(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """(height, width, 3) in [0, 1]: the colour of each direction, in full turns from the right."""
    ends = np.cumsum([0, *_STEPS]) / sum(_STEPS)
    return np.stack([np.interp(turn, ends, _CORNERS[:, channel]) for channel in range(3)], axis=-1)
