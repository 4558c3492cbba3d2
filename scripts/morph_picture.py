"""Draw the picture of docs/morph.md: a pool of drawn landscapes, and rows of films that are made of it."""

import tempfile
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import frameloom as fl
from frameloom.retrieval.paper import PAPER, write_line

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "morph.jpg"
POOL, SHOWN, SIZE = 240, 10, (90, 160)
SKIES = np.array([[20, 24, 60], [230, 120, 90], [120, 180, 235], [250, 200, 120], [200, 80, 90], [26, 20, 50]], float)
GAP, LABEL = 4, 22


def landscape(number: int) -> NDArray[np.uint8]:
    """Hills before a sky at some hour, (180, 320, 3)."""
    random = np.random.default_rng(number)
    hour, height, width = random.random(), 180, 320
    at = np.array([np.interp(hour, np.linspace(0, 1, len(SKIES)), SKIES[:, channel]) for channel in range(3)])
    down = np.linspace(0.55, 1.2, height)[:, None, None]
    image = np.clip(at * down * np.ones((1, width, 1)), 0, 255)
    sun = int(width * (0.1 + 0.8 * hour)), int(height * (0.55 - 0.45 * np.sin(np.pi * hour)))
    cv2.circle(
        image, sun, int(random.integers(8, 20)), tuple(np.clip(at * 0.3 + 180, 0, 255).tolist()), -1, cv2.LINE_AA
    )
    season = np.array([[60, 110, 50], [120, 130, 60], [150, 100, 50], [90, 120, 110]], float)[random.integers(4)]
    for layer in range(3):
        across = np.linspace(0, 2 * np.pi * random.uniform(0.6, 1.8), width)
        ridge = height * (0.5 + 0.16 * layer) + random.uniform(6, 22) * np.sin(across + random.uniform(0, 6))
        below = np.arange(height)[:, None] > ridge[None]
        image[below] = (0.55 - 0.12 * layer) * at + (0.25 + 0.22 * layer) * season * (0.35 + np.sin(np.pi * hour))
    return np.clip(image, 0, 255).astype(np.uint8)


def frames_of(video: Path, first: int, step: int = 1) -> list[NDArray[np.uint8]]:
    """Ten frames of a film from that one on."""
    with av.open(str(video)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return shown[first::step][:SHOWN]


def main() -> None:
    """Draw it anew."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "pool").mkdir()
        for number in range(POOL):
            fl.write_image(folder / "pool" / f"{number:03d}.png", landscape(number))
        options = {"formats": ["160x90"], "duration": 6, "fps": 25, "crf": 8, "preset": "medium"}
        fl.morph(folder / "pool", folder / "film.mp4", **options)
        fl.morph(folder / "pool", folder / "graded.mp4", **options, grade="reinhard")
        fl.morph(folder / "pool", folder / "between.mp4", **options, between=8)
        rows = [
            (
                "the pool, in the order of its names",
                [cv2.resize(landscape(number), SIZE[::-1]) for number in range(SHOWN)],
            ),
            ("frames 40 to 49 of a film of 150 of 240 pictures", frames_of(folder / "film.mp4", 40)),
            ("every 15th frame", frames_of(folder / "film.mp4", 0, 15)),
            ("every 15th frame with --grade reinhard", frames_of(folder / "graded.mp4", 0, 15)),
            ("two pictures with --between 8", frames_of(folder / "between.mp4", 9)),
        ]
    height, width = SIZE
    paper = Image.new("RGB", (SHOWN * (width + GAP) + GAP, len(rows) * (height + LABEL + GAP) + GAP), PAPER)
    for row, (words, pictures) in enumerate(rows):
        top = row * (height + LABEL + GAP) + GAP
        write_line(paper, (GAP, top), paper.width, words, "", 14)
        for column, picture in enumerate(pictures):
            paper.paste(Image.fromarray(picture), (GAP + column * (width + GAP), top + LABEL))
    paper.save(PICTURE, quality=85)


if __name__ == "__main__":
    main()
