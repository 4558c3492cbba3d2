"""docs/models.md says what the catalog and the reader do."""

import re
import runpy
from pathlib import Path

from frameloom.checkpoints import weights

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


def test_the_table_is_the_catalog() -> None:
    assert runpy.run_path(str(ROOT / "scripts" / "model_table.py"))["page"]() == PAGE, "run make docs"


def test_wrappers_prefixes_and_what_is_left_out_are_those_of_the_reader() -> None:
    section = PAGE.split("## What can be read")[1].split("## Pickles")[0]
    named = set(re.findall(r"`([^`]+)`", section))
    assert {*weights._WRAPPERS, *weights._PREFIXES, *weights._DROPPED} <= named
