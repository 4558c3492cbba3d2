"""Working memory of the networks that make frames or find flows, per pixel: `python benchmarks/network_memory.py`.

What the cards say (`InputSpec.bytes_per_pixel`) is from here, rounded up. Each figure is the peak of a process of its
own, less what it held once the network was loaded, for one pair and one or several moments; weights do not matter, so
they are drawn. PerVFI is given its flow by `dis`, which takes next to nothing, unless another pairing is named; flow
networks find both directions in one call, and keep all matches unless `--max-memory` says how much there is.

    python benchmarks/network_memory.py --models raft dis+pervfi --sizes 1920x1080 --moments 1 --max-memory 3G
    python benchmarks/network_memory.py --models raft+pervfi --sizes 3840x2160 --moments 1 --max-memory 4G \\
        --scale 0.5 --parts 2 --json benchmarks/results/network_memory.json

Rows are added to those that the file has.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from frameloom.memory import bytes_of

SIZES = ("448x256", "864x480")
FLOWS = ("raft", "raft-small", "gma", "gmflow")
MODELS = [f"{network}.{variant}" for network in ("rife", "ifrnet", "amt-s", "ema-vfi") for variant in ("d", "dr")]
MODELS += ["dis+pervfi", "dis+pervfi-vb", *FLOWS]
PAGE = 1024  # ru_maxrss is in KiB
UNLIMITED = 1 << 50  # bytes
FACTS = {
    "memory": "bytes; `beyond`: the peak of the process less what it held once the network was loaded; `whole`: all of"
    " it (ru_maxrss)",
    "threads": 1,
    "cpu_s": "processor seconds of one pair, flow included",
}
"""What the record says besides rows."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one process does."""

    name: str
    height: int
    width: int
    moments: int
    max_memory: int | None
    scale: float
    parts: int | None
    """How many parts of a frame to make; None for all of them."""


def resident() -> int:
    """Bytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


@dataclass(frozen=True, slots=True)
class Peak:
    """What it took."""

    beyond: int
    """Bytes beyond the loaded network."""
    whole: int
    """Bytes of the process, PyTorch and weights included."""
    cpu_s: float
    """Of the processor, flow included."""
    tile: tuple[int, int] | None
    """(height, width) of the parts that frames were made in."""


def measure(work: Work) -> Peak:
    """Run one pair."""
    import numpy as np

    # Before PyTorch: what it asks of that counts only then
    from frameloom.models import adapter, perceptual
    from frameloom.models.flow import adapter as flow_adapter
    from frameloom.models.zoo import catalog
    from frameloom.runtime import Runtime

    import torch  # isort: skip

    torch.set_num_threads(1)
    card = catalog.find(work.name, "flow" if work.name in FLOWS else "interpolator")

    def drawn(card: Any, given: object) -> Any:
        return card.new_network().eval()

    adapter.load_network = perceptual.load_network = flow_adapter.load_network = drawn
    perceptual.runtime_of_flow = _runtime_of_flow
    steps = 2 if card.iterates else None
    common = {"device": "cpu", "backend": "torch", "precision": "float32", "iters": steps, "scale": work.scale}
    runtime = Runtime(max_memory=work.max_memory or UNLIMITED, **common)
    size = (work.height, work.width)
    if work.name not in FLOWS and work.max_memory is None:
        # A batch that is asked for leaves nothing to settle, parts included
        runtime = replace(runtime, batch=work.moments)
    model = card.load(runtime)
    if work.parts is not None:
        line = model._line_for(size)
        line._tiles = line._tiles[: work.parts]
    first, last = np.random.default_rng(0).random((2, *size, 3), np.float32)
    before, start = resident(), time.process_time()
    if work.name in FLOWS:
        model.estimate_both(first, last)
    else:
        list(model.between(first, last, [step / (work.moments + 1) for step in range(1, work.moments + 1)]))
    whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PAGE
    spent = round(time.process_time() - start, 1)
    return Peak(whole - before, whole, spent, getattr(model._line, "_settled", runtime).tile)


def _runtime_of_flow(card: Any, runtime: Any) -> Any:
    """As `settle.runtime_of_flow`, but no checkpoint is looked for."""
    flow = type(runtime)(scale=runtime.scale)
    if card.estimator.checkpoint is None:
        return flow
    return replace(
        flow, device=runtime.device, backend="torch", precision=runtime.precision, max_memory=runtime.max_memory
    )


def main() -> None:
    """Measure each size in a fresh process and print bytes per pixel."""
    options = parse()
    if options.one:
        print(json.dumps(asdict(measure(Work(**json.loads(options.one))))))
        return
    for name in options.models:
        for size in options.sizes:
            width, height = (int(side) for side in size.split("x"))
            for moments in options.moments if name not in FLOWS else [0]:
                work = Work(name, height, width, moments, bytes_of(options.max_memory), options.scale, options.parts)
                words = [sys.executable, __file__, "--one", json.dumps(asdict(work))]
                peak = Peak(**json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout))
                row = asdict(work) | asdict(peak) | {"beyond_per_pixel": round(peak.beyond / (height * width))}
                print(f"{name} {size} moments {moments}: {peak.beyond / 2**20:.0f} MiB beyond the network, "
                      f"{row['beyond_per_pixel']} bytes per pixel; {peak.whole / 2**20:.0f} MiB in all, parts of "
                      f"{peak.tile}, {peak.cpu_s} s", flush=True)  # fmt: skip
                add(options.json, row)


def add(file: Path | None, row: dict[str, Any]) -> None:
    """Add a row to a record, where one is asked for."""
    if file is None:
        return
    record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {**FACTS, "rows": []}
    record["rows"].append(row)
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def parse() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--moments", nargs="+", type=int, default=[1, 3])
    parser.add_argument("--max-memory", help="as frameloom takes it; without, no limit")
    parser.add_argument("--scale", type=float, default=1.0, help="at which motion is looked for")
    parser.add_argument("--parts", type=int, help="make no more than so many parts, at least 2, of a large frame")
    parser.add_argument("--json", type=Path, help="add the rows to this record")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
