"""Curves that say where along its path something is at each time: 0 as in the first image, 1 as in the last.

A curve is the name of a preset, or points. Between points it is a monotone cubic (Fritsch and Carlson, "Monotone
Piecewise Cubic Interpolation", SIAM J. Numer. Anal. 1980; SciPy's PCHIP): smooth, and never beyond the two points it
runs between. What an ordinary cubic spline makes of 0, 0, 1, 1 goes below 0 and above 1, where there is no image.
"""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator  # pyright: ignore[reportUnknownVariableType]

from frameloom.errors import InputError, RangeError

Curve = str | Sequence[float] | Sequence[tuple[float, float]] | NDArray[Any]
"""The name of a preset; or values in [0, 1] evenly spaced in time, the first at time 0, the last at time 1; or pairs of
time and value, both in [0, 1], times rising. Before the first pair and after the last its value is held."""

Position = Callable[[float], float]
"""Time in [0, 1] to place along the path in [0, 1]."""

# Nearer in time than this, slopes get too steep for floating point; a thousandth of a frame of x128.
_SHORTEST_STEP = 1e-5

PRESETS: dict[str, Position] = {
    "linear": lambda time: time,
    "ease-in": lambda time: time * time,
    "ease-out": lambda time: time * (2 - time),
    "ease-in-out": lambda time: time * time * (3 - 2 * time),
    "hold-start": lambda time: 0.0,
    "hold-end": lambda time: 1.0,
    "delay": lambda time: max(0.0, 2 * time - 1),
    "rush": lambda time: min(1.0, 2 * time),
    "reverse": lambda time: 1 - time,
    "ping-pong": lambda time: 1 - abs(2 * time - 1),
}


def position_along(curve: Curve) -> Position:
    """The function that a curve stands for.

    Raises:
        InputError: no preset of that name, or neither a name nor points.
        RangeError: a value or time outside [0, 1], times that do not rise, or fewer than two points.
    """
    if isinstance(curve, str):
        if curve not in PRESETS:
            raise InputError(f"no curve is called '{curve}'; {meant(curve, PRESETS)}")
        return PRESETS[curve]
    times, values = _points(curve)
    with np.errstate(over="ignore"):  # steps of 1e-320: the slope comes out as 0, as it should
        smooth = cast(Callable[[float], float], PchipInterpolator(times, values))

    def position(time: float) -> float:
        if time <= times[0]:
            return float(values[0])
        if time >= times[-1]:
            return float(values[-1])
        after = int(np.searchsorted(times, time, side="right"))
        low, high = sorted((float(values[after - 1]), float(values[after])))
        return min(max(float(smooth(time)), low), high)  # rounding alone could leave what lies between the two points

    return position


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message about a word that is not known."""
    known = list(known)
    close = difflib.get_close_matches(word.lower(), known, n=2, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(known)}"


def _points(curve: Sequence[Any] | NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and values, both (count,), checked."""
    try:
        points = np.asarray(curve, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"a curve is {_shortened(curve)}; {_EXPECTED}") from None
    if points.ndim == 1 and len(points) >= 2:
        times, values = np.linspace(0, 1, len(points)), points
    elif points.ndim == 2 and points.shape[1] == 2 and len(points) >= 2:
        times, values = points[:, 0], points[:, 1]
    elif points.ndim in (1, 2) and len(points) < 2:
        raise RangeError(f"a curve has {len(points)} points; it needs at least two")
    else:
        raise InputError(f"a curve is {_shortened(curve)}; {_EXPECTED}")
    _check_within(times, "time")
    _check_within(values, "value")
    early = np.flatnonzero(np.diff(times) < _SHORTEST_STEP)
    if early.size:
        before, after = times[early[0]], times[early[0] + 1]
        raise RangeError(f"a curve's times go from {before:g} to {after:g}; each must be later than the one before")
    return times, values


_EXPECTED = f"give a name ({', '.join(PRESETS)}), values from 0 to 1, or pairs of time and value"


def _check_within(numbers: NDArray[np.float64], what: str) -> None:
    outside = numbers[~((numbers >= 0) & (numbers <= 1))]
    if outside.size:
        raise RangeError(f"a curve has the {what} {outside[0]:g}; {what}s are from 0 to 1")


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
