"""`frameloom compare` on consecutive frames against the original's way, with the same encoder, in processor seconds.

    python benchmarks/compare_speed.py FOLDER [--encoder hog] [--checkpoint FILE] [--precision WORD] [--output FILE]

The original's way (VFI-Similarity at 8f0e952, from what it does, not its code): every pair is encoded anew, twice where
only the distance is wanted (each image once) and four times with pictures (each image twice); each picture is a
matplotlib figure of its own at 150 dots per inch. Ours: each image is encoded once, and pictures are put together
without figures. Both read the same files and bring them to the same size. The original's way computes in float32; ours
in the precision that is asked for, with the same encoder object where that is float32 too. The weights of a network may
follow a rule (`--checkpoint rule`): neither way is faster with others. Rounds take turns, and the fastest of each
counts, so that a busy machine slows both.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from encoder_speed import write_checkpoint
from matplotlib import pyplot
from matplotlib.patches import ConnectionPatch
from numpy.typing import NDArray

from frameloom.features.patches import grid_size, prepare
from frameloom.features.principal import PrincipalFit
from frameloom.features.similarity import cosine_distance, unit_length
from frameloom.frame import float_pixels
from frameloom.images import images_in, read_image
from frameloom.models.zoo import catalog
from frameloom.plots.comparison import NAMES, Look, write_comparison
from frameloom.roles import PatchEncoder
from frameloom.runtime import Runtime
from frameloom.similarity.compare import Method
from frameloom.similarity.encoded_images import ImageEncoder
from frameloom.similarity.pairs import Wish, compare_entries
from frameloom.similarity.pairs_file import read_pairs

DOTS = 150
STRIDE = 4
_EXACT, _REDUCED = 1e-5, 1e-3  # how far distances may be from the original's


class OriginalWay:
    """One forward for one image, whenever its tokens are wanted."""

    def __init__(self, encoder: PatchEncoder) -> None:
        self.encoder = encoder

    def tokens(self, path: Path) -> NDArray[np.float32]:
        image = float_pixels(read_image(path))
        grid = grid_size(self.encoder, (image.shape[0], image.shape[1]))
        return self.encoder.encode(prepare(image, self.encoder, grid)[None])[0]

    def distances(self, pairs: Sequence[tuple[Path, Path]], folder: Path | None) -> list[float]:
        found: list[float] = []
        for number, pair in enumerate(pairs):
            a, b = (self.tokens(path) for path in pair)
            found.append(cosine_distance(a.mean(axis=(0, 1)), b.mean(axis=(0, 1))))
            if folder is not None:
                place = folder / f"pair_{number:03d}"
                place.mkdir()
                self._draw(pair, place)
        return found

    def _draw(self, pair: tuple[Path, Path], place: Path) -> None:
        a, b = (self.tokens(path) for path in pair)
        flat = [unit_length(tokens.reshape(-1, tokens.shape[2])) for tokens in (a, b)]
        similarity = flat[0] @ flat[1].T
        shape = a.shape[:2]
        for name, values in (("A2B", similarity.max(axis=1)), ("B2A", similarity.max(axis=0))):
            best = values.reshape(shape)
            _figure(place / f"similarity_{name}.png", best, "viridis")
            span = max(float(np.ptp(best)), 1e-8)
            _figure(place / f"mismatch_{name[0]}.png", 1 - (best - best.min()) / span, "hot")
        _arrows(place / "vector_field.png", pair, similarity.argmax(axis=1), shape)
        fit = PrincipalFit()
        fit.add(np.concatenate([tokens.reshape(-1, tokens.shape[2]) for tokens in (a, b)]))
        colours = fit.colours()
        figure, axes = pyplot.subplots(1, 2, figsize=(10, 5))
        for axis, tokens in zip(axes, (a, b), strict=True):
            axis.imshow(colours.paint(tokens))
            axis.axis("off")
        figure.savefig(place / "pca_features.png", dpi=DOTS, bbox_inches="tight")
        pyplot.close(figure)


def _figure(path: Path, values: NDArray[np.floating], palette: str) -> None:
    figure, axis = pyplot.subplots(figsize=(6, 5))
    shown = axis.imshow(values, cmap=palette)
    figure.colorbar(shown)
    axis.axis("off")
    figure.savefig(path, dpi=DOTS, bbox_inches="tight")
    pyplot.close(figure)


def _arrows(path: Path, pair: tuple[Path, Path], matches: NDArray[np.int64], shape: tuple[int, int]) -> None:
    figure, axes = pyplot.subplots(1, 2, figsize=(12, 6))
    sides = [read_image(image) for image in pair]
    for axis, image in zip(axes, sides, strict=True):
        axis.imshow(image, extent=(0, shape[1], shape[0], 0), aspect="auto")
        axis.axis("off")
    for row in range(0, shape[0], STRIDE):
        for column in range(0, shape[1], STRIDE):
            there = divmod(int(matches[row * shape[1] + column]), shape[1])
            figure.add_artist(ConnectionPatch(
                (column + 0.5, row + 0.5), (there[1] + 0.5, there[0] + 0.5), "data", "data", axesA=axes[0],
                axesB=axes[1], arrowstyle="->", color="cyan",
            ))  # fmt: skip
    figure.savefig(path, dpi=DOTS, bbox_inches="tight")
    pyplot.close(figure)


def our_way(
    encoder: PatchEncoder, name: str, pairs: Sequence[tuple[Path, Path]], folder: Path, draw: bool
) -> list[float]:
    """What `compare_pairs` does once its encoder is there."""
    entries = read_pairs([{"image_a": str(a), "image_b": str(b)} for a, b in pairs], taken=frozenset())
    wish = Wish(
        output=folder / "ours", draw=(lambda found, place: write_comparison(found, place, Look())) if draw else None,
        names=NAMES,
    )  # fmt: skip
    method = Method(encoder=name, patch=encoder.patch, colours=draw)
    return [pair.cosine_distance for pair in compare_entries(entries, ImageEncoder(encoder), method, wish).pairs]


def measured(work: Callable[[Path], list[float]]) -> tuple[float, list[float]]:
    """Processor seconds, and what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        found = work(Path(folder))
        return time.process_time() - started, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="consecutive frames")
    parser.add_argument("--encoder", default="hog")
    parser.add_argument("--checkpoint", help="a file, or the word rule")
    parser.add_argument("--precision", default="float32", help="of our way: float32, bfloat16 or int8")
    parser.add_argument("--backend", default="auto", help="of our way")
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="a .json file")
    given = parser.parse_args()
    mpl.use("agg")
    with tempfile.TemporaryDirectory() as folder:
        by_rule = given.checkpoint == "rule"
        compared(given, write_checkpoint(Path(folder), given.encoder) if by_rule else given.checkpoint)


