"""Two images in, images out: passes stay in float, and 16 bits never go through 8 (M2)."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

import readers
from commands import Command
from factories import moving_square, write_png

SIZE = (40, 256)


def deep(path: Path) -> np.ndarray:
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16
    return stored[..., ::-1].astype(np.int64)


@pytest.fixture
def ramps(tmp_path: Path) -> list[Path]:
    """A 16-bit ramp within two levels of 8 bits, and the same 64 sixteen-bit levels brighter: 8 bits hold neither."""
    ramp = np.broadcast_to(np.arange(SIZE[1], dtype=np.uint16)[None, :, None] * 2 + 30_000, (*SIZE, 3))
    write_png(tmp_path / "a.png", ramp)
    write_png(tmp_path / "b.png", ramp + np.uint16(64))
    return [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out"]


@pytest.mark.parametrize("model", ["blend", "dis"])
@pytest.mark.parametrize(("num", "count"), [(["3"], 3), (["1", "1"], 3), (["2", "1"], 5), (["1"] * 7, 127)], ids=str)
def test_sixteen_bits_survive_every_pass(
    frameloom: Command, ramps: list[Path], model: str, num: list[str], count: int
) -> None:
    frameloom("between", *ramps, "--num", *num, "--model", model).done()
    files = sorted(ramps[2].iterdir())
    assert [file.name for file in files] == [f"{k:05d}.png" for k in range(count + 2)]
    first, last = deep(ramps[0]), deep(ramps[1])
    assert np.array_equal(deep(files[0]), first)
    assert np.array_equal(deep(files[-1]), last)
    for k, file in enumerate(files):
        made = deep(file)[:, 4:-4]
        # Half a level of rounding, and of float32 what seven passes add up; one step of 8 bits is 257 levels
        bound = 0.51 if model == "blend" else 1.5
        if model == "blend":
            assert np.abs(made - (first + 64 * k / (count + 1))[:, 4:-4]).max() <= bound
        assert len(np.unique(made)) > 200
        assert made.mean() == pytest.approx(float(first[:, 4:-4].mean() + 64 * k / (count + 1)), abs=bound)


def test_seven_passes_make_128_steps_and_a_gif(frameloom: Command, tmp_path: Path) -> None:
    first, last = (write_png(tmp_path / f"{k}.png", moving_square(2 * k, (24, 32))) for k in range(2))
    options = ["--num", *["1"] * 7, "--gif", "--fps", "25", "--model", "blend"]
    frameloom("between", first, last, tmp_path / "out", *options).done()
    assert len(list((tmp_path / "out").glob("*.png"))) == 129
    assert readers.times(tmp_path / "out" / "between.gif") == [Fraction(k, 25) for k in range(129)]
    start, end = (cv2.imread(str(file)).astype(float) for file in (first, last))
    for k in (1, 31, 64, 127):  # an original that rounds down after every pass ends up to a level darker
        made = cv2.imread(str(tmp_path / "out" / f"{k:05d}.png"))
        assert np.abs(made - (start + (end - start) * k / 128)).max() <= 0.501
