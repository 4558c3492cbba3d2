"""Results as JSON, whatever they hold."""

import json
import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from frameloom.results.base import Result, plain
from frameloom.results.making import Between


def test_everything_a_result_may_hold_becomes_plain_json() -> None:
    held = {
        "rate": Fraction(24000, 1001),
        "path": Path("a/b"),
        "list": (1, 2.5),
        "inf": math.inf,
        "nan": np.float32("nan"),
        "number": np.int64(3),
        4: None,
    }
    assert json.loads(json.dumps(plain(held), allow_nan=False)) == {
        "rate": "24000/1001",
        "path": "a/b",
        "list": [1, 2.5],
        "inf": "inf",
        "nan": "nan",
        "number": 3,
        "4": None,
    }


@dataclass(frozen=True)
class Inner(Result):
    kept: int = 1
    pixels: tuple = field(default=(np.zeros(3),), metadata={"json": False})


@dataclass(frozen=True)
class Outer(Result):
    inner: Inner = Inner()


def test_arrays_are_left_out_at_every_depth_and_files_end_with_a_newline(tmp_path: Path) -> None:
    assert Outer().to_dict() == {"inner": {"kept": 1}}
    Outer().save(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {"inner": {"kept": 1}}
    assert (tmp_path / "a.json").read_text().endswith("}\n")


def test_going_over_a_between_goes_over_its_images() -> None:
    images = tuple(np.full((1, 1, 3), k, np.uint8) for k in range(3))
    made = Between(model="m", moments=(0.25, 0.5, 0.75), images=images)
    assert [image is kept for image, kept in zip(made, images, strict=True)] == [True] * 3
    assert (len(made), made[1] is images[1], "images" in made.to_dict()) == (3, True, False)