def compared(given: argparse.Namespace, checkpoint: str | Path | None) -> None:
    """Measure, print and write."""
    pairs = list(pairwise(images_in(given.folder)[: given.frames]))
    plain = Runtime(checkpoint=None if checkpoint is None else Path(checkpoint))
    original = OriginalWay(catalog.build(given.encoder, "encoder", plain))
    encoder: PatchEncoder = original.encoder
    if given.precision != "float32":
        asked = replace(plain, precision=given.precision, backend=given.backend)
        encoder = catalog.build(given.encoder, "encoder", asked)
    original.distances(pairs[:1], None)  # what the first forward and the first figure cost is nobody's
    measured(lambda folder: original.distances(pairs[:1], folder))
    measured(lambda folder: our_way(encoder, given.encoder, pairs[:1], folder, draw=False))
    rows: list[dict[str, float | str]] = []
    for what, draw in (("distances alone", False), ("with pictures", True)):
        theirs, ours = float("inf"), float("inf")
        for _ in range(given.rounds):
            seconds, expected = measured(lambda folder, d=draw: original.distances(pairs, folder if d else None))
            theirs = min(theirs, seconds)
            seconds, found = measured(lambda folder, d=draw: our_way(encoder, given.encoder, pairs, folder, d))
            ours = min(ours, seconds)
            apart = float(np.abs(np.subtract(found, expected)).max())
            if apart > (_EXACT if given.precision == "float32" else _REDUCED):
                raise SystemExit(f"the two ways differ by {apart} in their distances; their times cannot be compared")
        rows.append({"what": what, "original_cpu_s": theirs, "ours_cpu_s": ours, "ratio": theirs / ours,
                     "greatest_difference_of_distances": apart})  # fmt: skip
        print(f"{what}: original's way {theirs:.2f} s, ours {ours:.2f} s, {theirs / ours:.1f} times faster", flush=True)
    if given.output:
        about = {
            "encoder": given.encoder, "precision": given.precision, "backend": given.backend,
            "pairs": len(pairs), "folder": given.folder.name, "rounds": given.rounds,
            "threads": os.environ.get("OMP_NUM_THREADS", "not set"), "python": platform.python_version(),
            "machine": platform.machine(), "rows": rows,
        }  # fmt: skip
        given.output.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
