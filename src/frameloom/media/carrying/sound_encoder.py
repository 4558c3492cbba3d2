"""Which encoder stretched sound gets."""

import av
from av.audio.stream import AudioStream
from av.codec import Codec
from av.container import OutputContainer

from frameloom.media.carrying.container_limits import accepts, layout_of, usual_layout

_LOSSY = "aac"
_LOSSLESS = ("pcm_", "flac", "alac")
_LEAST_BITS, _MOST_BITS = 96_000, 192_000  # per second and channel


def add_sound_encoder(output: OutputContainer, source: AudioStream) -> AudioStream:
    """Declare an encoded stream like the source's: lossless stays lossless where it fits, all else becomes AAC."""
    name = source.codec.canonical_name
    if name.startswith(_LOSSLESS) and accepts(output.format.name, lambda other: _add_lossless(other, source)):
        return _add_lossless(output, source)
    rate = _nearest_rate(source.codec_context.sample_rate)
    channels = source.codec_context.layout.nb_channels
    target = output.add_stream(_LOSSY, rate=rate, layout=usual_layout(channels))
    assert isinstance(target, AudioStream)
    per_channel = (source.codec_context.bit_rate or 0) // max(1, channels)
    target.bit_rate = min(max(per_channel, _LEAST_BITS), _MOST_BITS) * target.codec_context.layout.nb_channels
    return target


def _add_lossless(output: OutputContainer, source: AudioStream) -> AudioStream:
    context = source.codec_context
    target = output.add_stream(source.codec.canonical_name, rate=context.sample_rate, layout=layout_of(source))
    assert isinstance(target, AudioStream)
    formats = [format.name for format in target.codec.audio_formats or ()]
    depth = context.format.bits
    target.codec_context.format = next(
        (name for name in formats if av.AudioFormat(name).bits == depth), target.codec_context.format.name
    )
    return target


def _nearest_rate(rate: int) -> int:
    """The highest rate of the encoder that is not above; sound above it is not heard."""
    known = sorted(Codec(_LOSSY, "w").audio_rates or (rate,))
    return max((candidate for candidate in known if candidate <= rate), default=known[0])
