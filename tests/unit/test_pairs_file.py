"""Which pairs a file names, and what their folders are called."""

import json
from pathlib import Path

import pytest

from frameloom.errors import CannotOpen, InputError
from frameloom.similarity.pairs_file import PairEntry, read_pairs

TAKEN = frozenset({"results.json", "results.csv"})


def entries(tmp_path: Path, data: object) -> list[PairEntry]:
    (tmp_path / "pairs.json").write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_pairs(tmp_path / "pairs.json", taken=TAKEN)


def pair(**more: object) -> dict[str, object]:
    return {"image_a": "a.png", "image_b": "b.png"} | more


def test_a_list_and_an_object_with_one_say_the_same(tmp_path: Path) -> None:
    found = entries(tmp_path, [pair(label="walk"), {"ref_img": "/r.png", "dist_img": "d/e.png", "mos": 3}])
    assert found == entries(tmp_path, {"pairs": [pair(label="walk"), {"ref_img": "/r.png", "dist_img": "d/e.png"}]})
    assert found[0] == PairEntry(
        label="walk", folder="walk", image_a=tmp_path / "a.png", image_b=tmp_path / "b.png", problem=""
    )
    assert (found[1].label, found[1].image_a) == ("pair_001", Path("/r.png"))
    assert found[1].image_b == tmp_path / "d" / "e.png"


def test_lists_in_python_are_relative_to_where_one_is() -> None:
    (found,) = read_pairs([pair(image_b=Path("b.png"))], taken=TAKEN)
    assert (found.image_a, found.image_b) == (Path("a.png"), Path("b.png"))


@pytest.mark.parametrize(
    ("label", "folder"),
    [("../x", "x"), ("/etc/passwd", "etc-passwd"), ("..", "pair_000"), ("a b\n", "a-b"), (".hidden", "hidden"),
     ("C:\\x", "C-x"), ("größe", "größe"), ("results.csv", "results.csv-2"), ("RESULTS.JSON", "RESULTS.JSON-2"),
     ("x" * 300, "x" * 80), (7, "7"), ("", "pair_000"), (None, "pair_000")],
)  # fmt: skip
def test_folders_are_safe_and_labels_stay(tmp_path: Path, label: object, folder: str) -> None:
    (found,) = entries(tmp_path, [pair(label=label)])
    assert found.folder == folder
    assert found.label == (str(label) if label else "pair_000")


def test_folders_differ_even_where_capitals_do_not_count(tmp_path: Path) -> None:
    found = entries(tmp_path, [pair(label=label) for label in ("x", "X", "x-2", "x/", "x")])
    assert [entry.folder for entry in found] == ["x", "X-2", "x-2-2", "x-3", "x-4"]
    assert len({entry.folder.lower() for entry in found}) == 5
    assert [entry.label for entry in found] == ["x", "X", "x-2", "x/", "x"]


@pytest.mark.parametrize(
    ("item", "problem"),
    [({"image_a": "a.png"}, "has no image_b"),
     ({"label": "z"}, "has no image_a and has no image_b"),
     ({"image_a": 5, "image_b": ""}, "has 5 for image_a, not a file's path and has '' for image_b"),
     (["a.png", "b.png"], "not an object with image_a and image_b"),
     (None, "is null, not an object")],
)  # fmt: skip
def test_what_is_no_pair_is_kept_with_the_reason(tmp_path: Path, item: object, problem: str) -> None:
    found = entries(tmp_path, [pair(), item])
    assert (found[0].problem, problem in found[1].problem) == ("", True), found[1].problem


@pytest.mark.parametrize(
    ("data", "why"),
    [("{", "is not JSON"), ("[" * 100_000, "is not JSON"), ("5", "no list of pairs"), ('"ab"', "no list of pairs"),
     ("{}", "no list of pairs"), ('{"pairs": {}}', "no list of pairs"), ("[]", "holds no pair"), ("", "is not JSON")],
    ids=["broken", "deep", "number", "text", "object", "object of object", "empty list", "empty"],
)  # fmt: skip
def test_a_file_that_is_laid_out_otherwise_is_refused_with_an_example(tmp_path: Path, data: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as told:
        entries(tmp_path, data)
    assert '"image_a"' in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="does not exist"):
        read_pairs(tmp_path / "none.json", taken=TAKEN)
    with pytest.raises(CannotOpen, match="cannot be read"):
        read_pairs(tmp_path, taken=TAKEN)
