"""Fixtures and settings that every test shares."""

from pathlib import Path

import pytest
from hypothesis import settings

from commands import Command

settings.register_profile("frameloom", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("frameloom")

REAL_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the real clips are skipped where the clips are not."""
    if REAL_CLIPS.is_dir():
        return
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason=f"the real clips are not at {REAL_CLIPS}"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `real_clip` runs once for each of them; without clips, once, to be seen as skipped."""
    if "real_clip" in metafunc.fixturenames:
        clips = sorted(REAL_CLIPS.glob("*.mp4")) or [REAL_CLIPS / "none.mp4"]
        metafunc.parametrize("real_clip", clips, ids=[clip.stem for clip in clips])


@pytest.fixture
def frameloom(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command line in this process."""
    return Command(capsys)
