"""Models and their checkpoints: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from frameloom.catalog import ModelCard, Role
from frameloom.errors import ModelError, UnknownModel
from frameloom.extras import install_command
from frameloom.models.zoo import catalog
from frameloom.results.models import Conversion, Fetched, Identification, ModelDetails, ModelList


def models_list() -> ModelList:
    """List all models, with the licence of their weights and whether those are found."""
    return ModelList(
        models=tuple(_details(card) for card in catalog.cards()), broken_plugins=dict(catalog.broken_plugins)
    )


def models_show(name: str, *, role: Role | None = None) -> ModelDetails:
    """Show all that is known of one model: variant, licences, paper, where its checkpoint is got and put.

    Args:
        name: Of the model, or an alias.
        role: What kind of model, where several kinds share a name; the first that has it by default.

    Raises:
        UnknownModel: there is none; the message offers the nearest names.
    """
    return _details(_card(name, role))


def models_fetch(name: str, *, role: Role | None = None, overwrite: bool = False) -> Fetched:
    """Download a model's checkpoint into the cache, or say where a person gets it.

    Args:
        name: Of the model, or an alias.
        role: What kind of model, where several kinds share a name; the first that has it by default.
        overwrite: Download it again.

    Raises:
        UnknownModel: there is none; the message offers the nearest names.
        ModelError: it has no weights, they must be got by hand, or the download failed or gave another file.
        CannotWrite: the cache cannot be written.
    """
    from frameloom.checkpoints.download import fetch_checkpoint

    return fetch_checkpoint(_card(name, role), overwrite=overwrite)


def models_identify(file: str | Path) -> Identification:
    """Say which models a file with weights fits, or what is known of it. Nothing in it is run.

    Args:
        file: A safetensors or PyTorch file, whatever its name.

    Raises:
        ModelError: it is no checkpoint, is damaged, or holds code; or PyTorch is not installed.
    """
    _need_torch()
    from frameloom.checkpoints.identification import identify

    return identify(Path(file), catalog.cards())


def models_convert(file: str | Path, output: str | Path, *, overwrite: bool = False) -> Conversion:
    """Write a checkpoint anew as a safetensors file: weights only, float32, named as the network names them.

    Args:
        file: A safetensors or PyTorch file with the weights of a known network.
        output: A name that ends in .safetensors.
        overwrite: Replace an earlier output of that name.

    Raises:
        ModelError: it is no checkpoint, is damaged, holds code or belongs to no known network; or PyTorch is not
            installed.
        InputError: the output is called otherwise.
        OutputExists: it is there already.
        CannotWrite: it cannot be written.
    """
    _need_torch()
    from frameloom.checkpoints.conversion import convert_checkpoint

    return convert_checkpoint(Path(file), Path(output), known=catalog.cards(), overwrite=overwrite)


def _card(name: str, role: Role | None) -> ModelCard:
    """The card of that name, of the first kind of model that has one."""
    close: list[str] = []
    for kind in get_args(Role) if role is None else (role,):
        try:
            return catalog.find(name, kind)
        except UnknownModel as error:
            close += error.close_names
    hint = f"did you mean {' or '.join(dict.fromkeys(close))}?" if close else "see: frameloom models list"
    raise UnknownModel(f"no model is called '{name}'; {hint}", close)


def _need_torch() -> None:
    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"checkpoints are read with PyTorch, and {' and '.join(missing)} cannot be found here; "
            f"add it with: {install_command('torch')}"
        )


def _details(card: ModelCard) -> ModelDetails:
    from frameloom.checkpoints.locations import kept_checkpoint, place_of

    weights = card.checkpoint
    kept = None if weights is None else kept_checkpoint(card)
    return ModelDetails(
        name=card.name,
        role=card.role,
        variant=card.variant,
        aliases=card.aliases,
        summary=card.summary,
        licence=card.licence,
        weights_licence=weights and weights.licence,
        paper=card.paper,
        flow=card.flow if card.estimator is None else card.estimator.name,
        checkpoint="not needed" if weights is None else "found" if kept else "missing",
        file=weights and weights.path,
        source=weights and weights.source,
        url=weights and weights.url,
        place=None if weights is None else kept or place_of(card),
        size=weights and weights.size,
        sha256=weights and weights.sha256,
    )
