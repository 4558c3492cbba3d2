"""Similarities of given patch tokens, written and drawn: this package against the patch similarity tool's way.

    python benchmarks/patch_similarity.py --json benchmarks/results/patch_similarity.json

Tokens of 32 frames with 1024 patches of 1152 numbers (VideoLLaMA3's encoder at 448 pixels) are given to both. The
tool's way is written here anew after what is known of it: bfloat16 tokens and similarities, a product per patch and per
frame, compressed .npz files, heat maps of 10x8 inches at 300 dpi (it uses seaborn, which draws with matplotlib too).
Processor seconds of both in one run, one thread. Then what longer videos take of memory, each in a process of its own
(Linux only).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from frameloom.plots.patch_pictures import draw_change, draw_colours
from frameloom.plots.patch_similarity import draw_maps
from frameloom.results.patches import PatchSimilarity
from frameloom.similarity.patch_files import opened, statistics_text, write_arrays
from frameloom.similarity.patch_scenes import scenes_of
from frameloom.similarity.token_spool import TokenSpool

ALL = ("position", "frame", "intra")
POSITIONS, INTRA_MAPS = 10, 5
PICTURE = (360, 640)


def spooled(folder: Path, frames: int, patches: int, dims: int) -> TokenSpool:
    """Tokens whose similarities are spread as those of real ones: mean 0.23."""
    random = np.random.default_rng(0)
    same = 0.55 * random.standard_normal(dims, np.float32)
    spool = TokenSpool(folder=folder, frames=frames, patches=patches, dims=dims, picture=PICTURE)
    rows, columns = np.mgrid[: PICTURE[0], : PICTURE[1]]
    for frame in range(frames):
        picture = np.stack([rows % 256, columns % 256, (rows + columns + 4 * frame) % 256], axis=2).astype(np.uint8)
        spool.write(frame, same + random.standard_normal((patches, dims), np.float32), picture)
    spool.flush()
    return spool


def timed(seconds: dict[str, float], name: str, work: Callable[[], object]) -> None:
    start = time.process_time()
    work()
    seconds[name] = round(time.process_time() - start, 3)


def ours(spool: TokenSpool, grid: tuple[int, int], folder: Path) -> dict[str, float]:
    seconds: dict[str, float] = {}
    statistics = {}
    timed(seconds, "similarities, files and statistics",
          lambda: statistics.update(write_arrays(spool, folder, ALL, np.dtype(np.float32), "npz")))  # fmt: skip
    (folder / "statistics.txt").write_text(statistics_text(statistics))
    result = PatchSimilarity(
        source=Path("tokens"), output=folder, encoder="tokens", size=(grid[0] * 14, grid[1] * 14), grid=grid,
        indices=tuple(range(spool.frames)), times=tuple(map(Fraction, range(spool.frames))), statistics=statistics,
        files=(), frames_reused=0, seconds=0.0, stages={}, **opened(folder, ALL, "npz"),
    )  # fmt: skip
    timed(seconds, "heat maps", lambda: draw_maps(result, folder, positions=POSITIONS))
    seconds["together"] = round(sum(seconds.values()), 3)
    labels = [str(frame) for frame in range(spool.frames)]

    def change_and_colours() -> None:
        scenes = scenes_of(spool, grid)
        draw_change(scenes, labels, folder)
        draw_colours(scenes, labels, folder)

    timed(seconds, "change and colours, which the tool lacks", change_and_colours)
    return seconds


def the_tools_way(spool: TokenSpool, grid: tuple[int, int], folder: Path) -> dict[str, float]:
    import torch

    torch.set_num_threads(1)
    tokens = torch.from_numpy(np.stack([spool.tokens_of(frame) for frame in range(spool.frames)])).bfloat16()
    seconds: dict[str, float] = {}
    arrays: dict[str, np.ndarray] = {}

    def cosines(vectors: "torch.Tensor") -> np.ndarray:
        unit = torch.nn.functional.normalize(vectors, dim=-1)
        return (unit @ unit.T).float().numpy()

    def similarities() -> None:
        arrays["position_similarities"] = np.stack([cosines(tokens[:, patch]) for patch in range(spool.patches)])
        arrays["frame_similarity"] = cosines(tokens.mean(dim=1))
        arrays["intra_frame_similarities"] = np.stack([cosines(tokens[frame]) for frame in range(spool.frames)])

    def files() -> None:
        for name in ("position_similarities", "intra_frame_similarities"):
            np.savez_compressed(folder / f"{name}.npz", **{name: arrays[name]})
        np.save(folder / "frame_similarity.npy", arrays["frame_similarity"])
        lines = [f"{name} {array.shape} {array.mean():.4f} {array.std():.4f} {array.min():.4f} {array.max():.4f}"
                 for name, array in arrays.items()]  # fmt: skip
        (folder / "statistics.txt").write_text("\n".join(lines))

    timed(seconds, "similarities", similarities)
    timed(seconds, "files and statistics", files)
    timed(seconds, "heat maps", lambda: _matplotlib_maps(arrays, folder))
    seconds["together"] = round(sum(seconds.values()), 3)
    return seconds


def _matplotlib_maps(arrays: dict[str, np.ndarray], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    position, intra = arrays["position_similarities"], arrays["intra_frame_similarities"]
    maps = {"frame": arrays["frame_similarity"]}
    maps |= {f"position_{index}": position[index] for index in np.linspace(0, len(position) - 1, POSITIONS, dtype=int)}
    maps |= {f"intra_{index}": intra[index] for index in np.linspace(0, len(intra) - 1, INTRA_MAPS, dtype=int)}
    for name, values in maps.items():
        figure, axes = pyplot.subplots(figsize=(10, 8))
        figure.colorbar(axes.imshow(values, cmap="viridis", vmin=0, vmax=1))
        axes.set(title=name, xlabel="Frame Index", ylabel="Frame Index")
        figure.savefig(folder / f"{name}.png", dpi=300)
        pyplot.close(figure)


def in_own_process(frames: int, patches: int, dims: int) -> dict[str, float]:
    """Peak memory of making and writing the arrays of given tokens."""
    command = [sys.executable, __file__, "--alone", str(frames), str(patches), str(dims)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak_mib() -> int:
    """Of this process alone: what `getrusage` tells counts its parent too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024


