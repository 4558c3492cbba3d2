"""How well each descriptor finds an image again after a change; the tables of docs/descriptors.md.

    python benchmarks/retrieval.py --clips CLIPS ... --photos PHOTOS --json benchmarks/results/retrieval.json

Half of the photos are looked for, each changed in several ways. The pool holds these, frames of the clips, and crops of
the other half. Times are processor time of one thread, on the images of the pool after framing.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import original_descriptors
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.features.descriptors.framing import framed
from frameloom.media.reading.source import open_source
from frameloom.roles import Descriptor

Image = NDArray[np.uint8]
ASPECT, SIZE = 16 / 9, 256
SOUGHT = 200  # photos
CROPS = 13  # of each other photo
EVERY = 3  # frame of a clip
TIMED, TURNS = 300, 3  # images whose description is timed; the fastest turn counts

METHODS: dict[str, tuple[str, DescriptorOptions]] = {
    "canny": ("canny", DescriptorOptions()),
    "canny, colour alone": ("canny", DescriptorOptions(edge_weight=0, texture_weight=0)),
    "canny, edge alone": ("canny", DescriptorOptions(color_weight=0, texture_weight=0)),
    "canny, texture alone": ("canny", DescriptorOptions(edge_weight=0, color_weight=0)),
    "spatial_pyramid, grid 2": ("spatial_pyramid", DescriptorOptions()),
    "spatial_pyramid, grid 3": ("spatial_pyramid", DescriptorOptions(spatial_grid=3)),
    "hog": ("hog", DescriptorOptions()),
    "hog, edge alone": ("hog", DescriptorOptions(color_weight=0, texture_weight=0)),
    "spatial_color": ("spatial_color", DescriptorOptions()),
    "color": ("color", DescriptorOptions()),
    "pooled:hog": ("pooled:hog", DescriptorOptions(spatial_grid=3)),
    "canny, compat": ("canny", DescriptorOptions(compat=True)),
    "spatial_pyramid, compat": ("spatial_pyramid", DescriptorOptions(compat=True)),
    "hog, compat": ("hog", DescriptorOptions(compat=True)),
    "spatial_color, compat": ("spatial_color", DescriptorOptions(compat=True)),
}
ORIGINALS = ("canny", "spatial_pyramid", "hog", "spatial_color")


def flipped(image: Image, random: np.random.Generator) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def cropped(image: Image, random: np.random.Generator) -> Image:
    """Three quarters of each side, anywhere."""
    return part_of(image, 0.75, random)


def recoloured(image: Image, random: np.random.Generator) -> Image:
    """Another hue by up to 15 degrees, saturation and brightness by up to a quarter."""
    hue, saturation, value = (random.choice((-1, 1)) * random.uniform(0.5, 1) for _ in range(3))
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + 7.5 * hue) % 180  # steps of two degrees
    hsv[..., 1] *= 1 + 0.25 * saturation
    hsv[..., 2] *= 1 + 0.25 * value
    return cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB)


def blurred(image: Image, random: np.random.Generator) -> Image:
    """As a lens would, by one hundredth of the width; then coarse JPEG."""
    soft = cv2.GaussianBlur(image, (0, 0), image.shape[1] / 100)
    _, data = cv2.imencode(".jpg", soft, (cv2.IMWRITE_JPEG_QUALITY, 30))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def all_of_it(image: Image, random: np.random.Generator) -> Image:
    return blurred(recoloured(cropped(flipped(image, random), random), random), random)


CHANGES: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "flipped": flipped,
    "cropped": cropped,
    "recoloured": recoloured,
    "blurred": blurred,
    "all": all_of_it,
}


def part_of(image: Image, share: float, random: np.random.Generator) -> Image:
    height, width = (max(1, round(side * share)) for side in image.shape[:2])
    top = int(random.integers(image.shape[0] - height + 1))
    left = int(random.integers(image.shape[1] - width + 1))
    return image[top : top + height, left : left + width]


def photo(path: Path) -> Image:
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)


def small(image: Image) -> Image:
    return framed(np.ascontiguousarray(image), ASPECT, SIZE)


def distractors(clips: Sequence[Path], photos: Sequence[Path], random: np.random.Generator) -> Iterator[Image]:
    for path in photos:
        whole = photo(path)
        for _ in range(CROPS):
            yield small(part_of(whole, random.uniform(0.3, 0.8), random))
    for path in clips:
        for frame in islice(open_source(path), 0, None, EVERY):
            yield small(frame.to_uint8())


@dataclass
class Pool:
    """Images after framing, and what is looked for in them: query number n of each change is image number n."""

    images: list[Image]
    queries: dict[str, list[Image]]


def pool_of(clips: Sequence[Path], photos: Sequence[Path], seed: int) -> Pool:
    random = np.random.default_rng(seed)
    mixed = [photos[place] for place in random.permutation(len(photos))]
    images: list[Image] = []
    queries: dict[str, list[Image]] = {kind: [] for kind in CHANGES}
    for path in mixed[:SOUGHT]:
        whole = photo(path)
        images.append(small(whole))
        for kind, changed in CHANGES.items():
            queries[kind].append(small(changed(whole, random)))
    images.extend(distractors(clips, mixed[SOUGHT:], random))
    return Pool(images, queries)


def vectors(descriptor: Descriptor, images: Sequence[Image]) -> NDArray[np.float32]:
    return np.concatenate([descriptor.describe(image[None]) for image in images])


def recall(pool: NDArray[np.float32], queries: NDArray[np.float32]) -> dict[str, float]:
    """How often the image itself is the first, or among the first ten; equals count against it."""
    scores = queries @ pool.T
    own = np.diagonal(scores)[:, None]
    better = (scores >= own).sum(axis=1) - 1
    return {"recall@1": float(np.mean(better < 1)), "recall@10": float(np.mean(better < 10))}


def retrieval(pool: Pool) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for label, (name, options) in METHODS.items():
        descriptor = choose_descriptor(name, options).load()
        of_pool = vectors(descriptor, pool.images)
        of_queries = {kind: vectors(descriptor, images) for kind, images in pool.queries.items()}
        found[label] = {"dims": descriptor.dims} | {kind: recall(of_pool, of) for kind, of in of_queries.items()}
        print(label, {kind: found[label][kind]["recall@1"] for kind in CHANGES}, flush=True)
    return found


def milliseconds(describe: Callable[[Image], object], images: Sequence[Image]) -> float:
    """Processor time for one image."""
    taken: list[float] = []
    for _ in range(TURNS):
        start = time.process_time()
        for image in images:
            describe(image)
        taken.append(time.process_time() - start)
    return 1000 * min(taken) / len(images)


def speed(images: Sequence[Image]) -> dict[str, dict[str, float]]:
    """Of each method, beside the original's way, turn by turn in one process; how far its vectors are from ours."""
    found: dict[str, dict[str, float]] = {}
    mirrored = [np.ascontiguousarray(image[..., ::-1]) for image in images]  # BGR
    for name in ORIGINALS:
        ours = choose_descriptor(name, DescriptorOptions(compat=True)).load()
        new = choose_descriptor(name, DescriptorOptions()).load()
        theirs = np.stack([original_descriptors.described(name, image) for image in mirrored])
        difference = float(np.abs(vectors(ours, images) - theirs).max())
        found[name] = {
            "original": milliseconds(lambda image, name=name: original_descriptors.described(name, image), mirrored),
            "compat": milliseconds(lambda image, ours=ours: ours.describe(image[None]), images),
            "frameloom": milliseconds(lambda image, new=new: new.describe(image[None]), images),
            "greatest_difference": difference,
        }
    for name in ("color", "pooled:hog"):
        pooled = choose_descriptor(name).load()
        found[name] = {"frameloom": milliseconds(lambda image, it=pooled: it.describe(image[None]), images)}
    return found


