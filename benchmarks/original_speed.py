"""Any-time networks against the original implementation: same weights, same frames, same machine, turn by turn.

    python benchmarks/original_speed.py --original CHECKOUT --json benchmarks/results/any_time_speed.json

Each side lives in a process of its own, so that nothing one of them sets (threads, allocator) helps or hurts the
other; they work in turn, never at the same time. What is timed is a sequence: every pair of neighbours in it, one and
three new frames per pair; Frameloom is given it as a stream, as a video is (`densify`). The least of several rounds
counts, of processor seconds and of wall seconds; what the first sequence of Frameloom takes longer is recorded beside
it. Compare ratios, not seconds, and look at `threads`: on a busy machine OpenMP threads that wait for each other burn
processor time, which one thread cannot.

Weights are made by a rule (`filled`), frames are drawn. benchmarks/originals.py lists what a CPU needs changed.
"""

import argparse
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice, pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sides import Side, add_options, least, timed, write

GAINS = {"rife": 0.8, "ifrnet": 0.7, "amt-s": 0.5, "ema-vfi": 1.1}
"""Of the weights: with these flows are some pixels long and few values are clipped."""
VARIANTS = ("T", "D", "TR", "DR")
FACTS = {
    "original": "zzh-tech/InterpAny-Clearer, as its inference_img_plus scripts; weights by rule",
    "seconds": "per new frame, least of the rounds",
}
"""What the record says besides rows."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one process builds and repeats."""

    network: str
    variant: str
    checkpoint: str
    """Safetensors with the original's keys; written by the original's side."""
    frames: str
    """`.npy` (count, height, width, 3) float32 in [0, 1]."""
    threads: int | None
    original: str | None = None
    """The checkout, where this is the original's side."""
    without_gradients: bool = False
    precision: str = "float32"
    backend: str = "auto"


class _Model(Protocol):
    def between(self, first: Any, last: Any, moments: Sequence[float]) -> Iterator[Any]: ...


def filled(key: str, shape: Sequence[int], gain: float) -> NDArray[np.float32]:
    """Weights for one state-dict entry, from its key alone: scaled by fan-in, biases small, slopes near a half."""
    values = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(tuple(shape)).astype(np.float32)
    if len(shape) >= 2:
        return (gain * values / np.sqrt(float(np.prod(shape[1:])))).astype(np.float32)
    return (0.5 + 0.1 * values if key.endswith("weight") else 0.1 * values).astype(np.float32)


def build(work: Work) -> _Model:
    """The model of either side; the original's side also writes the checkpoint."""
    if work.original is None:
        import frameloom

        return frameloom.load(
            f"{work.network}.{work.variant.lower()}",
            checkpoint=work.checkpoint,
            device="cpu",
            precision=work.precision,
            backend=work.backend,
        )
    import torch
    from originals import Original
    from safetensors.torch import save_file

    original = Original(Path(work.original), work.network, work.variant, without_gradients=work.without_gradients)
    shapes = {key: tuple(value.shape) for key, value in original.network.state_dict().items()}
    weights = {key: torch.from_numpy(filled(key, shape, GAINS[work.network])) for key, shape in shapes.items()}
    original.network.load_state_dict(weights)
    save_file(weights, work.checkpoint)
    return original


def serve(work: Work, orders: Connection) -> None:
    """Build, then make the whole sequence whenever moments come in; None ends it."""
    if work.original is None:
        import frameloom.models  # noqa: F401  # what it asks of PyTorch counts only before that is imported
    import torch

    if work.threads is not None:
        torch.set_num_threads(work.threads)
    frames = list(np.load(work.frames))
    spent, model = timed(lambda: build(work))
    orders.send((spent, torch.get_num_threads()))
    while (moments := orders.recv()) is not None:
        last_frame: list[Any] = []

        def run(moments: Sequence[float] = moments, kept: list[Any] = last_frame) -> None:
            make = pair_by_pair if work.original is not None else as_a_stream
            for frame in make(frames, model, moments):
                kept[:] = [frame]

        spent, _ = timed(run)
        orders.send((spent, np.asarray(last_frame[0])))


def pair_by_pair(frames: Sequence[Any], model: _Model, moments: Sequence[float]) -> Iterator[Any]:
    """New frames as the original's script makes them."""
    for first, last in pairwise(frames):
        yield from model.between(first, last, moments)


