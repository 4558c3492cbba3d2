"""How much memory this machine has: what models may take when nobody says."""

import os
import re
from contextlib import suppress
from pathlib import Path

from frameloom.errors import RangeError

_UNKNOWN = 8 * 2**30
_CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def total_memory() -> int:
    """Bytes of main memory that this process can have in all: the machine's, or its container's."""
    known = [limit for path in _CONTAINER_LIMITS if (limit := _limit(path)) is not None]
    with suppress(AttributeError, ValueError, OSError):  # not on every system
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(known, default=_UNKNOWN)


def _limit(path: Path) -> int | None:
    try:
        words = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return int(words) if words.isdecimal() else None  # "max": without limit


def bytes_of(amount: str | int | None) -> int | None:
    """An amount of memory as users write it: 6G, 800M, 6GiB, 1.5 GB or bytes; units are powers of 1024.

    Raises:
        RangeError: it is none, or nothing.
    """
    if amount is None:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", str(amount), flags=re.IGNORECASE)
    size = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if size < 1:
        raise RangeError(f"max_memory is '{amount}'; give an amount such as 6G or 800M")
    return size
