"""From which similarity on two images are nearly the same; the tables of docs/scale.md.

    python benchmarks/near_duplicates.py --photos PHOTOS --clips CLIPS --json benchmarks/results/near_duplicates.json

Each photo is planted five times: stored again, scaled, cropped, recoloured, and all of it. What is found by each
similarity is counted: planted images that are left out, with their photo kept; photos that are left out because they
are like another photo; and frames of clips that are so like the next one, or the one a second later.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.features.descriptors.framing import framed
from frameloom.media.reading.source import open_source
from frameloom.retrieval.duplicates import SIMILARITIES, near_duplicates
from frameloom.roles import Descriptor

Image = NDArray[np.uint8]
Vectors = NDArray[np.float32]
ASPECT, SIZE = 16 / 9, 256
LEVELS = (0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995)
SECOND = 30  # frames


def stored(image: Image, random: np.random.Generator) -> Image:
    """As a JPEG of quality 50."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 50))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def scaled(image: Image, random: np.random.Generator) -> Image:
    """Half as wide and high."""
    return np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def cropped(image: Image, random: np.random.Generator) -> Image:
    """A twentieth of each side is gone."""
    height, width = (round(side * 0.95) for side in image.shape[:2])
    top, left = (
        int(random.integers(side - part + 1)) for side, part in zip(image.shape, (height, width), strict=False)
    )
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def recoloured(image: Image, random: np.random.Generator) -> Image:
    """Another hue by up to 4 degrees, saturation and brightness by up to a fifteenth."""
    hue, saturation, value = (random.choice((-1, 1)) * random.uniform(0.5, 1) for _ in range(3))
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + 2 * hue) % 180  # steps of two degrees
    hsv[..., 1] *= 1 + saturation / 15
    hsv[..., 2] *= 1 + value / 15
    return np.asarray(cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)


def all_of_it(image: Image, random: np.random.Generator) -> Image:
    return stored(scaled(recoloured(cropped(image, random), random), random), random)


CHANGES: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "stored": stored, "scaled": scaled, "cropped": cropped, "recoloured": recoloured, "all": all_of_it
}  # fmt: skip


def described(model: Descriptor, image: Image) -> Vectors:
    """Of an image as OpenCV reads it."""
    return model.describe(framed(np.ascontiguousarray(image[..., ::-1]), ASPECT, SIZE)[None])[0]


def planted(model: Descriptor, photos: Sequence[Path]) -> tuple[Vectors, NDArray[np.intp], list[str]]:
    """Vectors of all photos, then of what was made of them; of which photo each is, and how it was made."""
    random = np.random.default_rng(0)
    images = [cv2.imread(str(path)) for path in photos]
    vectors = [described(model, image) for image in images]
    owners, kinds = list(range(len(images))), ["photo"] * len(images)
    for number, image in enumerate(images):
        for kind, change in CHANGES.items():
            vectors.append(described(model, change(image, random)))
            owners.append(number)
            kinds.append(kind)
    return np.stack(vectors), np.array(owners), kinds


def counted(vectors: Vectors, owners: NDArray[np.intp], kinds: Sequence[str], least: float) -> dict[str, object]:
    """What a search for near-duplicates leaves out, rightly and wrongly."""
    right: dict[str, int] = dict.fromkeys(CHANGES, 0)
    wrong = photos_lost = 0
    for group in near_duplicates(vectors, least):
        for other in group.others:
            if owners[other] == owners[group.first] and kinds[other] != "photo":
                right[kinds[other]] += 1
            else:
                wrong += 1
                photos_lost += kinds[other] == "photo"
    total, photos = sum(right.values()), kinds.count("photo")
    return {
        "similarity": least,
        "recall": round(total / (photos * len(CHANGES)), 4),
        "precision": round(total / max(1, total + wrong), 4),
        "photos_left_out": photos_lost,
        **{kind: round(count / photos, 4) for kind, count in right.items()},
    }


def frames_alike(model: Descriptor, clips: Sequence[Path]) -> dict[str, Vectors]:
    """Similarities of frames with the next one, and with that a second later."""
    near: list[Vectors] = []
    far: list[Vectors] = []
    for path in clips:
        frames = islice(open_source(path), SECOND + 10)
        vectors = np.stack([described(model, frame.to_uint8()[..., ::-1]) for frame in frames])
        near.append((vectors[1:11] * vectors[:10]).sum(axis=1))
        far.append((vectors[SECOND:] * vectors[:-SECOND]).sum(axis=1))
    return {"next_frame": np.concatenate(near), "a_second_later": np.concatenate(far)}


def measured(name: str, photos: Sequence[Path], clips: Sequence[Path]) -> dict[str, object]:
    model = choose_descriptor(name, DescriptorOptions()).load()
    vectors, owners, kinds = planted(model, photos)
    frames = frames_alike(model, clips)
    distinct = vectors[: len(photos)] @ vectors[: len(photos)].T
    pairs = distinct[np.triu_indices(len(photos), 1)]
    rows: list[dict[str, object]] = []
    for least in sorted({*LEVELS, SIMILARITIES[name]}):
        row = counted(vectors, owners, kinds, least)
        row["distinct_pairs"] = int((pairs >= least).sum())
        row |= {which: round(float((found >= least).mean()), 3) for which, found in frames.items()}
        rows.append(row)
        print(name, row, flush=True)
    return {"default": SIMILARITIES[name], "most_similar_distinct": round(float(pairs.max()), 4), "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of JPEG files, also in folders within it")
    parser.add_argument("--clips", type=Path, required=True, help="a folder of .mp4 files")
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    photos, clips = sorted(chosen.photos.rglob("*.jpg")), sorted(chosen.clips.glob("*.mp4"))
    found = {name: measured(name, photos, clips) for name in SIMILARITIES}
    about = {"photos": len(photos), "planted": len(CHANGES) * len(photos), "clips": len(clips)}
    chosen.json.write_text(json.dumps({"about": about, "descriptors": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
