"""Softmax splatting on the CPU, against four `index_add_` calls: one table, all ways in one run.

    python benchmarks/splatting.py [--threads N]

Each way is given values, flow and importance in the network's memory order (channels last) and in the plain one, and
makes the same frame, in huge pages where the system has them, as when Frameloom runs. `shared` is the splat of values
whose landing is known, as of the second thing carried along a flow. Times are of the processor, the least of some
rounds that take turns, so that a busy machine slows all of them.
"""

import argparse
import time
from collections.abc import Callable

import frameloom.models  # noqa: F401 what it asks of PyTorch counts only before that is imported

import torch  # isort: skip
from torch import Tensor
from torch.nn import functional

from frameloom.models.layers.grids import pixel_grid
from frameloom.models.layers.splatting import Landing, splat

SIZE = (480, 854)
CHANNELS = (3, 35, 64)
ROUNDS = 15
TOLERANCE = 1e-3  # float32 sums in another order, divided by weights near 0


def four_index_adds(values: Tensor, flow: Tensor, importance: Tensor) -> Tensor:
    """The textbook way: weights beside the values, four corners, one `index_add_` each."""
    weight = importance.exp()
    weighted = torch.cat([values * weight, weight], 1)[0].flatten(1)  # (channels + 1, pixels)
    height, width = SIZE
    x, y = (pixel_grid(height, width, flow.device) + flow)[0]
    left, top = x.floor(), y.floor()
    sums = torch.zeros_like(weighted)
    for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        share = (1 - (x - column).abs()) * (1 - (y - row).abs()) * inside
        target = torch.where(inside, row * width + column, 0).long().flatten()
        sums.index_add_(1, target, weighted * share.flatten())
    return (sums[:-1] / (sums[-1:] + 1e-7)).view(1, -1, height, width)


def four_index_adds_of_rows(values: Tensor, flow: Tensor, importance: Tensor) -> Tensor:
    """The same with the channels of a pixel side by side, which suits `index_add_` better."""
    weight = importance.exp()
    weighted = torch.cat([values * weight, weight], 1)[0].flatten(1).t().contiguous()
    height, width = SIZE
    x, y = (pixel_grid(height, width, flow.device) + flow)[0]
    left, top = x.floor(), y.floor()
    sums = torch.zeros_like(weighted)
    for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        share = (1 - (x - column).abs()) * (1 - (y - row).abs()) * inside
        target = torch.where(inside, row * width + column, 0).long().flatten()
        sums.index_add_(0, target, weighted * share.reshape(-1, 1))
    return (sums[:, :-1] / (sums[:, -1:] + 1e-7)).t().reshape(1, -1, height, width)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    generator = torch.Generator().manual_seed(0)
    height, width = SIZE
    coarse = torch.randn(1, 2, height // 40, width // 40, generator=generator) * 12
    flow = functional.interpolate(coarse, size=SIZE, mode="bicubic")
    importance = torch.randn(1, 1, height, width, generator=generator)
    print(f"softmax splatting, {height}x{width}, {torch.get_num_threads()} thread(s), PyTorch {torch.__version__}; ms")
    print("| channels | order | index_add_ | index_add_ of rows | ours | ratio | shared | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for channels in CHANNELS:
        for name, order in (("plain", torch.contiguous_format), ("channels last", torch.channels_last)):
            values = torch.randn(1, channels, height, width, generator=generator).contiguous(memory_format=order)
            print(f"| {channels} | {name} | {' | '.join(_row(values, flow, importance))} |")


@torch.inference_mode()
def _row(values: Tensor, flow: Tensor, importance: Tensor) -> list[str]:
    landing = Landing(flow)
    ways: list[Callable[[], Tensor]] = [
        lambda: four_index_adds(values, flow, importance),
        lambda: four_index_adds_of_rows(values, flow, importance),
        lambda: splat(values, flow, importance),
        lambda: splat(values, landing, importance),
    ]
    expected = ways[0]()
    for way in ways[1:]:
        error = (way() - expected).abs().max().item()
        if error > TOLERANCE:
            raise SystemExit(f"the ways differ by {error:g}; their times cannot be compared")
    best = [float("inf")] * len(ways)
    for _ in range(ROUNDS):
        for number, way in enumerate(ways):
            start = time.process_time()
            way()
            best[number] = min(best[number], time.process_time() - start)
    plain, rows, ours, shared = (1000 * seconds for seconds in best)
    fastest = min(plain, rows)
    columns = (f"{plain:.1f}", f"{rows:.1f}", f"{ours:.1f}", f"{fastest / ours:.1f}x", f"{shared:.1f}")
    return [*columns, f"{fastest / shared:.1f}x"]


if __name__ == "__main__":
    main()
