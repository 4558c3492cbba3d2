"""Faults of every kind, planted in real clips; benchmarks/inspection.py looks for them.

A fault counts only where it can be seen, as `SEEN` says. Clips are reduced to 640 columns, as they would be anyway.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from cuts import family
from duplicates import OWN_REPEATS
from numpy.typing import NDArray

from frameloom.features.thumbnails import reduced_rgb
from frameloom.media.reading.source import open_source

Image = NDArray[np.uint8]
Images = list[Image]
AROUND = 6  # frames before and after what is planted
CHANGE = 2.0  # 8-bit levels by which a planted frame must differ on average from the one that belongs there
OUTDONE = 1.5  # times by which the change over a gap must exceed that of the two steps before and after it
SEEN = (
    "a replaced, torn or shifted part differs from what belongs there by 2 levels on average; beside a repeated frame "
    "the picture changes by 2 levels; across a gap it changes 1.5 times as much as in any of the two steps before and "
    "after, and by 2 levels"
)
OWN_CUTS = {"bikes": (30, 76, 137, 187, 242), "nasa_13013": (202,), "car": (352,)}
OWN_STUTTER = {*OWN_REPEATS, "car", "nasa_13013", "cups", "juggle"}
"""Clips that repeat or lose frames of their own: duplicates and jumps in them are no false alarms, nor is any planted.

