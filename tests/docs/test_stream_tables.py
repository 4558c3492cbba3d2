"""The tables of docs/streams.md say what happens; making them fails where something is lost without a word."""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_are_what_comes_out(tmp_path: Path) -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "stream_tables.py"))
    assert made["page"](tmp_path) == made["PAGE"].read_text(encoding="utf-8"), "run make docs"
