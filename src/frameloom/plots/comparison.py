"""Pictures of a comparison: what is alike, what is not, where it went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from frameloom.errors import InputError, RangeError
from frameloom.images import write_image
from frameloom.media.writing.sink import names_a_file
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.plots.arrows import MUTUAL, ONE_WAY, draw_arrows
from frameloom.plots.canvas import FAINT, Rgb, below, beside, fitted, grown, legend, line_of_text
from frameloom.plots.heat import Heat, Scale, check_scale, mismatch_heat, similarity_heat, squares
from frameloom.results.comparing import Comparison

SUMMARY = "summary.json"
_PCA = "pca_features.png"
NAMES = frozenset({
    "comparison.png", "similarity_A2B.png", "similarity_B2A.png", "mismatch_A.png", "mismatch_B.png",
    "vector_field.png", _PCA, SUMMARY,
})  # fmt: skip
"""All files that the folder of one comparison may hold."""

_HEIGHT, _WIDTH = 480, 640  # that images are fitted into
_GAP = 20
_MARGIN = 24
_NARROWEST = 300  # what captions need


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How maps are shown.

    Raises:
        RangeError: a scale that there is not, or a stride below 1.
    """

    scale: Scale = "absolute"
    arrow_stride: int = 4
    """Patches from one arrow to the next."""

    def __post_init__(self) -> None:
        check_scale(self.scale)
        if self.arrow_stride < 1:
            raise RangeError(f"arrow_stride is {self.arrow_stride}; it must be a whole number from 1 up")