def as_a_stream(frames: Sequence[Any], model: _Model, moments: Sequence[float]) -> Iterator[Any]:
    """New frames, evenly spaced, as Frameloom makes those of a video."""
    import frameloom
    from frameloom.frame import ArrayPicture, Frame

    factor = len(moments) + 1
    stream = (Frame(ArrayPicture(frame), Fraction(number), Fraction(1)) for number, frame in enumerate(frames))
    until_the_last = islice(frameloom.densify(stream, model, factor=factor), (len(frames) - 1) * factor)
    for number, frame in enumerate(until_the_last):
        if number % factor:
            yield frame.to_float()


def compare(original: Side, ours: Side, *, count: int, rounds: int, pairs: int) -> dict[str, Any]:
    """Both in turn; seconds are per new frame."""
    moments = [(index + 1) / (count + 1) for index in range(count)]
    first, _ = ours.run(moments)
    original.run(moments[:1])  # the grids it caches, and the memory
    theirs_spent, ours_spent = [], []
    reference = made = np.empty(0)
    for _ in range(rounds):
        spent, reference = original.run(moments)
        theirs_spent.append(spent)
        spent, made = ours.run(moments)
        ours_spent.append(spent)
    theirs, mine = least(theirs_spent), least(ours_spent)
    error = np.abs(reference.astype(np.float64) - made)
    per_frame = 1 / (pairs * count)
    return {
        "new_frames_per_pair": count,
        "original": {key: round(value * per_frame, 4) for key, value in asdict(theirs).items()},
        "frameloom": {key: round(value * per_frame, 4) for key, value in asdict(mine).items()},
        "frameloom_first_sequence_extra_s": {
            "cpu_s": round(first.cpu_s - mine.cpu_s, 2),
            "wall_s": round(first.wall_s - mine.wall_s, 2),
        },
        "cpu_ratio": round(theirs.cpu_s / mine.cpu_s, 2),
        "wall_ratio": round(theirs.wall_s / mine.wall_s, 2),
        "greatest_difference": float(f"{error.max():.3g}"),
        "psnr_db": round(float(-10 * np.log10(max(np.mean(error**2), 1e-16))), 1),
    }


def measure(options: argparse.Namespace, common: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows for one network, variant and number of threads; one original against each of our settings."""
    theirs = Work(original=str(options.original), without_gradients=options.without_gradients, **common)
    original = Side(serve, theirs)
    for setting in options.settings:
        precision, _, backend = setting.partition(":")
        ours = Side(serve, Work(precision=precision, backend=backend or "auto", **common))
        for count in options.new_frames:
            row = {
                "network": common["network"],
                "variant": common["variant"],
                "threads": original.greeting[1],
                "precision": precision,
                "backend": backend or "auto",
                "load_average": round(os.getloadavg()[0], 1),
                **compare(original, ours, count=count, rounds=options.rounds, pairs=options.frames - 1),
                "frameloom_loading": {key: round(value, 2) for key, value in asdict(ours.greeting[0]).items()},
            }
            yield row
        ours.end()
    original.end()


def draw_frames(file: Path, *, count: int, height: int, width: int) -> None:
    """A drawn scene in motion, as `.npy`."""
    from frameloom.frame import float_pixels
    from frameloom.reports.scene import Scene

    scene = Scene(height, width)
    np.save(file, np.stack([float_pixels(scene.frame_at(0.4 + index / 15)) for index in range(count)]))


def parse() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--original", type=Path, required=True, help="checkout of zzh-tech/InterpAny-Clearer")
    parser.add_argument("--networks", nargs="+", choices=sorted(GAINS), default=list(GAINS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=["D"])
    parser.add_argument("--new-frames", nargs="+", type=int, default=[1, 3], help="per pair")
    parser.add_argument("--settings", nargs="+", default=["float32:auto", "bfloat16:auto"], help="precision:backend")
    parser.add_argument("--threads", nargs="+", type=int, default=[0], help="of PyTorch; 0 leaves it to PyTorch")
    parser.add_argument("--frames", type=int, default=12, help="length of the sequence")
    add_options(parser, rounds=3)
    parser.add_argument(
        "--without-gradients", action="store_true", help="also where the original's script records them"
    )
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write after every row, because the whole takes long."""
    options = parse()
    width, height = (int(side) for side in options.size.split("x"))
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        frames = Path(folder, "frames.npy")
        draw_frames(frames, count=options.frames, height=height, width=width)
        for threads in options.threads:
            for network in options.networks:
                for variant in options.variants:
                    common = {
                        "network": network,
                        "variant": variant,
                        "threads": threads or None,
                        "frames": str(frames),
                        "checkpoint": str(Path(folder, f"{network}.{variant}.safetensors")),
                    }
                    for row in measure(options, common):
                        rows.append(row)
                        print(json.dumps(row), flush=True)
                        write(options, FACTS, rows)


if __name__ == "__main__":
    main()
