"""Memory that is free, given back to the system."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def release() -> None:
    """Give back what lies free between things that are kept, where the C library can do that (glibc).

    It keeps blocks of less than 32 MiB for later, and most of them do not fit what comes later: after a flow and a
    frame at 854x480 that is half a gigabyte. It takes some milliseconds, so it is for between large steps.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