def write_comparison(found: Comparison, folder: Path, look: Look) -> list[Path]:
    """Write all pictures of a comparison, and summary.json, into a folder; return the files.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    a, b = _fitted_both(found)
    alike = [similarity_heat(maps, look.scale, "cosine similarity of each patch to its best match")
             for maps in (found.ab, found.ba)]  # fmt: skip
    lacking = [mismatch_heat(maps, look.scale, "mismatch of each patch with its best match")
               for maps in (found.ab, found.ba)]  # fmt: skip
    drawn: dict[str, Callable[[], Rgb]] = {
        "comparison.png": lambda: _overview(found, (a, b), lacking),
        "similarity_A2B.png": lambda: _page("A in B", found, a, alike[0]),
        "similarity_B2A.png": lambda: _page("B in A", found, b, alike[1]),
        "mismatch_A.png": lambda: _page("What of A is not in B", found, a, lacking[0]),
        "mismatch_B.png": lambda: _page("What of B is not in A", found, b, lacking[1]),
        "vector_field.png": lambda: _arrows(found, a, b, look),
    }
    colours = found.ab.colours, found.ba.colours
    if colours[0] is not None and colours[1] is not None:
        shown = squares(colours[0], a.shape[:2]), squares(colours[1], b.shape[:2])
        drawn[_PCA] = lambda: _components(found, (a, b), shown)
    for name, draw in drawn.items():
        write_image(folder / name, draw())
    found.save(folder / SUMMARY)
    return [folder / name for name in (*drawn, SUMMARY)]


def prepare_folder(folder: Path, inputs: Sequence[object], *, overwrite: bool) -> None:
    """Refuse, before any work is done, what cannot be written; `inputs` that are paths must not be written over.

    Raises:
        OutputExists: the folder holds an earlier result, without `overwrite`.
        CannotWrite: it is a file, or holds something else.
        InputError: it is named like a file, or an input lies in it.
    """
    if names_a_file(folder):
        raise InputError(f"{folder} names a file; what is written goes to a folder")
    paths = [Path(item) for item in inputs if isinstance(item, (str, Path))]
    check_output(folder, paths, overwrite=overwrite, folder=True, names=NAMES)


def save_comparison(found: Comparison, folder: Path, look: Look | None, *, overwrite: bool) -> Comparison:
    """Write summary.json and, with a `look`, pictures into a folder that appears when all is there.

    Returns:
        The comparison, which knows its folder now.

    Raises:
        OutputExists, CannotWrite: as `prepare_folder`.
    """
    placed = replace(found, output=folder)
    with staged_folder(folder, overwrite=overwrite, names=NAMES) as working:
        if look is None:
            placed.save(working / SUMMARY)
        else:
            write_comparison(placed, working, look)
    return placed


def _overview(found: Comparison, images: tuple[Rgb, Rgb], heats: Sequence[Heat]) -> Rgb:
    """Both images, where they differ, and how much in a number and in words."""
    lacking = [heat.over(image) for heat, image in zip(heats, images, strict=True)]
    rows = [
        _captioned(list(images), [f"A  {found.image_a}", f"B  {found.image_b}"]),
        _captioned(lacking, ["what of A is not in B", "what of B is not in A"]),
    ]
    width = rows[0].shape[1]
    bar = max(heats, key=lambda heat: float(heat.values.max())).bar(width)  # the one that may go beyond the scale
    head = [line_of_text(_verdict(found), width, size=30, bold=True), line_of_text(_way(found), width, colour=FAINT)]
    return grown(below([below(head, gap=4), *rows, bar], gap=_GAP), margin=_MARGIN)


def _page(heading: str, found: Comparison, image: Rgb, heat: Heat) -> Rgb:
    """One map over its image."""
    shown = _wide_enough(heat.over(image))
    width = shown.shape[1]
    head = [
        line_of_text(heading, width, size=22, bold=True),
        line_of_text(f"A  {found.image_a}", width, colour=FAINT),
        line_of_text(f"B  {found.image_b}", width, colour=FAINT),
    ]
    return grown(below([below(head, gap=2), shown, heat.bar(width)], gap=_GAP // 2), margin=_MARGIN)


def _arrows(found: Comparison, a: Rgb, b: Rgb, look: Look) -> Rgb:
    field = _wide_enough(draw_arrows(a, b, found, gap=_GAP, stride=look.arrow_stride))
    width = field.shape[1]
    head = [
        line_of_text("Where patches of A are found in B", width, size=22, bold=True),
        line_of_text(f"A  {found.image_a}    B  {found.image_b}", width, colour=FAINT),
    ]
    said = {"each other's best match": MUTUAL, "best match only from A to B": ONE_WAY}
    return grown(below([below(head, gap=2), field, legend(said, width)], gap=_GAP // 2), margin=_MARGIN)


def _components(found: Comparison, images: tuple[Rgb, Rgb], shown: tuple[Rgb, Rgb]) -> Rgb:
    """Images, and under them their tokens as colours."""
    rows = [
        _captioned(list(images), [f"A  {found.image_a}", f"B  {found.image_b}"]),
        _captioned(list(shown), ["", ""]),
    ]
    width = rows[0].shape[1]
    head = [
        line_of_text("What the encoder sees", width, size=22, bold=True),
        line_of_text("the same colour in both: the same three main components", width, colour=FAINT),
    ]
    return grown(below([below(head, gap=2), *rows], gap=_GAP // 2), margin=_MARGIN)


def _verdict(found: Comparison) -> str:
    words = f": {found.grade}" if found.grade else ""
    return f"cosine distance {found.cosine_distance:.4f}{words}"


def _way(found: Comparison) -> str:
    """How it was measured, in a line."""
    grids = [f"{rows}x{columns}" for rows, columns in dict.fromkeys((found.grid_a, found.grid_b))]
    tokens = "patch tokens" if found.pool == "patches" else "all tokens"
    return f"{found.encoder}, mean of {' and '.join(grids)} {tokens}; 0 is the same, 2 the opposite"


def _captioned(images: list[Rgb], captions: list[str]) -> Rgb:
    parts: list[Rgb] = []
    for image, words in zip(images, captions, strict=True):
        shown = _wide_enough(image)
        parts.append(below([line_of_text(words, shown.shape[1], colour=FAINT), shown] if words else [shown], gap=4))
    return beside(parts, gap=_GAP)


def _wide_enough(image: Rgb) -> Rgb:
    """With white to the right where there would be no room for words."""
    return grown(image, width=_NARROWEST)


def _fitted_both(found: Comparison) -> tuple[Rgb, Rgb]:
    """Both images at one height, so that each fits."""
    heights = [min(_HEIGHT, round(_WIDTH * maps.image.shape[0] / maps.image.shape[1])) for maps in (found.ab, found.ba)]
    height = max(1, min(heights))
    a, b = (_at_height(maps.image, height) for maps in (found.ab, found.ba))
    return a, b


def _at_height(image: Rgb, height: int) -> Rgb:
    return fitted(image, (height, max(1, round(height * image.shape[1] / image.shape[0]))))
