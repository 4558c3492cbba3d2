"""What it costs to write chosen images as a video, against the original's way; the tables of docs/collage.md.

    python benchmarks/collage_output.py --photos PHOTOS --json benchmarks/results/collage_output.json

The original's way, a frame at a time: read the image, crop, resize, MPEG-4 Part 2 by OpenCV, a JPEG file of quality 95.
CPU and elapsed seconds of one process, all ways in the same run; elapsed ones count on a machine without other work
only. The original's libraries may use every processor too. Three choices: no image twice; one of ten drawn for each
frame; the same image for a second. Then what it costs to note choices down, as their number grows.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Frame
from frameloom.media.prefetch import Behind
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.sink import VideoSink
from frameloom.retrieval.fitting import Fitted, FittedImages, Fitting, fitted
from frameloom.retrieval.matching import Checkpoint
from frameloom.retrieval.rendering import mostly_changes
from frameloom.retrieval.selection import Choice

Fit = Callable[[Path], NDArray[np.uint8]]
SIZE = (720, 1280)
RATE = 24
PRESETS = ("ultrafast", "veryfast", "medium")
WORKERS = 2  # threads that make images ahead


def original_fit(path: Path) -> NDArray[np.uint8]:
    """As the original crops and resizes, by its description; BGR."""
    image = cv2.imread(str(path))
    (height, width), (rows, columns) = SIZE, image.shape[:2]
    ratio = width / height
    if columns / rows > ratio:
        left = (columns - int(rows * ratio)) // 2
        image = image[:, left : left + int(rows * ratio)]
    else:
        top = (rows - int(columns / ratio)) // 2
        image = image[top : top + int(columns / ratio)]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def original(paths: Sequence[Path], ids: Sequence[int], folder: Path, *, jpeg: bool) -> Path:
    """As the original writes."""
    video = folder / "original.mp4"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), RATE, SIZE[::-1])
    for number, identity in enumerate(ids):
        image = original_fit(paths[identity])
        writer.write(image)
        if jpeg:
            cv2.imwrite(str(folder / f"{number:06d}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    writer.release()
    return video


def our_fit(path: Path) -> NDArray[np.uint8]:
    """BGR, to be compared with what is decoded."""
    return np.ascontiguousarray(Fitting(size=SIZE, aspect=Fraction(16, 9)).read(path)[..., ::-1])


def ours(paths: Sequence[Path], ids: Sequence[int], folder: Path, *, jpeg: bool, preset: str) -> Path:
    """What `retrieval.rendering` does, with a sink in place of segments."""
    info = SourceInfo(
        path=folder,
        kind="video",
        size=SIZE,
        depth=8,
        frame_count=len(ids),
        rate=Fraction(RATE),
        regular=True,
        tick=Fraction(1, RATE),
        start=Fraction(0),
        duration=Fraction(len(ids), RATE),
    )
    settings = VideoSettings.of(
        info, Encoding(preset=preset, key_frames_only=mostly_changes(ids)), rate=Fraction(RATE), unit=Fraction(1, RATE)
    )
    fitting = Fitting(size=SIZE, aspect=Fraction(16, 9))
    images = FittedImages(lambda identity: fitted(fitting.read_middle(paths[identity]), settings, jpeg=jpeg), WORKERS)
    video = folder / "ours.mp4"

    def take(item: tuple[int, Fitted]) -> None:
        number, image = item
        sink.append(Frame(image.picture, Fraction(number, RATE), Fraction(1, RATE)))
        if image.jpeg is not None:
            (folder / f"{number:06d}.jpg").write_bytes(image.jpeg)

    with VideoSink(video, settings) as sink, Behind(take) as behind:
        for number, image in enumerate(images.through(ids)):
            assert image is not None
            behind.put((number, image))
    return video


def likeness(video: Path, paths: Sequence[Path], ids: Sequence[int], fit: Fit) -> float:
    """Mean PSNR, dB, of every tenth frame against what was to be encoded."""
    reader = cv2.VideoCapture(str(video))
    found = []
    for number, identity in enumerate(ids):
        _, frame = reader.read()
        if number % 10 == 0:
            found.append(cv2.PSNR(fit(paths[identity]), frame))
    return float(np.mean(found))


def measured(
    paths: Sequence[Path], ids: Sequence[int], ways: dict[str, tuple[Callable[[Path], Path], Fit]], rounds: int
) -> dict[str, dict[str, float]]:
    """The least of a few rounds of each way; they take turns, so that other work on the machine meets all alike."""
    found: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for name, (write, fit) in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                started, began = time.process_time(), time.perf_counter()
                video = write(Path(folder))
                spent = 1000 * (time.process_time() - started) / len(ids)
                passed = 1000 * (time.perf_counter() - began) / len(ids)
                row = found.setdefault(name, {"cpu_ms_per_frame": spent, "ms_per_frame": passed})
                row["cpu_ms_per_frame"] = min(spent, row["cpu_ms_per_frame"])
                row["ms_per_frame"] = min(passed, row["ms_per_frame"])
                if "psnr" not in row:
                    row |= {"megabytes": video.stat().st_size / 2**20, "psnr": likeness(video, paths, ids, fit)}
    return found


def choices_of(pool: int, frames: int) -> dict[str, list[int]]:
    random = np.random.default_rng(0)
    return {
        "no image twice": random.permutation(pool)[:frames].tolist(),
        "one of ten drawn": [int(10 * (frame // 60) + random.integers(10)) for frame in range(frames)],
        "one a second": [frame // RATE for frame in range(frames)],
    }


def output_table(paths: Sequence[Path], frames: int, rounds: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, ids in choices_of(len(paths), frames).items():
        for jpeg in (True, False):
            ways = {"original": (partial(original, paths, ids, jpeg=jpeg), original_fit)}
            ways |= {preset: (partial(ours, paths, ids, jpeg=jpeg, preset=preset), our_fit) for preset in PRESETS}
            for way, found in measured(paths, ids, ways, rounds).items():
                rows.append({"choice": name, "jpeg": jpeg, "way": way, **found})
                print(rows[-1], flush=True)
    return rows


def notes_table() -> list[dict[str, float]]:
    """Bytes and CPU seconds to note down so many choices of ten images, by tens."""
    rows: list[dict[str, float]] = []
    for frames in (1000, 2000, 4000):
        every = [Choice(frame, tuple((frame + place, 0.87654321) for place in range(10)), frame, below=False)
                 for frame in range(frames)]  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            ours_path, theirs = Path(folder) / "checkpoint.jsonl", Path(folder) / "checkpoint.json"
            checkpoint = Checkpoint(ours_path, {}, range(frames), 10**6)
            started = time.process_time()
            for first in range(0, frames, 10):
                checkpoint.add(every[first : first + 10])
            spent = time.process_time() - started
            started, written, known = time.process_time(), 0, {}
            for first in range(0, frames, 10):
                known |= {f"frame_{choice.frame:06d}": choice.to_list() for choice in every[first : first + 10]}
                theirs.write_text(json.dumps(known, indent=2))
                written += theirs.stat().st_size
            rows.append({
                "frames": frames, "ours_cpu_s": spent, "ours_mb": ours_path.stat().st_size / 2**20,
                "original_cpu_s": time.process_time() - started, "original_mb": written / 2**20,
            })  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    paths = sorted(path for path in asked.photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    result = {
        "size": SIZE, "frames": asked.frames, "rounds": asked.rounds, "images": len(paths),
        "processors": os.cpu_count(),
        "versions": {name: version(name) for name in ("av", "opencv-python-headless", "numpy")},
        "output": output_table(paths, asked.frames, asked.rounds), "notes": notes_table(),
    }  # fmt: skip
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
