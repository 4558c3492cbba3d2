"""Peak memory of the whole process tree while a short and a ten times longer video are made.

    python benchmarks/memory.py --json benchmarks/results/memory.json

Draws the videos, runs the command line on each and samples what all its processes hold (resident, Linux only). What is
held goes up and down by chance, and more samples find a higher peak: so a longer run is also looked at in parts that
are each as long as the shortest.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

SIZE = (720, 1280)
RATE = 25
EVERY = 0.1  # seconds between samples


def draw(path: Path, seconds: int) -> Path:
    """A textured pan with something moving over it."""
    height, width = SIZE
    ground = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (height, 3 * width, 3), np.uint8), (0, 0), 3)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(seconds * RATE):
            left = index * 4 % (2 * width)
            image = np.ascontiguousarray(ground[:, left : left + width])
            cv2.circle(image, (index * 9 % width, height // 2), 80, (250, 220, 30), -1)
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def resident(pid: int) -> int:
    """Bytes that a process and its children hold."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def curve(video: Path, output: Path, words: list[str]) -> list[tuple[float, float]]:
    """(seconds, MiB) while the video is made."""
    command = [sys.executable, "-m", "frameloom", "interpolate", str(video), str(output), "--quiet", *words]
    samples: list[tuple[float, float]] = []
    started = time.monotonic()
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            samples.append((round(time.monotonic() - started, 2), round(resident(process.pid) / 2**20, 1)))
            time.sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"frameloom ended with {process.returncode}")
    return samples


def peaks_of_parts(samples: list[tuple[float, float]], count: int) -> list[float]:
    """MiB, in each of so many equal parts of the time."""
    whole = samples[-1][0] or 1.0
    parts = [[size for time, size in samples if int(min(time / whole * count, count - 1)) == k] for k in range(count)]
    return [max(part, default=0.0) for part in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[10, 10, 10, 100])
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("words", nargs="*", default=["--model", "blend"], help="options of frameloom interpolate")
    chosen = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for number, seconds in enumerate(chosen.seconds):
            video = draw(Path(folder) / f"{number}.mp4", seconds)
            samples = curve(video, Path(folder) / f"{number}-out.mp4", chosen.words)
            peaks = peaks_of_parts(samples, max(1, seconds // min(chosen.seconds)))
            thinned = samples[:: max(1, len(samples) // 100)]
            runs.append(
                {"seconds": seconds, "peak_mib": max(peaks), "peaks_of_parts_mib": peaks, "took": samples[-1][0],
                 "curve": thinned}
            )  # fmt: skip
            print(f"{seconds} s of {SIZE[1]}x{SIZE[0]}: peak {max(peaks):.0f} MiB, took {samples[-1][0]:.0f} s")
            print(f"  parts: {' '.join(f'{peak:.0f}' for peak in peaks)}", flush=True)
    print(f"ratio of the peaks: {runs[-1]['peak_mib'] / runs[0]['peak_mib']:.3f}")
    about = {"words": chosen.words, "size": SIZE, "rate": RATE, "machine": platform.machine(), "cores": os.cpu_count()}
    chosen.json.write_text(json.dumps({"about": about, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
