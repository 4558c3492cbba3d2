"""The frame that every page has: head, style, and the body between."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template


def document(*, title: str, body: str, styles: tuple[str, ...] = (), script: str = "") -> str:
    """Return one HTML document that needs no other file and no network; only what is inside it is shown.

    Args:
        title: Escaped.
        body: HTML of what is in `main`.
        styles: Names of style sheets beside this module, after the one that all pages have.
        script: HTML behind `main`; with it, scripts run and clips play.
    """
    style = "\n".join(part(name) for name in ("page.css", *styles))
    more_allowed = "; media-src data:; script-src 'unsafe-inline'" if script else ""
    return Template(part("document.html")).substitute(
        title=title, style=style, body=body, script=script, more_allowed=more_allowed
    )


def listed(facts: Mapping[str, str]) -> str:
    """Return the entries of a list of names and what is known of them."""
    return "\n".join(f"<div><dt>{escape(name)}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts.items())


def part(name: str) -> str:
    """A text file beside this module."""
    return files("frameloom.reports").joinpath(name).read_text("utf-8")
