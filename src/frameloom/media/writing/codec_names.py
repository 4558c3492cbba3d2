"""The names of codecs, apart from what they are: signatures need them before anything heavy is imported."""

from typing import Literal

VideoCodec = Literal["h264", "hevc", "av1", "prores", "ffv1"]
