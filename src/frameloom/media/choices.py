"""The words that options take, apart from what they mean: signatures need them before anything heavy is imported."""

from typing import Literal

VideoCodec = Literal["h264", "hevc", "av1", "prores", "ffv1"]
"""How video is encoded; `writing.codecs` has what each can do."""
AudioWish = Literal["copy", "stretch", "drop"]
"""Sound of an output that lasts longer is left out (copy) or made as long (stretch); drop leaves it out always."""
OnError = Literal["stop", "skip"]
"""What to do about pictures that cannot be decoded: raise an error, or show the last sound one."""
Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
"""How much work x264 and x265 take for a smaller file."""
