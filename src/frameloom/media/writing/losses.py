"""What of a source an output cannot hold, in words: nothing is dropped without saying so."""

from pathlib import Path

from frameloom.media.pictures.light import Light
from frameloom.media.pictures.pixel_formats import Traits, traits_of
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.codecs import CODECS, cards_with_alpha
from frameloom.media.writing.encoding import VideoSettings, source_traits

_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}  # codes of ITU-T H.273


def losses(like: SourceInfo, output: Path, settings: VideoSettings | None) -> tuple[str, ...]:
    """What the user should know before the first frame is written.

    Args:
        like: The source.
        output: Where it goes.
        settings: Those of a video; None for a folder, GIF, WebP or PNG.
    """
    if settings is None:
        return tuple(_of_images(like, output.suffix.lower()))
    wanted, given = source_traits(like), traits_of(settings.format)
    codec = next(card.name for card in CODECS.values() if settings.encoder in (card.encoder, card.rgb_encoder))
    found = [
        *loss_of_size(settings, way_out="--codec av1 and --pix-fmt yuv444p do not"),
        *_of_samples(wanted, given, codec),
    ]
    if like.light is not None:
        found += _of_light(like.light, codec)
    return tuple(found)


def loss_of_size(settings: VideoSettings, *, way_out: str) -> list[str]:
    """That an odd size is written larger; `way_out` says what has no need of it."""
    if settings.padding == (0, 0):
        return []
    (height, width), (rows, columns) = settings.size, settings.padding
    return [
        f"{width}x{height} is written as {width + columns}x{height + rows} (edge repeated), because the video format "
        f"needs even sides; {way_out}"
    ]


def _of_samples(wanted: Traits, given: Traits, codec: str) -> list[str]:
    found: list[str] = []
    if wanted.alpha and not given.alpha:
        found.append(
            f"transparency goes over black, because {codec} does not keep it; {cards_with_alpha()} do, and so do "
            ".webp, .apng and folders of images"
        )
    if wanted.depth > given.depth:
        keeping = [card.name for card in CODECS.values() if _deepest(card.name) >= wanted.depth]
        others = f"; {' and '.join(keeping)} can keep them" if keeping else ""
        found.append(f"{wanted.depth} bits per channel are rounded to {given.depth}{others}")
    coarser = any(here > there for here, there in zip(given.chroma, wanted.chroma, strict=True))
    if wanted.family == given.family == "yuv" and coarser:
        found.append(f"colour is sampled more coarsely: {wanted} becomes {given}")
    return found


def _deepest(codec: str) -> int:
    return max((traits_of(name).depth for name in CODECS[codec].formats), default=0)


def _of_light(light: Light, codec: str) -> list[str]:
    found: list[str] = []
    if (light.display or light.content) and not CODECS[codec].carries_light:
        keeping = " and ".join(card.name for card in CODECS.values() if card.carries_light)
        found.append(f"mastering display and content light level are left out, because only {keeping} carry them")
    if light.dynamic:
        found.append(f"{' and '.join(light.dynamic)} metadata is left out; the HDR10 or HLG picture beneath it is kept")
    return found


def _of_images(like: SourceInfo, suffix: str) -> list[str]:
    found: list[str] = []
    if like.tags is not None and like.tags.transfer in _HDR_TRANSFERS:
        curve = _HDR_TRANSFERS[like.tags.transfer]
        found.append(
            f"images do not say that their colours are HDR ({curve}) and look pale; write a video to keep that"
        )
    if suffix in (".gif", ".webp") and like.depth > 8:
        found.append(f"{like.depth} bits per channel are rounded to 8; .apng and folders of images keep them")
    return found
