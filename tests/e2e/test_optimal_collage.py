"""`frameloom collage --assign optimal` from the command line: what it says, what it writes, and how it goes on."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collage_pool import coloured
from commands import Command
from factories import clip, write_png
from processes import started, wait_until, workspace

FRAMES = 60
WISH = ["--no-repeat", "--assign", "optimal"]

# Slow enough to be met at any point
_SCRIPT = """
import time
from frameloom.cli import app
from frameloom.media.writing.video_container import VideoContainer
from frameloom.retrieval import described_frames
from frameloom.retrieval.optimal import choosing
from frameloom.retrieval.rendering import _Writer

def slowly(owner, name, seconds):
    quick = getattr(owner, name)
    setattr(owner, name, lambda *given, **named: (time.sleep(seconds), quick(*given, **named))[1])

slowly(described_frames.Journal, "add", 0.1)
slowly(choosing, "assign", 0.5)
slowly(_Writer, "take", 0.02)
slowly(VideoContainer, "mux", 0.001)
app.run()
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every picture comes several times, so that frames compete."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return clip(path, FRAMES, size=(54, 96), draw=lambda index, size: coloured(index % 17, size))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(80):
        write_png(folder / f"{number:03d}.jpg", coloured(number, (54, 96)))
    return folder


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def lines(output: Path, name: str) -> int:
    journal = workspace(output) / name
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def describing(output: Path) -> bool:
    return lines(output, "described.jsonl") > 3


def assigning(output: Path) -> bool:
    return lines(output, "described.jsonl") > FRAMES // 10


def rendering(output: Path) -> bool:
    return any(workspace(output).glob("*.part"))


POINTS: dict[str, Callable[[Path], bool]] = {"describing": describing, "assigning": assigning, "rendering": rendering}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_ends_as_an_undisturbed_one(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, point: str
) -> None:
    undisturbed, output = tmp_path / "undisturbed.mp4", tmp_path / "out.mp4"
    frameloom("collage", film, pool, undisturbed, *WISH).done()
    process = started(["collage", film, pool, output, *WISH], script=_SCRIPT)
    assert wait_until(lambda: POINTS[point](output), process), process.communicate()
    process.kill()
    process.communicate()
    assert not output.exists()
    said = frameloom("collage", film, pool, output, *WISH, "--json").done()
    assert output.read_bytes() == undisturbed.read_bytes()
    if point == "rendering":
        assert json.loads(said.out)["frames_reused"] == FRAMES
        assert "the images are those that an earlier run has chosen" in said.err
    else:
        least = {"describing": 30, "assigning": FRAMES}[point]
        told = next(line for line in said.err.splitlines() if "frames were described" in line)
        assert int(told.split("going on; ")[1].split(" of ")[0]) >= least


def test_what_is_said_and_written(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    said = frameloom("collage", film, pool, output, *WISH, "--skip-output").done().out
    written = json.loads((output / "results.json").read_text())
    best = written.pop("best_choice")
    assert (len(written), best["proved"]) == (FRAMES, True)
    assert 0 <= best["gap"] <= 1e-6
    assert best["bound"] == pytest.approx(best["objective"], abs=1e-6)
    assert f"sum of similarities {best['objective']:.6f}, at most {best['bound']:.6f}" in said
    assert "no choice without repeats is better" in said
    chosen = [dict(map(tuple, frame["top_matches"]))[frame["selected"]] for frame in written.values()]
    assert sum(chosen) == pytest.approx(best["objective"], abs=1e-5)
    assert len({frame["selected"] for frame in written.values()}) == FRAMES
    greedy = tmp_path / "greedy"
    made = json.loads(frameloom("collage", film, pool, greedy, "--no-repeat", "--skip-output", "--json").done().out)
    assert made["best_choice"] is None
    assert made["mean_similarity"] * FRAMES < best["objective"] - 0.001


def test_a_choice_is_used_again_as_a_whole_or_not_at_all(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output = tmp_path / "out"
    words = ["collage", film, pool, output, "--no-repeat", "--skip-output", "--overwrite", "--json"]
    first = json.loads(frameloom(*words, "--assign", "optimal").done().out)
    results, checkpoint = (output / "results.json").read_bytes(), output / "checkpoint.jsonl"
    again = json.loads(frameloom(*words, "--assign", "optimal").done().out)
    assert (again["frames_reused"], again["best_choice"]) == (FRAMES, first["best_choice"])
    whole = checkpoint.read_bytes()
    for damaged in (whole[:-200], whole.replace(b'"best_choice"', b'"best"'), whole.replace(b"[[0,", b"[[1,", 1)):
        checkpoint.write_bytes(damaged)
        made = json.loads(frameloom(*words, "--assign", "optimal").done().out)
        assert made["best_choice"] == first["best_choice"]
        assert (output / "results.json").read_bytes() == results
    said = frameloom(*words, "--assign", "greedy").done()
    assert "but --assign changed since; choosing anew" in said.err


def test_an_index_that_may_miss_images_proves_nothing(
    film: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, frameloom: Command
) -> None:
    images = tmp_path_factory.mktemp("many")
    for number in range(110):  # below 100 every search is exact
        write_png(images / f"{number:03d}.png", coloured(number, (54, 96)))
    words = ["collage", film, images, tmp_path / "out", *WISH, "--skip-output", "--overwrite"]
    said = frameloom(*words, "--use-ivf-index").done().out
    assert "the bound is for the images that the index found" in said
    assert json.loads((tmp_path / "out" / "results.json").read_text())["best_choice"]["proved"] is False


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--assign", "optimal"], "add --no-repeat"),
        (["--assign", "best", "--no-repeat"], "best"),
        (["--assign", "optimal", "--no-repeat", "--demo", "--demo-images", "20"], "too few for --no-repeat"),
    ],
)
def test_what_cannot_be_shared_out_is_refused(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, words: list[str], told: str
) -> None:
    assert told in frameloom("collage", film, pool, tmp_path / "out", *words).refused()
    assert not (tmp_path / "out").exists()
