"""Working memory of the networks that make frames, per pixel: `python benchmarks/network_memory.py`.

What the cards say (`InputSpec.bytes_per_pixel`, `bytes_per_pixel_pair`) comes from here, rounded up. Each figure is the
peak of a process of its own, less what it held once the network was loaded, for one pair and one or several moments;
weights do not matter, so they are drawn. PerVFI is given its flow by `dis`, which takes next to nothing.
"""

import argparse
import resource
import subprocess
import sys
from pathlib import Path

SIZES = ((256, 448), (480, 864))
MODELS = [f"{network}.{variant}" for network in ("rife", "ifrnet", "amt-s", "ema-vfi") for variant in ("d", "dr")]
MODELS += ["dis+pervfi", "dis+pervfi-vb"]
PAGE = 1024  # ru_maxrss is in KiB


def resident() -> int:
    """Bytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def measure(name: str, height: int, width: int, moments: int) -> int:
    """Bytes beyond the loaded network."""
    import numpy as np
    import torch

    from frameloom.models import adapter, perceptual
    from frameloom.models.zoo import catalog
    from frameloom.runtime import Runtime

    torch.set_num_threads(1)
    card = catalog.find(name, "interpolator")
    network = card.new_network().eval()
    adapter.load_network = perceptual.load_network = lambda card, given: network
    steps = 2 if card.iterates else None
    model = card.load(Runtime(device="cpu", backend="torch", precision="float32", batch=moments, iters=steps))
    first, last = np.random.default_rng(0).random((2, height, width, 3), np.float32)
    before = resident()
    list(model.between(first, last, [step / (moments + 1) for step in range(1, moments + 1)]))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PAGE - before


def main() -> None:
    """Measure each size in a fresh process and print bytes per pixel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--one", nargs=4, metavar=("NAME", "HEIGHT", "WIDTH", "MOMENTS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, *numbers = options.one
        print(measure(name, *map(int, numbers)))
        return
    for name in options.models:
        for height, width in SIZES:
            for moments in (1, 3):
                words = [sys.executable, __file__, "--one", name, str(height), str(width), str(moments)]
                used = int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
                print(f"{name} {width}x{height} moments {moments}: {used / 2**20:.0f} MiB, "
                      f"{used / (height * width):.0f} bytes per pixel", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
