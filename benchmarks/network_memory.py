"""Working memory of the networks that make frames or find flows, per pixel: `python benchmarks/network_memory.py`.

What the cards say (`InputSpec.bytes_per_pixel`, `bytes_per_pixel_pair`) comes from here, rounded up. Each figure is the
peak of a process of its own, less what it held once the network was loaded, for one pair and one or several moments;
weights do not matter, so they are drawn. PerVFI is given its flow by `dis`, which takes next to nothing; flow networks
find both directions in one call, and keep all matches unless `--max-memory` says how much there is.

    python benchmarks/network_memory.py --models raft dis+pervfi --sizes 1920x1080 --moments 1 --max-memory 3G
"""

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from frameloom.memory import bytes_of

SIZES = ("448x256", "864x480")
FLOWS = ("raft", "raft-small", "gma", "gmflow")
MODELS = [f"{network}.{variant}" for network in ("rife", "ifrnet", "amt-s", "ema-vfi") for variant in ("d", "dr")]
MODELS += ["dis+pervfi", "dis+pervfi-vb", *FLOWS]
PAGE = 1024  # ru_maxrss is in KiB
UNLIMITED = 1 << 50  # bytes


@dataclass(frozen=True, slots=True)
class Work:
    """What one process does."""

    name: str
    height: int
    width: int
    moments: int
    max_memory: int | None


def resident() -> int:
    """Bytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def measure(work: Work) -> int:
    """Bytes beyond the loaded network."""
    import numpy as np
    import torch

    from frameloom.models import adapter, perceptual
    from frameloom.models.flow import adapter as flow_adapter
    from frameloom.models.zoo import catalog
    from frameloom.runtime import Runtime

    torch.set_num_threads(1)
    card = catalog.find(work.name, "flow" if work.name in FLOWS else "interpolator")
    network = card.new_network().eval()
    adapter.load_network = perceptual.load_network = flow_adapter.load_network = lambda card, given: network
    batch, steps = (None, None) if work.name in FLOWS else (work.moments, 2 if card.iterates else None)
    common = {"device": "cpu", "backend": "torch", "precision": "float32", "batch": batch, "iters": steps}
    model = card.load(Runtime(max_memory=work.max_memory or UNLIMITED, **common))
    first, last = np.random.default_rng(0).random((2, work.height, work.width, 3), np.float32)
    before = resident()
    if work.name in FLOWS:
        model.estimate_both(first, last)
    else:
        list(model.between(first, last, [step / (work.moments + 1) for step in range(1, work.moments + 1)]))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PAGE - before


def main() -> None:
    """Measure each size in a fresh process and print bytes per pixel."""
    options = parse()
    if options.one:
        print(measure(Work(**json.loads(options.one))))
        return
    for name in options.models:
        for size in options.sizes:
            width, height = (int(side) for side in size.split("x"))
            for moments in options.moments if name not in FLOWS else [0]:
                work = Work(name, height, width, moments, bytes_of(options.max_memory))
                words = [sys.executable, __file__, "--one", json.dumps(asdict(work))]
                used = int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
                print(f"{name} {size} moments {moments}: {used / 2**20:.0f} MiB, "
                      f"{used / (height * width):.0f} bytes per pixel", flush=True)  # fmt: skip


def parse() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--moments", nargs="+", type=int, default=[1, 3])
    parser.add_argument("--max-memory", help="as frameloom takes it; without, no limit")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