def alone(frames: int, patches: int, dims: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = spooled(Path(folder), frames, patches, dims)
        before = peak_mib()
        start = time.process_time()
        write_arrays(spool, Path(folder), ALL, np.dtype(np.float32), "npz")
        print(json.dumps({
            "frames": frames, "patches": patches, "dims": dims,
            "peak_mib": peak_mib(), "peak_mib_before": before,
            "cpu_seconds": round(time.process_time() - start, 1),
            "gb_written": round(sum(file.stat().st_size for file in Path(folder).glob("*_*")) / 1e9, 2),
        }))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--grid", type=int, nargs=2, default=[32, 32])
    parser.add_argument("--dims", type=int, default=1152)
    parser.add_argument("--long", type=int, nargs="*", default=[100, 1000], help="frames whose memory is measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--alone", type=int, nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        alone(*chosen.alone)
        return
    grid = (chosen.grid[0], chosen.grid[1])
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        spool = spooled(Path(folder), chosen.frames, grid[0] * grid[1], chosen.dims)
        for name, way in (("frameloom", ours), ("the tool's way", the_tools_way)):
            (Path(folder) / name).mkdir()
            rows[name] = way(spool, grid, Path(folder) / name)
            print(name, json.dumps(rows[name], indent=1), flush=True)
    ratio = rows["the tool's way"]["together"] / rows["frameloom"]["together"]
    print(f"processor time, the tool's way by ours: {ratio:.1f}", flush=True)
    memory = []
    for frames in chosen.long:
        memory.append(in_own_process(frames, grid[0] * grid[1], chosen.dims))
        print(memory[-1], flush=True)
    if chosen.json:
        about = {"frames": chosen.frames, "grid": grid, "dims": chosen.dims,
                 "threads": os.environ.get("OMP_NUM_THREADS"), "numpy": np.__version__,
                 "python": platform.python_version(), "machine": platform.machine()}  # fmt: skip
        written = {"about": about, "cpu_seconds": rows, "ratio": round(ratio, 1), "memory": memory}
        chosen.json.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
