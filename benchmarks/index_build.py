"""How long images take to be described, against the way of the original tool.

    python benchmarks/index_build.py --photos PHOTOS --json benchmarks/results/index_build.json

Pools of 500 and 3000 pixel wide JPEG files are made of the photos, resized. The original's way: one process, every file
decoded at full size, an object for each image, histograms by NumPy and scikit-image. Times are processor time per image
with one thread, journal and files included, without the start of processes; on two processors the original uses one of
them, this package both, so that the last column is twice the ratio. `agreement` is how scaled decoding compares with
exact: mean and least similarity of the two vectors of an image.
"""

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.retrieval.build import IndexPlan, build
from frameloom.retrieval.describing import Describing
from frameloom.retrieval.index import open_index

POOLS = {500: 400, 3000: 60}
METHODS = ("canny", "hog")
SIZE = 256
ASPECT = 16 / 9


class OriginalMatcher:
    """The features of the original, as docs/coming-from.md tells of them."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._weights = np.array([0.33, 0.33, 0.34]) / 1.0

    def vector(self, path: Path) -> NDArray[np.float32]:
        image = cv2.imread(str(path))
        height, width = image.shape[:2]
        if abs(width / height - ASPECT) >= 0.01:
            rows, columns = (height, int(height * ASPECT)) if width / height > ASPECT else (int(width / ASPECT), width)
            top, left = (height - rows) // 2, (width - columns) // 2
            image = image[top : top + rows, left : left + columns]
        image = cv2.resize(image, (SIZE, int(SIZE / ASPECT)), interpolation=cv2.INTER_AREA)
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        parts = (self._edges(gray), self._texture(gray), self._colors(image))
        vector = np.concatenate([part * weight for part, weight in zip(parts, self._weights, strict=True)])
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def _edges(self, gray: NDArray[np.uint8]) -> NDArray[np.floating]:
        if self._method == "hog":
            return hog(gray, orientations=9, pixels_per_cell=(32, 32), cells_per_block=(2, 2), block_norm="L2-Hys")
        counts, _ = np.histogram(cv2.Canny(gray, 50, 150), bins=128, range=(0, 256))
        return counts / counts.sum()

    def _texture(self, gray: NDArray[np.uint8]) -> NDArray[np.floating]:
        across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3)
        magnitude = np.sqrt(across**2 + down**2)
        counts, _ = np.histogram(magnitude * 255 / magnitude.max(), bins=32, range=(0, 256))
        return counts / counts.sum()

    def _colors(self, image: NDArray[np.uint8]) -> NDArray[np.floating]:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        counts = cv2.calcHist([hsv], [0, 1, 2], None, [6, 6, 6], [0, 180, 0, 256, 0, 256])
        return cv2.normalize(counts, counts).ravel()


def make_pool(folder: Path, photos: list[Path], width: int, count: int) -> Path:
    """So many JPEG files of that width; photos are used again, a little shifted, where there are too few."""
    folder.mkdir()
    for number in range(count):
        photo = cv2.imread(str(photos[number % len(photos)]))
        shifted = np.roll(photo, 7 * (number // len(photos)), axis=1)
        resized = cv2.resize(
            shifted, (width, width * 3 // 4), interpolation=cv2.INTER_AREA if width < 1000 else cv2.INTER_CUBIC
        )
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), resized, (cv2.IMWRITE_JPEG_QUALITY, 90))
    return folder


def of_original(pool: Path, method: str) -> float:
    """Milliseconds of processor time per image."""
    files = sorted(pool.iterdir())
    started = time.process_time()
    for file in files:
        OriginalMatcher(method).vector(file)
    return 1000 * (time.process_time() - started) / len(files)


def of_ours(pool: Path, index: Path, method: str, *, exact: bool, compat: bool) -> float:
    """Milliseconds of processor time per image."""
    options = DescriptorOptions(comparison_size=SIZE, compat=compat)
    describing = Describing(choice=choose_descriptor(method, options), exact_decode=exact)
    started = time.process_time()
    made = build(pool, index, IndexPlan(describing=describing, workers=1, overwrite=True))
    return 1000 * (time.process_time() - started) / made.facts.images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    photos = sorted(path for path in chosen.photos.rglob("*") if path.suffix.lower() in {".jpg", ".png"})
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for width, count in POOLS.items():
            pool = make_pool(Path(folder) / str(width), photos, width, count)
            for method in METHODS:
                rows += measured(pool, Path(folder), method, width, count)
    about = {
        "machine": platform.machine(),
        "opencv": cv2.__version__,
        "photos": len(photos),
        "unit": "CPU ms per image",
    }
    chosen.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


def measured(pool: Path, folder: Path, method: str, width: int, count: int) -> list[dict[str, object]]:
    """A row for each way of ours, all against one run of the original's."""
    of_ours(pool, folder / "warm", method, exact=False, compat=False)  # imports and tables
    original = of_original(pool, method)
    rows: list[dict[str, object]] = []
    for compat in (False, True):
        for exact in (True, False):
            index = folder / f"{method}-{width}-{exact}-{compat}"
            ours = of_ours(pool, index, method, exact=exact, compat=compat)
            rows.append(
                {"method": method, "width": width, "images": count, "decode": "exact" if exact else "scaled",
                 "compat": compat, "original_ms": round(original, 2), "ours_ms": round(ours, 2),
                 "ratio": round(original / ours, 2), "on_two_processors": round(2 * original / ours, 2)}
            )  # fmt: skip
        whole, scaled = (
            np.asarray(open_index(folder / f"{method}-{width}-{exact}-{compat}").stored.vectors)
            for exact in (True, False)
        )
        alike = np.einsum("nd,nd->n", whole, scaled)
        rows[-1]["agreement"] = {"mean": round(float(alike.mean()), 4), "least": round(float(alike.min()), 4)}
    for row in rows:
        print(row, flush=True)
    return rows


if __name__ == "__main__":
    main()
