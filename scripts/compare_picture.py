"""Draw the picture of docs/compare.md: a cross-fade beside the frame that should be there."""

import contextlib
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

import frameloom as fl
from frameloom.reports.scene import Scene

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "compare.jpg"
WIDTH = 960


def main() -> None:
    """Write docs/compare.jpg."""
    scene = Scene(270, 480)
    first, truth, last = (scene.frame_at(Fraction(tenths, 10)) for tenths in (6, 7, 8))
    (blend,) = fl.between(first, last, at=[0.5], model="blend")
    with tempfile.TemporaryDirectory() as folder:
        names = [Path(folder) / name for name in ("cross-fade.png", "truth.png")]
        for name, pixels in zip(names, (blend, truth), strict=True):
            fl.write_image(name, np.asarray(pixels))
        with contextlib.chdir(folder):
            found = fl.compare(names[0].name, names[1].name, encoder="color", keep_aspect=True)
        fl.plot(found, Path(folder) / "out")
        picture = Image.open(Path(folder) / "out" / "comparison.png")
        picture.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        picture.save(PICTURE, quality=78, optimize=True)


if __name__ == "__main__":
    main()
