"""Write docs/cli.md from what every command says for --help; with --check, fail where the page is out of date."""

import io
import sys
from pathlib import Path

from rich.console import Console

from frameloom.cli.app import build_app
from frameloom.cli.commands import COMMANDS, GROUPS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 100
HEAD = """# Commands

Made from `--help` by `make docs`; do not edit by hand. The Python functions of the same names take the same words
(`frameloom.interpolate("walk.mp4", "smooth.mp4", fps=60)`).

Exit codes: 0 done, 1 a fault in Frameloom, 2 something about the input or the command line, 130 interrupted.
"""


def help_of(words: list[str]) -> str:
    """What a command prints for --help, without colours or trailing space."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False)
    build_app().help_print(words, console=console)
    return "\n".join(line.rstrip() for line in buffer.getvalue().strip().splitlines())


def page() -> str:
    """The whole page."""
    names = ["", *sorted([*COMMANDS, *GROUPS])]
    sections = [(f"frameloom {name}".rstrip(), help_of(name.split())) for name in names]
    return HEAD + "".join(f"\n## {title}\n\n```text\n{text}\n```\n" for title, text in sections)


def main() -> int:
    """Write the page or check it."""
    made = page()
    if "--check" in sys.argv:
        if PAGE.read_text(encoding="utf-8") != made:
            print("docs/cli.md is out of date: run make docs", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
