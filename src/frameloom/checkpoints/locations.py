"""Where a model's checkpoint is: what a user names, as its authors lay it out, or the cache."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from frameloom.cache import cache_folder
from frameloom.catalog import Checkpoint, ModelCard
from frameloom.checkpoints.files import verify
from frameloom.errors import ModelError

_ROOT = "checkpoints"
"""What authors call the folder that all of theirs are in; ours in the cache is called the same."""

_OPTION = "--checkpoint"
_CONVERTED = ".safetensors"
_ADAPTERS = ("adapter_model.safetensors", "adapter_model.bin")
"""What PEFT calls its files; the weights that they adapt may lie beside them."""
_SUFFIXES = (_CONVERTED, ".pkl", ".pth", ".pt", ".ckpt", ".bin")


def find_checkpoint(card: ModelCard, given: Path | None = None, *, option: str = _OPTION) -> Path:
    """The file with a card's weights.

    Args:
        card: A model that has a checkpoint.
        given: A file, whatever its name; or a folder: any on the way to the file as its authors lay it out, or one that
            holds it or a single other file with weights. Without it, the cache is looked at.
        option: By which a user gives it.

    Raises:
        ModelError: it is not there (the message says what it is called, where to get it and where to put it), or the
            one in the cache is not the file that the card describes.
    """
    if given is None:
        kept = kept_checkpoint(card)
        if kept is None:
            raise ModelError(f"{card.name} needs {how_to_get(card, option=option)}")
        verify_kept(card, kept)
        return kept
    try:
        return _find_in(given, card, _checkpoint_of(card), option)
    except OSError as error:
        raise ModelError(f"{given} cannot be looked at: {error.strerror or error}") from error


def find_flow_checkpoint(card: ModelCard, given: Path | None, beside: Path | None) -> Path:
    """The file with the weights of a flow estimator that another model is given.

    Args:
        card: Of the estimator.
        given: As in `find_checkpoint`.
        beside: What was given for the other model: a folder may hold the files of both.

    Raises:
        ModelError: as `find_checkpoint`.
    """
    if given is None and beside is not None and beside.is_dir():
        given = _first_file(_places_in(beside, card, _checkpoint_of(card)))  # by its name: the only file is the other's
    return find_checkpoint(card, given, option="--flow-checkpoint")


def find_adapted(card: ModelCard, adapter: Path) -> Path:
    """The file with the weights that a low-rank adapter belongs to: beside it, or in the cache.

    Args:
        card: Of the model.
        adapter: The file with the adapter.

    Raises:
        ModelError: it is in neither place.
    """
    beside = (place for place in _places_in(adapter.parent, card, _checkpoint_of(card)) if place != adapter)
    found = _first_file(beside) or kept_checkpoint(card)
    if found is None:
        raise ModelError(
            f"{adapter} holds low-rank adapters (LoRA) alone; put the weights that they adapt beside it: "
            f"{card.name} needs {how_to_get(card)}"
        )
    return found


def _find_in(given: Path, card: ModelCard, checkpoint: Checkpoint, option: str) -> Path:
    if given.is_file():
        return given
    if not given.exists():
        raise ModelError(f"{given} does not exist; {card.name} needs {how_to_get(card, option=option)}")
    places = (*(given / name for name in _ADAPTERS), *_places_in(given, card, checkpoint))
    found = _first_file(iter(places)) or _only_file(given, card)
    if found is None:
        raise ModelError(
            f"{given} holds no {checkpoint.path}, nor any end of that; "
            f"{card.name} needs {how_to_get(card, option=option)}"
        )
    return found


def kept_checkpoint(card: ModelCard) -> Path | None:
    """The file with a card's weights in the cache, if it is there."""
    return _first_file(_places_in_cache(card, _checkpoint_of(card)))


def verify_kept(card: ModelCard, path: Path) -> bool:
    """Compare a file in the cache with what its card knows; False where that is nothing or the file was converted.

    Raises:
        ModelError: size or hash differ.
    """
    checkpoint = _checkpoint_of(card)
    original = path.suffix == PurePosixPath(checkpoint.path).suffix
    return original and verify(path, checkpoint, name=str(path))


def place_of(card: ModelCard) -> Path:
    """Where in the cache a card's checkpoint belongs."""
    return cache_folder() / _ROOT / _checkpoint_of(card).path


def how_to_get(card: ModelCard, *, option: str = _OPTION) -> str:
    """Name and licence of the file, where a person gets it and what to do with it; the middle of a sentence."""
    checkpoint = _checkpoint_of(card)
    get = f"frameloom models fetch {card.own_name}, or" if checkpoint.url else "get it from"
    return (
        f"{checkpoint.path} (licence: {checkpoint.licence}): {get} {checkpoint.source}; "
        f"name it or its folder with {option}, or put it at {place_of(card)}"
    )


def _checkpoint_of(card: ModelCard) -> Checkpoint:
    if card.checkpoint is None:
        raise ModelError(f"{card.role} '{card.name}' has no weights, so it needs no checkpoint")
    return card.checkpoint


def _places_in(folder: Path, card: ModelCard, checkpoint: Checkpoint) -> Iterator[Path]:
    """Where the file may be in a folder of the user's, longest way first, converted files before originals."""
    yield folder / f"{card.own_name}{_CONVERTED}"
    for path in (checkpoint.path, *checkpoint.other_paths):
        parts = (_ROOT, *PurePosixPath(path).parts)
        for start in range(len(parts)):
            place = folder.joinpath(*parts[start:])
            yield from (place.with_suffix(_CONVERTED), place)


def _places_in_cache(card: ModelCard, checkpoint: Checkpoint) -> Iterator[Path]:
    """Only whole ways: files of several models may have one name."""
    root = cache_folder() / _ROOT
    yield root / f"{card.own_name}{_CONVERTED}"
    for path in (checkpoint.path, *checkpoint.other_paths):
        yield from ((root / path).with_suffix(_CONVERTED), root / path)


def _first_file(places: Iterator[Path]) -> Path | None:
    return next((place for place in places if place.is_file()), None)


def _only_file(folder: Path, card: ModelCard) -> Path | None:
    """The one file with weights that lies in the folder itself, under whatever name.

    Raises:
        ModelError: there are several.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
    if len(files) > 1:
        names = ", ".join(file.name for file in files[:5]) + (", ..." if len(files) > 5 else "")
        raise ModelError(f"{folder} holds several files with weights ({names}); name the one for {card.name}")
    return files[0] if files else None