def tables(result: dict) -> str:
    """Markdown: recall, then speed."""
    lines = ["| | numbers | " + " | ".join(CHANGES) + " |", "|---|---|" + "---|" * len(CHANGES)]
    for label, found in result["retrieval"].items():
        cells = [f"{100 * found[kind]['recall@1']:.4g} / {100 * found[kind]['recall@10']:.4g}" for kind in CHANGES]
        lines.append(f"| {label} | {found['dims']} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "| ms per image | the original's way | `--compat` | ratio | Frameloom | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, taken in result["processor_milliseconds_per_image"].items():
        if "original" not in taken:
            lines.append(f"| {name} | | | | {taken['frameloom']:.2f} | |")
            continue
        of, compat, new = taken["original"], taken["compat"], taken["frameloom"]
        lines.append(f"| {name} | {of:.2f} | {compat:.2f} | {of / compat:.1f} | {new:.2f} | {of / new:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders of video files")
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG files, at any depth")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    clips = [path for folder in given.clips for path in sorted(folder.glob("*.mp4"))]
    pool = pool_of(clips, sorted(given.photos.rglob("*.jpg")), given.seed)
    random = np.random.default_rng(given.seed)
    timed = [pool.images[place] for place in random.permutation(len(pool.images))[:TIMED]]
    result = {
        "frameloom": version("frameloom"),
        "opencv": cv2.__version__,
        "seed": given.seed,
        "pool": len(pool.images),
        "queries_per_change": SOUGHT,
        "processor_milliseconds_per_image": speed(timed),
        "retrieval": retrieval(pool),
    }
    print(tables(result))
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
