"""Tokens as colours: their main components, found for two images together so that the same colour is the same thing."""

import numpy as np
from numpy.typing import NDArray

_COMPONENTS = 3
_STEEPNESS = 2.0  # as VFI-Similarity: whitened components through 1 / (1 + exp(-2 z))
_NOTHING = 1e-9  # of the whole variance: below, a component is rounding


def joint_colours(
    first: NDArray[np.floating], second: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours of the tokens of two images: three principal components of both, of unit variance, as red, green, blue.

    The sign of a component is that of its largest weight, which is taken as positive. Components in which the tokens do
    not differ are grey.

    Args:
        first: (rows, columns, channels).
        second: (other rows, other columns, channels).

    Returns:
        (rows, columns, 3) and (other rows, other columns, 3) in [0, 1].
    """
    channels = first.shape[2]
    tokens = np.concatenate([first.reshape(-1, channels), second.reshape(-1, channels)]).astype(np.float64)
    centred = tokens - tokens.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / max(1, len(tokens) - 1))  # rising
    colours = np.full((len(tokens), _COMPONENTS), 0.5)
    for place in range(min(_COMPONENTS, channels)):
        variance, axis = float(variances[-1 - place]), axes[:, -1 - place]
        if variance <= _NOTHING * float(variances.sum()):
            break
        sign = np.sign(axis[np.argmax(np.abs(axis))])
        colours[:, place] = 1 / (1 + np.exp(-_STEEPNESS * sign * (centred @ axis) / np.sqrt(variance)))
    count = first.shape[0] * first.shape[1]
    return (
        colours[:count].reshape(*first.shape[:2], _COMPONENTS).astype(np.float32),
        colours[count:].reshape(*second.shape[:2], _COMPONENTS).astype(np.float32),
    )
