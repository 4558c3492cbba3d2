"""Tiny pictures, clips and sounds, drawn when a test needs them: nothing binary lies in the repository."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

LIMITED, FULL = 1, 2
BT709, BT601, BT2020 = 1, 6, 9  # matrix codes of ITU-T H.273
SIZE = (48, 64)  # (height, width) of clips unless a test says otherwise


def moving_square(index: int, size: tuple[int, int] = SIZE, step: int = 3) -> Image:
    """A bright square that moves right over a coloured ramp; every index looks different."""
    height, width = size
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([rows * 160 // height + 30, columns * 160 // width + 30, (rows + columns) % 64 + 60], axis=2)
    side = max(2, height // 4)
    left = (index * step) % max(1, width - side)
    image[height // 3 : height // 3 + side, left : left + side] = (235, 225, 40 + (index * 16) % 200)
    return image.astype(np.uint8)


def noise(size: tuple[int, int] = SIZE, *, seed: int = 0, channels: int = 3, dtype: type = np.uint8) -> NDArray:
    """Smooth noise over the whole range of the type."""
    random = np.random.default_rng(seed)
    coarse = random.random((max(2, size[0] // 6), max(2, size[1] // 6), channels), dtype=np.float32)
    smooth = np.clip(cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)
    return (smooth.reshape(*size, channels) * np.iinfo(dtype).max).astype(dtype)


def write_png(path: Path, pixels: NDArray) -> Path:
    """Write RGB(A) or grey pixels with OpenCV, independently of the package."""
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
    stored = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., order[pixels.shape[2]]])
    done, data = cv2.imencode(path.suffix, stored)
    assert done
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.tobytes())
    return path


def image_folder(folder: Path, count: int = 4, size: tuple[int, int] = SIZE, dtype: type = np.uint8) -> Path:
    """A folder of numbered PNG files of the moving square."""
    for index in range(count):
        pixels = moving_square(index, size).astype(dtype)
        write_png(folder / f"{index:05d}.png", pixels * 257 if dtype is np.uint16 else pixels)
    return folder


def native(rgb: Image, format: str = "yuv420p", matrix: int = BT601, range: int = LIMITED) -> av.VideoFrame:
    """An RGB image as a video picture."""
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    spaces = {BT601: 5, BT709: 1, BT2020: 9}  # swscale's own numbers
    return picture.reformat(format=format, dst_colorspace=spaces[matrix], src_color_range=FULL, dst_color_range=range)


def from_planes(planes: Sequence[NDArray], format: str) -> av.VideoFrame:
    """A video picture with exactly these planes."""
    height, width = planes[0].shape
    picture = av.VideoFrame(width, height, format)
    for plane, values in zip(picture.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
        rows[:, : values.shape[1]] = values
        plane.update(rows.tobytes())
    return picture


def planes_of(picture: av.VideoFrame) -> list[NDArray]:
    """The planes of a picture, without padding."""
    kind = np.uint8 if picture.format.components[0].bits == 8 else np.dtype("<u2")
    return [np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width].copy() for plane in picture.planes]


@dataclass(frozen=True)
class Sound:
    """A tone to go with a clip."""

    seconds: float = 1.0
    start: Fraction = Fraction(0)  # on the clip's clock
    codec: str = "aac"
    rate: int = 48000


@dataclass(frozen=True)
class Tags:
    """Colour tags of a clip."""

    matrix: int = 2
    range: int = 0
    primaries: int = 2
    transfer: int = 2


def write_video(
    path: Path,
    pictures: Sequence[av.VideoFrame],
    *,
    rate: Fraction | int = 25,
    stamps: Sequence[int] | None = None,
    tick: Fraction | None = None,
    last: int | None = None,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    tags: Tags | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
    sounds: Sequence[Sound] = (),
    format: str | None = None,
    layout: dict[str, str] | None = None,
) -> Path:
    """Write pictures at `stamps` (ticks; by default evenly) to a video file; `last` is the last duration in ticks.

    `options` are those of the encoder, `layout` those of the container.
    """
    rate = Fraction(rate)
    tick = tick or 1 / rate
    even = [round(index / rate / tick) for index in range(len(pictures))]
    stamps = even if stamps is None else list(stamps)
    durations = dict(zip(stamps, [b - a for a, b in pairwise(stamps)], strict=False))
    durations[stamps[-1]] = last if last is not None else round(1 / rate / tick)
    with av.open(str(path), "w", format=format, container_options=layout or {}) as output:
        stream = output.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = pictures[0].width, pictures[0].height
        stream.pix_fmt = pictures[0].format.name
        context = stream.codec_context
        context.time_base = stream.time_base = tick
        if aspect:
            context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        _tag(context, tags)
        tones = [(output.add_stream(sound.codec, rate=sound.rate, layout="mono"), sound) for sound in sounds]
        for picture, stamp in zip(pictures, stamps, strict=True):
            picture.pts, picture.time_base, picture.pict_type = stamp, tick, 0
            _tag(picture, tags)
            _mux(output, stream.encode(picture), durations)
        _mux(output, stream.encode(None), durations)
        for tone, sound in tones:
            packets = [packet for chunk in [*_tone(sound), None] for packet in tone.encode(chunk)]
            packets[-1].duration = max(1, packets[-1].duration // 3)  # sound rarely ends with a whole packet
            output.mux(packets)
    return path


def _tag(target: "av.VideoFrame | av.VideoCodecContext", tags: Tags | None) -> None:
    if tags is not None:
        target.colorspace, target.color_range = tags.matrix, tags.range
        target.color_primaries, target.color_trc = tags.primaries, tags.transfer


def _mux(output: "av.container.OutputContainer", packets: Sequence[av.Packet], durations: dict[int, int]) -> None:
    for packet in packets:
        packet.duration = durations[packet.pts]
        output.mux_one(packet)


def _tone(sound: Sound) -> Iterator[av.AudioFrame]:
    total = int(sound.seconds * sound.rate)
    wave = (0.3 * np.sin(np.arange(total) * (440 * 2 * np.pi / sound.rate))).astype(np.float32)
    first = int(sound.start * sound.rate)
    whole = sound.codec.startswith("pcm")
    for start in range(0, total, 1024):
        samples = wave[start : start + 1024][None]
        values = (samples * 32767).astype(np.int16) if whole else samples
        chunk = av.AudioFrame.from_ndarray(values, format="s16" if whole else "fltp", layout="mono")
        chunk.sample_rate = sound.rate
        chunk.pts = first + start
        chunk.time_base = Fraction(1, sound.rate)
        yield chunk


def clip(
    path: Path,
    count: int = 8,
    *,
    size: tuple[int, int] = SIZE,
    draw: Callable[[int, tuple[int, int]], Image] = moving_square,
    format: str = "yuv420p",
    **how: object,
) -> Path:
    """A clip of the moving square; further options are those of `write_video`."""
    return write_video(path, [native(draw(index, size), format) for index in range(count)], **how)


def audio_only(path: Path) -> Path:
    """A file with sound and no pictures."""
    with av.open(str(path), "w") as output:
        tone = output.add_stream("aac", rate=48000, layout="mono")
        for chunk in _tone(Sound(0.3)):
            output.mux(tone.encode(chunk))
        output.mux(tone.encode(None))
    return path


def write_gif(path: Path, images: Sequence[Image], delays: Sequence[int]) -> Path:
    """A looping GIF with delays in hundredths of a second, written byte for byte by FFmpeg's encoder."""
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as output:
        stream = output.add_stream("gif", rate=100)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "rgb8"
        stream.codec_context.time_base = Fraction(1, 100)
        time = 0
        for image, delay in zip(images, delays, strict=True):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="rgb8")
            picture.pts, picture.time_base = time, Fraction(1, 100)
            time += delay
            for packet in stream.encode(picture):
                packet.duration = delay
                output.mux_one(packet)
        output.mux(stream.encode(None))
    return path
