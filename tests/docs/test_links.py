"""Counterparts that docs/coming-from.md promises exist; links between pages lead somewhere."""

import inspect
import re
from pathlib import Path

import pytest

from frameloom.cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def options_of(command: str) -> set[str]:
    parameters = inspect.signature(COMMANDS[command]).parameters.values()
    switches = {f"--no-{item.name}" for item in parameters if item.default is True}
    return {f"--{item.name.replace('_', '-')}" for item in parameters} | switches


def counterparts() -> list[str]:
    page = (ROOT / "docs" / "coming-from.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [row[2].strip() for row in rows if row[1].strip() != "old"]


@pytest.mark.parametrize("cell", counterparts())
def test_every_counterpart_exists(cell: str) -> None:
    found = re.findall(r"`frameloom ([a-z][a-z-]*)([^`]*)`", cell)
    assert found, f"no command in: {cell}"
    for command, rest in found:
        assert command in COMMANDS
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in options_of(command), f"{command} has no {option}"


def test_the_page_has_rows() -> None:
    assert len(counterparts()) >= 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
