"""Frames one by one, in Python only. Nothing heavy is imported until a verb is called."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from frameloom.frame import Frame
from frameloom.media.choices import VideoCodec
from frameloom.progress import Notices
from frameloom.roles import Interpolator

if TYPE_CHECKING:
    from frameloom.media.reading.source import FrameSource
    from frameloom.media.writing.sink import FrameSink


def densify(frames: Iterable[Frame], model: Interpolator, *, factor: int = 2) -> Iterator[Frame]:
    """Yield `factor` frames for each of a stream, same duration; source frames are passed on as they came.

    The stream is read as it is needed and two frames of it are held at a time.

    Raises:
        RangeError: the factor is not a whole number from 1 up.
    """
    from frameloom.interpolation.video import densify as densified
    from frameloom.media.timeline import Multiply

    return densified(frames, model, Multiply(factor))


@contextmanager
def open_sink(
    path: str | Path,
    *,
    like: "FrameSource",
    rate: str | float | Fraction | None = None,
    codec: VideoCodec = "h264",
    crf: int | None = None,
    lossless: bool = False,
    pix_fmt: str | None = None,
    overwrite: bool = False,
) -> "Generator[FrameSink]":
    """Open an output for frames: `with open_sink("out.mp4", like=source) as sink: sink.append(frame)`.

    The output gets its name when the block ends well; after an error nothing is left. Times are kept to a sixteenth of
    the source's ticks and frames.

    Args:
        path: .mp4, .mov, .mkv, .gif, .webp or .apng; any other name is a folder of numbered PNG files.
        like: The source, whose size, depth, colours and pixel shape the output has.
        rate: Nominal frames per second; the source's by default.
        codec: How video is encoded; each codec goes into some types of files only.
        crf: Quality of the encoding, 0 (best) to 51, av1 to 63.
        lossless: Every sample comes back as it was.
        pix_fmt: How pixels are stored, by FFmpeg's name; what suits the source by default.
        overwrite: Replace an earlier output of that name.

    Raises:
        CannotWrite: a format or a place that cannot be written, or a file that does not hold the codec.
        InputError: a quality or pixel format that the codec does not have.
        OutputExists: it is there already.
    """
    from frameloom.media.timeline import common_unit, rate_of
    from frameloom.media.writing.encoding import Encoding
    from frameloom.media.writing.losses import losses
    from frameloom.media.writing.sink import VideoSink, check_encoding, kind_of_output, sink_for
    from frameloom.media.writing.target import check_output, staged_file, staged_folder

    info, output = like.info, Path(path)
    encoding = Encoding(codec=codec, crf=crf, lossless=lossless, pix_fmt=pix_fmt)
    check_encoding(output, encoding)
    folder = kind_of_output(output) == "folder"
    check_output(output, [info.path], overwrite=overwrite, folder=folder)
    nominal = info.rate if rate is None else rate_of(rate)
    unit = common_unit(common_unit(info.tick, 1 / info.rate), 1 / nominal) / 16
    staged = staged_folder(output, overwrite=overwrite) if folder else staged_file(output, overwrite=overwrite)
    with staged as working, sink_for(working, like=info, rate=nominal, unit=unit, encoding=encoding) as sink:
        notices = Notices()
        for loss in losses(info, output, sink.settings if isinstance(sink, VideoSink) else None):
            notices.add(f"{info.path.name}: {loss}")
        yield sink
