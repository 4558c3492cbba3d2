"""The table of docs/formats.md says what the code does."""

from pathlib import Path

from frameloom.media.pictures.pixel_formats import traits_of
from frameloom.media.writing.codecs import CODECS, CodecCard

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def rows() -> list[str]:
    return [f"| {' | '.join(cells(card))} |" for card in CODECS.values()]


def cells(card: CodecCard) -> list[str]:
    return [
        card.name,
        ", ".join(card.suffixes),
        "-" if card.crf is None else f"0 to {card.worst_crf} ({card.crf})",
        {"never": "no", "asked": "yes", "always": "always"}[card.lossless],
        "; ".join(f"{kind}: {depths}" for kind, depths in sorted(depths_of(card).items())),
        "yes" if card.keeps_alpha else "no",
        "yes" if card.carries_light else "no",
    ]


def depths_of(card: CodecCard) -> dict[str, str]:
    found: dict[str, set[int]] = {}
    for name in card.formats:
        traits = traits_of(name)
        sampling = "".join(letter for letter in name if letter.isdigit())[:3]
        kind = {"yuv": ":".join(sampling), "rgb": "RGB", "gray": "grey"}[traits.family]
        found.setdefault(kind, set()).add(traits.depth)
    return {kind: ", ".join(map(str, sorted(depths))) for kind, depths in found.items()}


def test_the_table_is_that_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.split(" ")[1:2] and line.split(" ")[1] in CODECS] == rows()
