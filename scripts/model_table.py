"""Fill in the table of docs/models.md from the catalog; with --check, fail where the page is out of date."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from frameloom.models.zoo import CARDS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "models.md"
BEGIN, END = "<!-- models -->\n", "<!-- end of models -->\n"


def page() -> str:
    """The page with its table as it comes out now."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    table = "".join("| " + " | ".join(row) + " |\n" for row in rows())
    return f"{before}{BEGIN}{table}{END}{after}"


def rows() -> Iterator[Sequence[str]]:
    """One row per built-in model, those with weights last."""
    yield ("name", "role", "variant", "checkpoint, in `checkpoints/`", "licence of the weights")
    yield ("---",) * 5
    for card in sorted(CARDS, key=lambda card: (card.checkpoint is not None, card.name, card.role)):
        if card.checkpoint is None:
            yield (f"`{card.name}`", card.role, "", "none needed", "")
            continue
        paths = " or ".join(f"`{path}`" for path in (card.checkpoint.path, *card.checkpoint.other_paths))
        yield (f"`{card.name}`", card.role, card.variant or "", paths, card.checkpoint.licence)


def main() -> int:
    """Write the page or check it."""
    made = page()
    if "--check" in sys.argv:
        if PAGE.read_text(encoding="utf-8") != made:
            print("docs/models.md is out of date: run make docs", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
