"""Frameloom makes, measures and matches video frames. This module holds the public names and nothing else."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from frameloom.catalog import ModelCard
from frameloom.errors import FrameloomError
from frameloom.frame import Frame
from frameloom.verbs.between import between
from frameloom.verbs.collage import collage, compare_methods
from frameloom.verbs.compare import compare, compare_pairs
from frameloom.verbs.demo import demo
from frameloom.verbs.flow import flow, flow_of_video
from frameloom.verbs.inspect import inspect
from frameloom.verbs.interpolate import interpolate, interpolate_all
from frameloom.verbs.load import load, register
from frameloom.verbs.match import build_index, index_info, search_index
from frameloom.verbs.measure import evaluate, leaderboard
from frameloom.verbs.morph import morph
from frameloom.verbs.patches import patches
from frameloom.verbs.plot import plot
from frameloom.verbs.selftest import selftest
from frameloom.verbs.streams import densify, open_sink

if TYPE_CHECKING:
    from frameloom.images import read_image, write_image
    from frameloom.interpolation.distance import ObjectMotion, distance_maps
    from frameloom.media.reading.source import open_source

__all__ = [
    "Frame",
    "FrameloomError",
    "ModelCard",
    "ObjectMotion",
    "between",
    "build_index",
    "collage",
    "compare",
    "compare_methods",
    "compare_pairs",
    "demo",
    "densify",
    "distance_maps",
    "evaluate",
    "flow",
    "flow_of_video",
    "index_info",
    "inspect",
    "interpolate",
    "interpolate_all",
    "leaderboard",
    "load",
    "morph",
    "open_sink",
    "open_source",
    "patches",
    "plot",
    "read_image",
    "register",
    "search_index",
    "selftest",
    "write_image",
]

# Names whose modules are heavy to import: fetched when first asked for.
_LATE = {
    "ObjectMotion": "frameloom.interpolation.distance",
    "distance_maps": "frameloom.interpolation.distance",
    "open_source": "frameloom.media.reading.source",
    "read_image": "frameloom.images",
    "write_image": "frameloom.images",
}


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module 'frameloom' has no attribute '{name}'")
