"""The frame that every page without a script has: head, style, and the body between."""

from importlib.resources import files
from string import Template


def document(*, title: str, body: str, styles: tuple[str, ...] = ()) -> str:
    """Return one HTML document that needs no other file and no network; only pictures inside it are shown.

    Args:
        title: Escaped.
        body: HTML of what is in `main`.
        styles: Names of style sheets beside this module, after the one that all pages have.
    """
    style = "\n".join(part(name) for name in ("page.css", *styles))
    return Template(part("document.html")).substitute(title=title, style=style, body=body)


def part(name: str) -> str:
    """A text file beside this module."""
    return files("frameloom.reports").joinpath(name).read_text("utf-8")
