"""Where what is downloaded or computed once is kept."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Where downloads and caches go: FRAMELOOM_HOME, or the user's cache folder."""
    chosen = os.environ.get("FRAMELOOM_HOME")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "frameloom"