In `juggle` every fifth frame is lost: in each fourth step the balls move two to three times as far as in the others.
"""
KINDS = ("flicker", "tearing", "duplicate", "jump", "cut")
MIDDLE = ("gain of 6 %", "blur of 2 px", "warp of 4 px", "part shifted by 8 px", "part of a neighbour",
          "frame repeated", "2 frames dropped", "splice")  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """Frames with one fault, or with none that can be seen."""

    kind: str
    variant: str
    clip: str
    images: Images
    at: int
    seen: bool


def difference(first: Image, second: Image) -> float:
    return float(cv2.absdiff(first, second).mean())


def replaced(clip: Images, at: int, image: Image) -> Images:
    return [*clip[:at], image, *clip[at + 1 :]]


def gained(image: Image, gain: float) -> Image:
    return np.clip(np.rint(image * (1 + gain)), 0, 255).astype(np.uint8)


def warped(image: Image, reach: float, seed: int) -> Image:
    """Displaced by smooth noise with a deviation of so many pixels."""
    height, width = image.shape[:2]
    noise = np.random.default_rng(seed).normal(0, reach, (2, 4, 4)).astype(np.float32)
    across, down = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in noise)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(image, columns + across, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def torn(image: Image, other: Image, row: int, *, below: bool) -> Image:
    part = slice(row, None) if below else slice(0, row)
    mended = image.copy()
    mended[part] = other[part]
    return mended


def shifted(image: Image, pixels: int) -> Image:
    """Moved to the right, or left where negative; the edge is repeated."""
    columns = np.clip(np.arange(image.shape[1]) - pixels, 0, image.shape[1] - 1)
    return image[:, columns]


def of_frame(name: str, images: Images, at: int, draw: random.Random) -> Iterator[Planted]:
    """One frame spoilt in each way."""
    own, sign = images[at], draw.choice((-1, 1))
    spoilt = {f"gain of {round(100 * gain)} %": gained(own, sign * gain) for gain in (0.03, 0.06, 0.12)}
    spoilt |= {f"blur of {reach} px": cv2.GaussianBlur(own, (0, 0), reach) for reach in (1, 2, 4)}
    spoilt |= {f"warp of {reach} px": warped(own, reach, draw.randrange(10**6)) for reach in (2, 4, 8)}
    for variant, image in spoilt.items():
        yield Planted("flicker", variant, name, replaced(images, at, image), at, difference(own, image) >= CHANGE)
    row, below = round(draw.uniform(0.15, 0.85) * own.shape[0]), draw.random() < 0.5
    others = {f"part shifted by {pixels} px": shifted(own, sign * pixels) for pixels in (4, 8, 16)}
    others["part of a neighbour"] = images[at + sign]
    for variant, other in others.items():
        part = slice(row, None) if below else slice(0, row)
        seen = difference(own[part], other[part]) >= CHANGE
        yield Planted("tearing", variant, name, replaced(images, at, torn(own, other, row, below=below)), at, seen)


def elsewhere(name: str, images: Images, around: Images, at: int, draw: random.Random) -> Planted:
    """A frame replaced by another one of its clip, half a second away at least."""
    far = [place for place in range(len(images)) if abs(place - at) >= 12]
    other = images[draw.choice(far)]
    seen = difference(around[AROUND], other) >= CHANGE
    return Planted("flicker", "frame from elsewhere", name, replaced(around, AROUND, other), AROUND, seen)


def of_stream(name: str, images: Images, at: int) -> Iterator[Planted]:
    """A frame repeated, or lost. `images` has four frames more behind."""
    seen = min(difference(images[at - 1], images[at]), difference(images[at], images[at + 1])) >= CHANGE
    yield Planted("duplicate", "frame repeated", name, [*images[:at], *images[at - 1 :][: AROUND + 2]], at, seen)
    frozen = replaced(images, at, images[at - 1])[: at + AROUND + 1]
    yield Planted("duplicate", "frame in place of the next", name, frozen, at, seen)
    for missing in (1, 2, 4):
        left = [*images[:at], *images[at + missing :]][: at + AROUND + 1]
        steps = [difference(left[place - 1], left[place]) for place in range(at - 2, at + 3)]
        across = steps.pop(2)
        variant = f"{missing} frame{'s' if missing > 1 else ''} dropped"
        seen = across >= CHANGE and across >= OUTDONE * max(steps)
        yield Planted("jump", variant, name, left, at, seen)


def splice(name: str, images: Images, at: int, other: Images, draw: random.Random) -> Planted:
    height, width = images[0].shape[:2]
    begin = draw.randrange(len(other) - AROUND)
    after = [cv2.resize(image, (width, height)) for image in other[begin : begin + AROUND + 1]]
    return Planted("cut", "splice", name, [*images[:at], *after], at, seen=True)


def all_planted(
    paths: Sequence[Path], path: Path, per_clip: int, seed: int, kinds: Collection[str] = KINDS
) -> Iterator[Planted]:
    """All faults of these kinds that are planted in one clip, at `per_clip` places that no kind changes."""
    draw = random.Random(f"{seed} {path.stem}")
    images = reduced(path)
    cuts = OWN_CUTS.get(path.stem, ())
    places = [at for at in range(AROUND + 1, len(images) - AROUND - 6)
              if not any(abs(at - cut) <= AROUND + 6 for cut in cuts)]  # fmt: skip
    strangers = [other for other in paths if family(other.stem) != family(path.stem)]
    for number, place in enumerate(draw.sample(places, min(per_clip, len(places)))):
        for planted in at_place(path.stem, images[place - AROUND : place + AROUND + 6], strangers, draw, kinds):
            if not number or planted.variant in MIDDLE:
                yield planted
        around = images[place - AROUND : place + AROUND + 1]
        if "flicker" in kinds:
            yield elsewhere(path.stem, images, around, place, random.Random(f"{seed} {path.stem} {place}"))


def at_place(
    name: str, images: Images, strangers: Sequence[Path], draw: random.Random, kinds: Collection[str]
) -> Iterator[Planted]:
    """Everything of these kinds that is planted in the frame that AROUND others precede."""
    around = images[: 2 * AROUND + 1]
    if {"flicker", "tearing"} & set(kinds):
        yield from (one for one in of_frame(name, around, AROUND, draw) if one.kind in kinds)
    if name not in OWN_STUTTER:
        yield from (one for one in of_stream(name, images, AROUND) if one.kind in kinds)
    if "cut" in kinds:
        yield splice(name, around, AROUND, reduced(draw.choice(strangers), 40), draw)


def reduced(path: Path, count: int | None = None) -> Images:
    frames = (reduced_rgb(frame.picture) for frame in open_source(path))
    return [image for _, image in zip(range(count or 10**6), frames, strict=False)]
