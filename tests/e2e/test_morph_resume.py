"""A film of a pool that is killed uses what was done, and ends as an undisturbed one."""

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import readers
from collage_pool import coloured
from commands import Command
from factories import Sound, clip, write_png
from frameloom.retrieval.morph.route import _stored
from processes import started, wait_until, workspace

IMAGES, FRAMES, SEGMENTS = 32, 270, 3  # at 30 frames a second; 120 make a segment

# Slow enough to be met at any point
_SCRIPT = """
import time
from frameloom.cli import app
from frameloom.media.writing.video_container import VideoContainer
from frameloom.retrieval.morph import exchange, path
from frameloom.retrieval.morph.rendering import _Writer

def slowly(owner, name, seconds):
    quick = getattr(owner, name)
    setattr(owner, name, lambda *given: (time.sleep(seconds), quick(*given))[1])

slowly(path, "query_of", 0.01)
slowly(_Writer, "take", 0.004)
slowly(VideoContainer, "mux", 0.001)
app.run()
"""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(IMAGES):
        write_png(folder / f"{number:03d}.jpg", coloured(number, (54, 96)))
    return folder


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("song") / "song.mp4", 4, sounds=[Sound(9.5)])


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def wish(song: Path) -> list[object]:
    """Ten frames to each picture, made ones among them, graded, in two sizes, with sound."""
    return ["--formats", "96x54", "54x96", "--duration", "9", "--hold", "5", "--between", "5", "--model", "blend",
            "--grade", "reinhard", "--audio", song]  # fmt: skip


def digest(output: Path) -> dict[str, str]:
    files = sorted(output.iterdir()) if output.is_dir() else sorted(output.parent.glob(f"{output.stem}-*"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def lines(output: Path, name: str) -> int:
    journal = workspace(output) / name
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


POINTS: dict[str, Callable[[Path], bool]] = {
    "finding the path": lambda output: lines(output, "route") == 1,
    "path found": lambda output: lines(output, "route") == 2 and any(workspace(output).glob("*.part")),
    "rendering": lambda output: lines(output, "segments") > 2,
    "joining": lambda output: any(workspace(output).rglob("*.mp4")),
}


QUICK = [("out", "rendering"), ("out.mp4", "finding the path")]


@pytest.mark.parametrize(
    ("name", "point"),
    [
        pytest.param(name, point, marks=[] if (name, point) in QUICK else pytest.mark.slow)
        for name in ("out", "out.mp4")
        for point in POINTS
    ],
)
def test_a_killed_run_ends_as_an_undisturbed_one(
    pool: Path, tmp_path: Path, frameloom: Command, name: str, point: str, wish: list[object]
) -> None:
    undisturbed = tmp_path / "undisturbed" / name
    frameloom("morph", pool, undisturbed, *wish).done()
    output = tmp_path / name
    process = started(["morph", pool, output, *wish], script=_SCRIPT)
    assert wait_until(lambda: POINTS[point](output), process), process.communicate()
    process.kill()
    process.communicate()
    assert digest(output) == {} if name.endswith(".mp4") else not output.exists()
    made = json.loads(frameloom("morph", pool, output, *wish, "--json").done().out)
    assert made["path_reused"] == (point != "finding the path")
    assert (made["frames"], made["segments"]) == (FRAMES, SEGMENTS)
    assert made["segments_reused"] >= {"rendering": 1, "joining": SEGMENTS}.get(point, 0)
    assert digest(output) == digest(undisturbed)
    for video in made["videos"]:
        assert len(readers.times(Path(video))) == FRAMES
    assert not readers.hidden_in(tmp_path)


@pytest.mark.parametrize("stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupted_run_says_how_to_go_on(
    pool: Path, tmp_path: Path, wish: list[object], stop: signal.Signals
) -> None:
    output = tmp_path / "out"
    process = started(["morph", pool, output, *wish], script=_SCRIPT)
    assert wait_until(lambda: POINTS["path found"](output), process)
    process.send_signal(stop)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again to go on" in said
    assert not output.exists()


def test_two_runs_cannot_make_the_same_output(
    pool: Path, tmp_path: Path, frameloom: Command, wish: list[object]
) -> None:
    output = tmp_path / "out"
    process = started(["morph", pool, output, *wish], script=_SCRIPT)
    assert wait_until(lambda: POINTS["path found"](output), process)
    assert "is being made by another run" in frameloom("morph", pool, output, *wish).refused()
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "path_stays"),
    [(["--grade", "lut"], True), (["--strength", "0.2"], True), (["--crf", "30"], True), (["--hold", "7"], False),
     (["--smooth", "3"], False), (["--start", "007.jpg"], False), (["--descriptor", "canny"], False)],
)  # fmt: skip
def test_what_an_option_changes_is_made_anew(
    pool: Path, tmp_path: Path, frameloom: Command, wish: list[object], words: list[str], path_stays: bool
) -> None:
    changed = list(wish)
    if words[0] in changed:
        changed[changed.index(words[0]) + 1] = words[1]
    else:
        changed += words
    output = tmp_path / "out"
    process = started(["morph", pool, output, *wish], script=_SCRIPT)
    assert wait_until(lambda: POINTS["rendering"](output), process)
    process.kill()
    process.communicate()
    made = json.loads(frameloom("morph", pool, output, *changed, "--json").done().out)
    assert made["path_reused"] == path_stays
    assert made["segments_reused"] == 0
    frameloom("morph", pool, tmp_path / "undisturbed", *changed).done()
    assert digest(output) == digest(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.parametrize("line", ['{"path": [0, 0, 1], "nearest": 0.5}', "{}", "torn"])
def test_a_damaged_path_is_found_again(
    pool: Path, tmp_path: Path, frameloom: Command, wish: list[object], line: str
) -> None:
    output = tmp_path / "out"
    process = started(["morph", pool, output, *wish], script=_SCRIPT)
    assert wait_until(lambda: POINTS["rendering"](output), process)
    process.kill()
    process.communicate()
    route = workspace(output) / "route"
    route.write_text(f"{route.read_text().splitlines()[0]}\n{line}\n")
    made = json.loads(frameloom("morph", pool, output, *wish, "--json").done().out)
    assert not made["path_reused"]
    assert made["segments_reused"] >= 1  # the path is the same again


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"path": "all", "nearest": 0.5},
        {"path": [0, 1, 2]},
        {"path": [0, 1], "nearest": 0.5},
        {"path": [0, 0, 1], "nearest": 0.5},
        {"path": [0, 1, 9], "nearest": 0.5},
        {"path": [0, 1, -1], "nearest": 0.5},
        {"path": [0, 1, True], "nearest": 0.5},
        {"path": [0, 1, 2.0], "nearest": 0.5},
    ],
)
def test_what_is_no_path_of_three_among_nine_does_not_count(entry: dict) -> None:
    assert _stored({"path": [4, 8, 0], "nearest": 0.5}, 3, 9) is not None
    assert _stored(entry, 3, 9) is None
