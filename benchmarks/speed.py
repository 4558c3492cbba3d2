"""Processor seconds per new frame, and their ratio to one plain OpenCV DIS search: `python benchmarks/speed.py`.

Machines are shared and noisy, so compare ratios, not seconds. One OpenCV thread; the minimum of several rounds.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

import frameloom
from frameloom.frame import float_pixels
from frameloom.reports.scene import Scene

SIZES = ((480, 854), (720, 1280))
ROUNDS = 7


def cpu_seconds(work: Callable[[], object]) -> float:
    """The least of several rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        least = min(least, time.process_time() - started)
    return least


def plain_search(first: np.ndarray, last: np.ndarray) -> float:
    """One OpenCV DIS search at its fast preset: the unit of the ratios."""
    greys = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, last)]
    return cpu_seconds(lambda: cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(*greys, np.empty(0)))


def measure(height: int, width: int, name: str) -> dict[str, float | str]:
    """First moment (flows included) and each further moment of a pair."""
    scene = Scene(height, width)
    first, last = scene.frame_at(0.6), scene.frame_at(0.6 + 1 / 15)
    model = frameloom.load(name)
    pair = float_pixels(first), float_pixels(last)
    one = cpu_seconds(lambda: list(model.between(*pair, [0.5])))
    four = cpu_seconds(lambda: list(model.between(*pair, [0.2, 0.4, 0.6, 0.8])))
    unit = plain_search(first, last)
    further = (four - one) / 3
    return {
        "model": name,
        "size": f"{width}x{height}",
        "first_moment_s": round(one, 4),
        "further_moment_s": round(further, 4),
        "plain_dis_search_s": round(unit, 4),
        "first_ratio": round(one / unit, 2),
        "further_ratio": round(further / unit, 2),
    }


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["dis", "blend"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = [measure(*size, name) for size in SIZES for name in options.models]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    if options.json:
        record = {"machine": platform.machine(), "opencv": cv2.__version__, "rounds": ROUNDS, "rows": rows}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
