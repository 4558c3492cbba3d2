"""An index by its folder, or by that of its images: then it is kept in the user's cache and brought up to date."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from frameloom.cache import cache_folder
from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import CannotOpen, ModelError
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.retrieval.build import IndexPlan, build
from frameloom.retrieval.describing import Describing
from frameloom.retrieval.facts import damaged
from frameloom.retrieval.index import PoolIndex, open_index
from frameloom.retrieval.store import FACTS, StoredIndex, is_index
from frameloom.runtime import Runtime


def index_of(place: Path, plan: IndexPlan) -> PoolIndex:
    """The index in a folder as it is; or of the images in it, as planned.

    The index of a folder of images lies in the user's cache, one for each plan. What is new, gone or changed since it
    was last asked for is taken in; where it is damaged, it is made again.

    Args:
        place: Folder of an index, or of images.
        plan: What an index of images is to be. Of an index, `describing_of` tells how it was made.

    Raises:
        CannotOpen: the index is damaged, or the folder cannot be listed.
        NoFrames: there is no image in the folder that can be read.
        CannotWrite: the cache cannot be written, or another run is making the index.
    """
    if is_index(place):
        return open_index(place)
    folder = cached_place(place, plan)
    try:
        build(place, folder, plan)
        return open_index(folder, place)
    except CannotOpen:
        if not is_index(folder):
            raise
        build(place, folder, replace(plan, overwrite=True))
        return open_index(folder, place)


def cached_place(root: Path, plan: IndexPlan) -> Path:
    """Where the index of a folder of images is kept."""
    identity = [str(root.resolve()), plan.describing.parameters(), plan.dtype, plan.limit]
    name = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "indexes" / name


def describing_of(stored: StoredIndex) -> Describing:
    """How the images of an index became vectors, so that others can be looked for.

    Raises:
        CannotOpen: the parameters are damaged, or describe no longer what they did.
        ModelError: its descriptor or the checkpoint is not here.
    """
    path, parameters = stored.folder / FACTS, stored.facts.parameters
    try:
        describing = _describing(parameters)
        same = describing.parameters() == parameters
    except ModelError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError, OverflowError) as error:
        raise damaged(path, f"the parameters cannot be used: {str(error)[:100]}") from error
    if not same:
        raise CannotOpen(
            f"{stored.folder} was made by another version of {describing.choice.name}, or of its checkpoint; "
            f"build it again with --overwrite"
        )
    return describing


def _describing(parameters: Mapping[str, Any]) -> Describing:
    options: dict[str, Any] = dict(parameters["options"])
    aspect = str(options["aspect"])
    options["aspect"] = float(aspect) if "." in aspect else Fraction(aspect)
    checkpoint = parameters["checkpoint"]
    runtime = Runtime(**parameters["runtime"], checkpoint=None if checkpoint is None else Path(str(checkpoint)))
    choice = choose_descriptor(str(parameters["descriptor"]), DescriptorOptions(**options), runtime)
    return Describing(choice=choice, exact_decode=bool(parameters["exact_decode"]))
