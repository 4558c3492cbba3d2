"""A collage that is killed, or made again with other options, uses what was done and ends as an undisturbed one."""

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import readers
from collage_pool import coloured
from commands import Command
from factories import Sound, clip, write_png
from processes import started, wait_until, workspace

FRAMES, SEGMENTS = 250, 3  # at 25 frames a second; 100 make a segment
BLOCKS = FRAMES // 10

# Slow enough to be met at any point
_SCRIPT = """
import time
from frameloom.cli import app
from frameloom.media.writing.video_container import VideoContainer
from frameloom.retrieval.matching import Checkpoint
from frameloom.retrieval.rendering import _Writer

def slowly(owner, name, seconds):
    quick = getattr(owner, name)
    setattr(owner, name, lambda *given: (time.sleep(seconds), quick(*given))[1])

slowly(Checkpoint, "add", 0.02)
slowly(_Writer, "take", 0.002)
slowly(VideoContainer, "mux", 0.001)
app.run()
"""


def scene(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    return coloured(index % 97, size)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return clip(path, FRAMES, size=(54, 96), draw=scene, sounds=[Sound(10.0)])


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(260):
        write_png(folder / f"{number:03d}.jpg", coloured(number, (54, 96)))
    return folder


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(params=[["--no-repeat"], ["--seed", "5"]], ids=["no repeat", "drawn"])
def wish(request: pytest.FixtureRequest) -> list[str]:
    return request.param


def digest(output: Path) -> dict[str, str]:
    files = sorted(output.rglob("*")) if output.is_dir() else [output]
    return {
        str(file.relative_to(output)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file() and file.name != "checkpoint.jsonl"
    }


def lines(output: Path, name: str = "checkpoint.jsonl") -> int:
    journal = workspace(output) / name
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def choosing(output: Path) -> bool:
    return lines(output) > 8


def chosen(output: Path) -> bool:
    return lines(output) > BLOCKS and any(workspace(output).glob("*.part"))


def rendering(output: Path) -> bool:
    return lines(output, "segments") > 2


def joining(output: Path) -> bool:
    return any(workspace(output).rglob("*.mp4"))


POINTS: dict[str, Callable[[Path], bool]] = {
    "choosing": choosing, "chosen": chosen, "rendering": rendering, "joining": joining
}  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", ["out", "out.mp4"])
def test_a_killed_run_ends_as_an_undisturbed_one(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, point: str, name: str, wish: list[str]
) -> None:
    undisturbed = tmp_path / "undisturbed" / name
    frameloom("collage", film, pool, undisturbed, *wish).done()
    output = tmp_path / name
    process = started(["collage", film, pool, output, *wish], script=_SCRIPT)
    assert wait_until(lambda: POINTS[point](output), process), process.communicate()
    process.kill()
    process.communicate()
    assert not output.exists()
    made = json.loads(frameloom("collage", film, pool, output, *wish, "--json").done().out)
    least = {"choosing": 70, "chosen": FRAMES, "rendering": FRAMES, "joining": FRAMES}[point]
    assert made["frames_reused"] >= least
    assert made["segments"] == SEGMENTS
    assert made["segments_reused"] >= {"choosing": 0, "chosen": 0, "rendering": 1, "joining": SEGMENTS}[point]
    assert digest(output) == digest(undisturbed)
    video = output if output.is_file() else output / "film_matched.mp4"
    assert readers.times(video) == readers.times(film)
    assert readers.packets(video, "audio").data == readers.packets(film, "audio").data
    assert not readers.hidden_in(tmp_path)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_to_go_on(film: Path, pool: Path, tmp_path: Path, stop: signal.Signals) -> None:
    output = tmp_path / "out"
    process = started(["collage", film, pool, output], script=_SCRIPT)
    assert wait_until(lambda: choosing(output), process)
    process.send_signal(stop)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again to go on" in said
    assert not output.exists()


def test_two_runs_cannot_make_the_same_output(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    process = started(["collage", film, pool, output], script=_SCRIPT)
    assert wait_until(lambda: choosing(output), process)
    assert "is being made by another run" in frameloom("collage", film, pool, output).refused()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_torn_or_damaged_checkpoint_counts_as_far_as_it_is_whole(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output = tmp_path / "out"
    frameloom("collage", film, pool, output, "--no-repeat", "--skip-output").done()
    results, checkpoint = (output / "results.json").read_bytes(), output / "checkpoint.jsonl"
    whole = checkpoint.read_bytes().splitlines(keepends=True)
    for damaged, reused in (
        (b"".join(whole[:9]) + whole[9][:50], 80),
        (b"".join([*whole[:5], b'{"choices": [[1, 2]]}\n', *whole[6:]]), 40),
        (b"".join([*whole[:3], *whole[4:]]), 20),
        (b"not ours", 0),
    ):
        checkpoint.write_bytes(damaged)
        words = ["collage", film, pool, output, "--no-repeat", "--skip-output", "--overwrite", "--json"]
        assert json.loads(frameloom(*words).done().out)["frames_reused"] == reused
        assert (output / "results.json").read_bytes() == results


def test_a_choice_is_used_again_when_only_the_output_is_another(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output = tmp_path / "out"
    frameloom("collage", film, pool, output, "--skip-output").done()
    results = (output / "results.json").read_bytes()
    for words in (
        [], ["--no-frames"], ["--save-samples", "2"], ["--codec", "hevc"], ["--crf", "30"], ["--audio", "drop"],
        ["--preset", "fast"], ["--checkpoint-batch", "7"], ["--workers", "1"], ["--on-error", "skip"],
    ):  # fmt: skip
        said = frameloom("collage", film, pool, output, *words, "--overwrite", "--json").done()
        assert json.loads(said.out)["frames_reused"] == FRAMES, words
        assert "the images are those that an earlier run has chosen" in said.err
        assert (output / "results.json").read_bytes() == results


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--no-repeat"], "--no-repeat"),
        (["--search-depth", "5"], "--search-depth"),
        (["--seed", "3"], "--seed"),
        (["--threshold", "0.5"], "--threshold"),
        (["--descriptor", "hog"], "how images are described"),
        (["--comparison-size", "128"], "how images are described"),
        (["--fps-override", "5"], "--fps-override"),
        (["--demo", "--demo-seconds", "2"], "--demo"),
    ],
)
def test_a_choice_is_made_anew_when_what_it_depends_on_changed(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, words: list[str], told: str
) -> None:
    output = tmp_path / "out"
    frameloom("collage", film, pool, output, "--skip-output").done()
    said = frameloom("collage", film, pool, output, "--skip-output", *words, "--overwrite", "--json").done()
    assert json.loads(said.out)["frames_reused"] == 0
    assert told in said.err
    assert "changed since; choosing anew" in said.err


def test_a_choice_is_made_anew_when_the_images_changed(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    images = tmp_path / "images"
    for number in range(5):
        write_png(images / f"{number}.png", coloured(number))
    output = tmp_path / "out"
    frameloom("collage", film, images, output, "--skip-output").done()
    write_png(images / "3.png", coloured(33))
    said = frameloom("collage", film, images, output, "--overwrite").done()
    assert "but the images changed since" in said.err
    assert output / "film_matched.mp4" in output.iterdir()


def test_the_cost_of_a_checkpoint_does_not_grow(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    """The original wrote all of it again every ten frames."""
    output = tmp_path / "out"
    frameloom("collage", film, pool, output, "--skip-output").done()
    sizes = [len(line) for line in (output / "checkpoint.jsonl").read_bytes().splitlines()[1:]]
    assert len(sizes) == BLOCKS
    assert max(sizes) < 2 * min(sizes)
