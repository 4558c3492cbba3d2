"""What was finished is known again, what was not is not."""

from pathlib import Path

import pytest

from frameloom.journal import Journal

WORK = {"input": "a", "options": {"factor": 2}}


def test_units_are_found_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", WORK)
    journal.add({"number": 0})
    journal.add({"number": 1})
    again = Journal(tmp_path / "journal", WORK)
    assert again.entries == [{"number": 0}, {"number": 1}]
    assert again.changed == []


@pytest.mark.parametrize("torn", [b'{"numb', b'{"number": 2}', b"\0\0\0", b"[1]\n", b"\xff\xfe\n"])
def test_a_torn_last_line_does_not_count_and_goes(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal"
    Journal(path, WORK).add({"number": 0})
    with path.open("ab") as file:
        file.write(torn)
    again = Journal(path, WORK)
    assert again.entries == [{"number": 0}]
    again.add({"number": 1})
    assert Journal(path, WORK).entries == [{"number": 0}, {"number": 1}]


def test_other_work_starts_afresh_and_says_what_differs(tmp_path: Path) -> None:
    Journal(tmp_path / "journal", WORK).add({"number": 0})
    again = Journal(tmp_path / "journal", WORK | {"input": "b", "model": "x"})
    assert again.changed == ["input", "model"]
    assert again.entries == []
    assert Journal(tmp_path / "journal", WORK | {"input": "b", "model": "x"}).changed == []


def test_a_torn_first_line_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b'{"inp')
    journal = Journal(tmp_path / "journal", WORK)
    assert (journal.changed, journal.entries) == ([], [])
