"""The table of docs/kills.md: a run killed with -9 at ten points and started again, against an undisturbed one.

    python benchmarks/resume.py --json benchmarks/results/resume.json --markdown docs/kills.md

Draws a film with sound, kills the command line at each point, runs the same command again, and compares every byte.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

SIZE = (360, 640)
RATE, SECONDS = 25, 40
SEGMENTS = 10

HEADER = f"""# Killed and started again

Made by one command; do not edit by hand:

```sh
python benchmarks/resume.py --json benchmarks/results/resume.json --markdown docs/kills.md
```

{SECONDS} seconds of {SIZE[1]}x{SIZE[0]} with sound, doubled with `blend`, {SEGMENTS} segments. The run is killed with
-9 at the point named, and the same command is run again. "On the disk" are segments whose record was written when the
kill came, "begun again" those that were begun before it and are made by both runs.

| output | killed | on the disk | reused | begun again | same bytes | nothing left |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    output: str
    point: str
    finished: int
    reused: int
    repeated: int
    same: bool
    tidy: bool


def draw(path: Path) -> Path:
    """A textured pan with a tone."""
    height, width = SIZE
    ground = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (height, 3 * width, 3), np.uint8), (0, 0), 3)
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = output.add_stream("aac", rate=48000)
        for index in range(SECONDS * RATE):
            left = index * 3 % (2 * width)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(ground[:, left : left + width]), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            output.mux(video.encode(picture))
            times = (np.arange(48000 // RATE) + index * (48000 // RATE)) / 48000
            tone = av.AudioFrame.from_ndarray(
                np.tile(0.2 * np.sin(2 * np.pi * 440 * times), (2, 1)).astype(np.float32), "fltp", "stereo"
            )
            tone.sample_rate, tone.pts = 48000, index * (48000 // RATE)
            output.mux(sound.encode(tone))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))
    return path


def command(film: Path, output: Path) -> list[str]:
    return [sys.executable, "-m", "frameloom", "interpolate", str(film), str(output), "--model", "blend", "--json"]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Scene:
    """The working folder of one output."""

    def __init__(self, output: Path) -> None:
        self.folder = output.with_name(f".{output.name}.frameloom")

    def recorded(self) -> int:
        journal = self.folder / "journal"
        return max(0, journal.read_bytes().count(b"\n") - 1) if journal.exists() else 0

    def begun(self) -> set[str]:
        return {entry.name[:6] for entry in self.folder.glob("*.p*") if entry.name[:6].isdigit()}


def points() -> dict[str, Callable[[Scene], bool]]:
    """Ten moments, in order."""

    def after(count: int) -> Callable[[Scene], bool]:
        return lambda scene: scene.recorded() >= count

    return {
        "planning": lambda scene: scene.folder.exists(),
        "first segment": lambda scene: bool(scene.begun()),
        **{f"after {count} segments": after(count) for count in (1, 2, 3, 5, 7)},
        "last segment": after(SEGMENTS - 1),
        "before joining": after(SEGMENTS),
        "joining": lambda scene: any(scene.folder.glob("joined.*")),
    }


def killed_at(film: Path, output: Path, reached: Callable[[Scene], bool]) -> None:
    with subprocess.Popen(command(film, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        scene = Scene(output)
        while not reached(scene):
            if process.poll() is not None:
                raise SystemExit("the run ended before it could be killed")
            time.sleep(0.0005)
        process.kill()


def measured(film: Path, output: Path, point: str, reached: Callable[[Scene], bool], whole: str) -> Row:
    killed_at(film, output, reached)
    scene = Scene(output)
    finished, begun = scene.recorded(), len(scene.begun())
    done = subprocess.run(command(film, output), capture_output=True, text=True, check=True)
    reused = json.loads(done.stdout)["segments_reused"]
    row = Row(output.suffix, point, finished, reused, max(0, begun - reused), digest(output) == whole,
              not scene.folder.exists())  # fmt: skip
    output.unlink()
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--markdown", type=Path, required=True)
    chosen = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        film = draw(Path(folder) / "film.mp4")
        for suffix in (".mp4", ".mkv"):
            output = Path(folder) / f"out{suffix}"
            subprocess.run(command(film, output), check=True, stdout=subprocess.DEVNULL)
            whole = digest(output)
            output.unlink()
            for point, reached in points().items():
                rows.append(measured(film, output, point, reached, whole))
                print(rows[-1])
    chosen.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    words = {True: "yes", False: "**no**"}
    lines = [
        f"| {row.output} | {row.point} | {row.finished} | {row.reused} | {row.repeated} | {words[row.same]} "
        f"| {words[row.tidy]} |"
        for row in rows
    ]
    chosen.markdown.write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
