"""Comparing images: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.models.zoo import catalog
from frameloom.results.comparing import Comparison, Comparisons
from frameloom.runtime import Backend, Device, EncoderPrecision, Runtime
from frameloom.verbs.load import runtime_of

if TYPE_CHECKING:
    from frameloom.similarity.compare import Method
    from frameloom.similarity.encoded_images import ImageEncoder

DEFAULT_ENCODER = "hog"
"""Not the best one but one that is always there: what a distance is must not depend on what is installed."""
Pool = Literal["patches", "all"]
Scale = Literal["absolute", "relative"]


def compare(
    image_a: str | Path | NDArray[Any],
    image_b: str | Path | NDArray[Any],
    output: str | Path | None = None,
    *,
    encoder: str = DEFAULT_ENCODER,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: EncoderPrecision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    size: int | None = None,
    keep_aspect: bool = False,
    pool: Pool = "patches",
    visualize: bool = False,
    scale: Scale = "absolute",
    arrow_stride: int = 4,
    pca: bool = True,
    overwrite: bool = False,
) -> Comparison:
    """Measure how alike two images are, and where they differ.

    Each image becomes a grid of tokens, one for each square patch. The distance is that of their means, from 0 (the
    same) over 1 (unrelated) to 2 (opposite). Maps say of each patch how well it is found anywhere in the other image.

    Args:
        image_a: Image file, or pixels `(height, width, 3 or 4)`: uint8, uint16 or float32 in [0, 1]. Alpha is not
            looked at.
        image_b: The same, of any size.
        output: A folder for summary.json and, with `visualize`, for pictures. Without it nothing is written.
        encoder: What makes the tokens; see `frameloom models list`, role encoder, for the names.
        checkpoint: Weights of the encoder: a file, or the folder that holds it as its authors lay it out.
        device: Where a network runs: auto, cpu, cuda or mps.
        precision: What a network computes in: auto, float32, bfloat16, float16, or int8 (on the CPU, by openvino).
        backend: What runs a network: auto, torch, openvino or onnx.
        max_memory: What a network may take, such as 6G. Half of what the machine has by default.
        size: Side of the square that images are resized to, in pixels, to the nearest multiple of the encoder's patch;
            the encoder's own by default.
        keep_aspect: Keep the proportions of images; their shorter side is then `size`.
        pool: What the distance is between: the mean of the tokens of patches, or of all, the class token included.
        visualize: Draw pictures into the output folder: maps of similarity and of mismatch both ways, arrows from patch
            to match, tokens as colours, and an overview.
        scale: What colours of maps stand for: absolute (the same in all pictures) or relative to each map's own range.
        arrow_stride: Patches from one arrow to the next.
        pca: Show tokens as colours: three principal components of both images together.
        overwrite: Replace an earlier result in that folder.

    Raises:
        CannotOpen: an image cannot be read.
        InputError: options that contradict each other, or an array that is not an image.
        OutputExists: the folder holds an earlier result.
        UnknownModel: no encoder has that name.
        ModelError: its checkpoint is missing or not its own, or an extra is not installed.
    """
    from frameloom.plots.comparison import Look, prepare_folder, save_comparison
    from frameloom.similarity.compare import compare_encoded
    from frameloom.similarity.encoded_images import encode_two

    if visualize and output is None:
        raise InputError("pictures need a folder to go to: name one after the two images")
    folder = None if output is None else Path(output)
    look = Look(scale=scale, arrow_stride=arrow_stride)
    if folder is not None:
        prepare_folder(folder, [image_a, image_b], overwrite=overwrite)
    asked = runtime_of(checkpoint, device, precision, backend, max_memory, 1, None)
    images, method = _set_up(encoder, asked, size, keep_aspect=keep_aspect, pool=pool, colours=pca)
    found = compare_encoded(*encode_two(image_a, image_b, images), method)
    return found if folder is None else save_comparison(found, folder, look if visualize else None, overwrite=overwrite)


def compare_pairs(
    config: str | Path | Sequence[Mapping[str, Any]],
    output: str | Path,
    *,
    encoder: str = DEFAULT_ENCODER,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: EncoderPrecision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    size: int | None = None,
    keep_aspect: bool = False,
    pool: Pool = "patches",
    visualize: bool = False,
    scale: Scale = "absolute",
    arrow_stride: int = 4,
    pca: bool = True,
    overwrite: bool = False,
) -> Comparisons:
    """Compare many pairs of images: one table for all, and with `visualize` a folder of pictures for each.

    Every image is read and encoded once. A pair that cannot be compared does not stop the others; it is told in the
    table and in `failures`. A run that was interrupted goes on where it was.

    Args:
        config: A JSON file with a list of pairs, or the list itself: objects with image_a, image_b and perhaps label;
            ref_img and dist_img are taken too. Paths in a file are relative to its folder.
        output: A folder for results.json, results.csv and a folder for each pair, named by its label.
        encoder: As in `compare`.
        checkpoint: As in `compare`.
        device: As in `compare`.
        precision: As in `compare`.
        backend: As in `compare`.
        max_memory: As in `compare`.
        size: As in `compare`.
        keep_aspect: As in `compare`.
        pool: As in `compare`.
        visualize: As in `compare`.
        scale: As in `compare`.
        arrow_stride: As in `compare`.
        pca: As in `compare`.
        overwrite: As in `compare`.

    Raises:
        CannotOpen: the pairs file cannot be read.
        InputError: it is not laid out as it must be.
        OutputExists: the folder holds an earlier result.
        UnknownModel, ModelError: as in `compare`.
    """
    from frameloom.plots.comparison import NAMES, Look, write_comparison
    from frameloom.similarity.pairs import TABLES, Wish, compare_entries
    from frameloom.similarity.pairs_file import read_pairs

    look = Look(scale=scale, arrow_stride=arrow_stride)
    entries = read_pairs(config, taken=TABLES)
    wish = Wish(
        output=Path(output),
        draw=(lambda found, folder: write_comparison(found, folder, look)) if visualize else None,
        look=asdict(look) if visualize else None,
        names=NAMES,
        config=Path(config) if isinstance(config, (str, Path)) else None,
        overwrite=overwrite,
    )
    asked = runtime_of(checkpoint, device, precision, backend, max_memory, 1, None)
    images, method = _set_up(encoder, asked, size, keep_aspect=keep_aspect, pool=pool, colours=visualize and pca)
    return compare_entries(entries, images, method, wish)


def _set_up(
    name: str, asked: Runtime, size: int | None, *, keep_aspect: bool, pool: Pool, colours: bool
) -> "tuple[ImageEncoder, Method]":
    """The encoder that was chosen, and how images are compared by it."""
    from frameloom.models.choice import ModelChoice
    from frameloom.similarity.compare import Method
    from frameloom.similarity.encoded_images import ImageEncoder

    card = catalog.find(name, "encoder")
    model = card.load(asked)
    images = ImageEncoder(model, size=size, keep_aspect=keep_aspect)
    side = size or model.size
    choice = ModelChoice(card, asked).settled((side, side))
    return images, Method(
        encoder=card.name,
        patch=model.patch,
        settings=choice.settings,
        identity=choice.identity(),
        grades=card.grades,
        pool=pool,
        colours=colours,
    )
