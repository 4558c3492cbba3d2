"""A process that reads files named on its standard input and says how each went: it may crash without harm.

One line of JSON for each. Memory is limited, so that a header that lies about sizes is seen.
"""

import json
import resource
import sys
from pathlib import Path

MOST_BYTES = 6 * 2**30
_LONGEST_LINE = 500


def read(path: Path, on_error: str) -> str:
    """Empty where all is well, else what is wrong."""
    from frameloom.errors import FrameloomError
    from frameloom.media.reading.source import open_source

    try:
        source = open_source(path, on_error=on_error)
        frames = 0
        before = None
        for frame in source:
            frames += 1
            if frame.size != source.info.size or frame.duration <= 0 or (before is not None and frame.time <= before):
                return f"frame {frames - 1}: {frame.size}, {frame.time}, {frame.duration}"
            before = frame.time
            if frames < 3 and frame.to_uint8().shape[:2] != source.info.size:
                return "the pixels have another size than the frame"
        if frames != source.info.frame_count:
            return f"{frames} frames of {source.info.frame_count}"
    except FrameloomError as error:
        said = str(error)
        if "\n" in said or path.name not in said or len(said) > _LONGEST_LINE:
            return f"bad message: {said!r}"
    return ""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        path, on_error = json.loads(line)
        try:
            wrong = read(Path(path), on_error)
        except BaseException as error:  # whatever it is, it is what we look for
            import traceback

            place = traceback.extract_tb(error.__traceback__)[-1]
            wrong = f"{type(error).__name__}: {error} ({place.filename}:{place.lineno} {place.name})"
        print(json.dumps(wrong), flush=True)


if __name__ == "__main__":
    main()
