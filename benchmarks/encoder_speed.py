"""DINOv2 ViT-B/14 at 518x518: processor seconds per image, however it is run, and what that does to distances.

    python benchmarks/encoder_speed.py --json benchmarks/results/encoder_speed.json

Weights come from a rule (those of the recordings), pictures are drawn; neither changes how long a matrix takes. All
ways live in one process and take turns; the least of the rounds counts, compiling apart. The first way, PyTorch in
float32, is what the others are compared with. Compare ratios, not seconds.
"""

import argparse
import json
import os
import platform
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME, SIZE = "dinov2", 518
WAYS: Mapping[str, Mapping[str, Any]] = {
    "torch float32": {"backend": "torch", "precision": "float32", "batch": 1},
    "torch float32, four images at a time": {"backend": "torch", "precision": "float32", "batch": 4},
    "torch bfloat16": {"backend": "torch", "precision": "bfloat16", "batch": 1},
    "openvino float32": {"backend": "openvino", "precision": "float32", "batch": 1},
    "openvino bfloat16": {"backend": "openvino", "precision": "bfloat16", "batch": 1},
    "openvino int8": {"backend": "openvino", "precision": "int8", "batch": 1},
}
REFERENCE = next(iter(WAYS))


@dataclass
class Measured:
    """One way to run it."""

    encoder: Any
    vectors: NDArray[np.float64]
    """(images, channels): means of all tokens."""
    first_s: float
    """Processor seconds of the first call, compiling included."""
    rounds: list[float] = field(default_factory=list)
    """Processor seconds per image."""


def write_checkpoint(folder: Path, name: str = NAME) -> Path:
    """A file with weights by the rule of tests/golden/measure."""
    from safetensors.torch import save_file

    from frameloom.checkpoints.identification import layout
    from frameloom.models.zoo import catalog

    file = folder / "model.safetensors"
    save_file({name: _by_rule(name, shape) for name, shape in layout(catalog.find(name, "encoder")).items()}, file)
    return file


def _by_rule(name: str, shape: Sequence[int]) -> Any:
    import torch

    drawn = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(tuple(shape)).astype(np.float32)
    if len(shape) > 1:
        filled = drawn / np.float32(np.sqrt(np.prod(shape[1:])))
    else:
        filled = 0.5 + 0.1 * drawn if name.endswith("weight") else 0.1 * drawn
    return torch.from_numpy(filled.astype(np.float32))


def pictures(count: int) -> NDArray[np.float32]:
    """(count, 518, 518, 3) in [0, 1]: blots of colour, each picture its own mixture of two, with some grain."""
    from PIL import Image

    random = np.random.default_rng(1)
    coarse = random.integers(0, 256, (2, 12, 12, 3), dtype=np.uint8)
    blots = [np.asarray(Image.fromarray(each).resize((SIZE, SIZE), Image.Resampling.BICUBIC)) / 255 for each in coarse]
    shares = np.linspace(0, 1, count)[:, None, None, None]
    mixed = (1 - shares) * blots[0] + shares * blots[1] + random.normal(0, 0.05, (count, SIZE, SIZE, 3))
    return np.clip(mixed, 0, 1).astype(np.float32)


def encoded(encoder: Any, images: NDArray[np.float32]) -> tuple[float, NDArray[np.float64]]:
    """Processor seconds, and the mean of all tokens of each image, class token included: (images, channels)."""
    start = time.process_time()
    grid, others = encoder.encode_all(images)
    spent = time.process_time() - start
    tokens = np.concatenate([others, grid.reshape(len(grid), -1, grid.shape[3])], axis=1)
    return spent, tokens.mean(axis=1, dtype=np.float64)


def distances(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine distance of each image from the first."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return 1 - unit[1:] @ unit[0]


def measure(images: NDArray[np.float32], ways: Sequence[str], rounds: int, checkpoint: Path) -> dict[str, Measured]:
    """Build every way, then let all take turns."""
    from frameloom.models.zoo import catalog
    from frameloom.runtime import Runtime

    measured: dict[str, Measured] = {}
    for way in ways:
        asked = Runtime(checkpoint=checkpoint, device="cpu", **WAYS[way])
        encoder = catalog.build(NAME, "encoder", asked)
        first, vectors = encoded(encoder, images)
        measured[way] = Measured(encoder=encoder, vectors=vectors, first_s=first)
        print(f"{way}: first call {first:.1f} s", flush=True)
    for number in range(rounds):
        for way, one in measured.items():
            one.rounds.append(encoded(one.encoder, images)[0] / len(images))
            print(f"round {number + 1}, {way}: {one.rounds[-1]:.2f} s per image", flush=True)
    return measured


def rows(measured: Mapping[str, Measured]) -> list[dict[str, Any]]:
    """One per way."""
    known = measured[REFERENCE]
    return [
        {
            "way": way,
            **WAYS[way],
            "cpu_s_per_image": round(min(one.rounds), 3),
            "ratio": round(min(known.rounds) / min(one.rounds), 2),
            "first_call_cpu_s": round(one.first_s, 1),
            "greatest_difference_of_vectors": float(np.abs(one.vectors - known.vectors).max()),
            "greatest_difference_of_distances": float(
                np.abs(distances(one.vectors) - distances(known.vectors)).max()
            ),
        }
        for way, one in measured.items()
    ]  # fmt: skip


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    options = parser.parse_args()
    if REFERENCE not in options.ways:
        raise SystemExit(f"--ways must name '{REFERENCE}', which the others are compared with")
    import frameloom.models  # isort: skip  # noqa: F401  # what it asks of PyTorch counts only before that is imported
    import torch

    torch.set_num_threads(options.threads)
    images = pictures(options.images)
    with TemporaryDirectory() as folder:
        measured = measure(images, options.ways, options.rounds, write_checkpoint(Path(folder)))
    result = {
        "model": f"{NAME}, ViT-B/14, {SIZE}x{SIZE}, 1,370 tokens, weights by rule",
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load_average": round(os.getloadavg()[0], 1),
        "images": options.images,
        "rounds": options.rounds,
        "seconds": "processor seconds (user and system) per image, least of the rounds, compiling apart",
        "distances": [round(float(value), 4) for value in distances(measured[REFERENCE].vectors)],
        "rows": rows(measured),
    }
    text = json.dumps(result, indent=1)
    if options.json is None:
        print(text)
    else:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
