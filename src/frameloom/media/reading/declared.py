"""What a file says about its own length, compared with what it holds."""

from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from frameloom.media.reading.clock import FALLBACK_RATE

# Headers round durations, and some count to the start of the last picture.
_SLACK_SECONDS = Fraction(1, 4)
_SLACK_FRAMES = 2


def missing_seconds(container: InputContainer, stream: VideoStream, end: Fraction, file_size: int) -> Fraction:
    """Seconds that are declared but not there; 0 where nothing is declared, as in raw and broadcast streams.

    Args:
        container: The file, open.
        stream: Its pictures.
        end: When the last packet of all streams ends, in seconds: sound may go on after the pictures.
        file_size: In bytes.
    """
    formats = container.format.name
    if "mp4" in formats:
        return _beyond_the_file(stream, file_size)
    if formats == "avi":  # the duration that the reader gives is already cut to the size of the file
        declared = max(stream.frames, stream.duration or 0) * Fraction(stream.time_base or 0)
    elif "matroska" in formats or formats == "flv":
        declared = Fraction(container.duration or 0, 10**6)
    else:
        return Fraction(0)
    start = Fraction(container.start_time or 0, 10**6)
    gap = declared - max(end, end - start)  # some count from the start, some from zero
    return gap if gap > max(_SLACK_SECONDS, _SLACK_FRAMES * _frame_time(stream)) else Fraction(0)


def _beyond_the_file(stream: VideoStream, file_size: int) -> Fraction:
    """The MP4 family has an index that says where each picture lies."""
    lost = [entry.timestamp for entry in stream.index_entries if entry.pos + entry.size > file_size]
    if not lost:
        return Fraction(0)
    return (max(lost) - min(lost)) * Fraction(stream.time_base or 0) + _frame_time(stream)


def _frame_time(stream: VideoStream) -> Fraction:
    return 1 / Fraction(stream.average_rate or FALLBACK_RATE)
