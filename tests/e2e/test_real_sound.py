"""The sound of real clips, stretched and copied."""

from fractions import Fraction
from pathlib import Path

import pytest

import frameloom as fl
import readers


@pytest.mark.real
@pytest.mark.slow
def test_real_sound_lasts_as_long_as_its_pictures(real_clip: Path, tmp_path: Path) -> None:
    made = fl.interpolate(real_clip, tmp_path / "out.mp4", model="blend", slow=2, audio="stretch")
    if made.sound == "none":
        pytest.skip("a silent clip")
    before, after = (readers.packets(file, "audio") for file in (real_clip, tmp_path / "out.mp4"))
    assert made.sound == "stretched"
    assert abs(after.duration - 2 * before.duration) <= Fraction(1024, 44100)
    run_up = Fraction(1024, 8000)  # of AAC at the slowest of these clips; a new encoder has its own
    offsets = [file.starts[0] - readers.times(path)[0] for file, path in ((before, real_clip), (after, made.output))]
    assert abs(offsets[1] - 2 * offsets[0]) <= max(Fraction(1, 20), run_up if offsets[0] < 0 else 0)
