"""A calm collage from the command line: what it shows, what it says of itself, and how it goes on."""

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import frameloom as fl
from collage_pool import coloured
from commands import Command
from factories import clip, write_png
from processes import started, wait_until, workspace

FRAMES, IMAGES = 120, 30
CALM = ["--hold", "4", "--smooth", "0.02"]

# Slow enough to be met at any point
_SCRIPT = """
import time
from frameloom.cli import app
from frameloom.retrieval.described_frames import DescribedFrames
from frameloom.retrieval.matching import Checkpoint
from frameloom.retrieval.rendering import _Writer

def slowly(owner, name, seconds):
    quick = getattr(owner, name)
    setattr(owner, name, lambda *given: (time.sleep(seconds), quick(*given))[1])

slowly(DescribedFrames, "_add", 0.05)
slowly(Checkpoint, "add", 0.5)
slowly(_Writer, "take", 0.004)
app.run()
"""


def scene(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """From one picture to the next and back, not evenly: what is most similar flickers in between."""
    random = np.random.default_rng(index)
    share = np.clip(abs(index % 40 - 20) / 20 + random.uniform(-0.25, 0.25), 0, 1)
    noise = random.integers(-12, 13, (*size, 3))
    first, second = coloured(index // 40, size).astype(float), coloured(9, size).astype(float)
    return np.clip(share * first + (1 - share) * second + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("film") / "film.mp4", FRAMES, size=(54, 96), draw=scene, options={"crf": "10"})


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(IMAGES):
        write_png(folder / f"{number:03d}.png", coloured(number, (54, 96)))
    return folder


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def shown(results: Path) -> list[str]:
    stored = json.loads(results.read_text())
    return [item["selected"] for name, item in stored.items() if name.startswith("frame_")]


def lengths(images: list[str]) -> list[int]:
    return [len(list(group)) for _, group in groupby(images)]


def small(path: str) -> NDArray:
    return cv2.resize(cv2.imread(path), (64, 36), interpolation=cv2.INTER_AREA).astype(float)


@pytest.mark.parametrize("words", [[], ["--no-repeat"]], ids=["repeat", "no repeat"])
def test_what_a_calm_collage_says_of_itself_is_so(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, words: list[str]
) -> None:
    output = tmp_path / "out"
    made = json.loads(frameloom("collage", film, pool, output, *CALM, *words, "--skip-output", "--json").done().out)
    stored = json.loads((output / "results.json").read_text())
    assert stored["calm"] == made["calm"]
    calm, images = made["calm"], shown(output / "results.json")
    runs = lengths(images)
    assert len(images) == FRAMES
    assert min(runs) >= calm["hold"] == 4
    assert len(runs) == calm["switches"] + 1 > 2
    assert calm["switches_per_second"] == pytest.approx(calm["switches"] / (FRAMES / 25))
    if words:
        assert len(set(images)) == len(runs) == made["distinct"]
    similar = [
        dict(map(tuple, item["top_matches"]))[item["selected"]]
        for name, item in stored.items()
        if name.startswith("frame_")
    ]
    assert calm["objective"] == pytest.approx(sum(similar) - 0.02 * calm["switches"], abs=1e-4)
    assert made["mean_similarity"] == pytest.approx(np.mean(similar))
    assert 0 <= calm["gap"] < 0.01
    steps = [np.abs(small(after) - small(before)).mean() / 255 for before, after in pairwise(images)]
    assert calm["difference"] == pytest.approx(np.mean(steps), abs=1e-3)
    assert 0 < calm["difference"] < 0.06
    assert 0 < calm["source_difference"] < 0.1
    assert made["seed"] is None


def test_calm_is_calmer_and_only_a_little_less_similar(film: Path, pool: Path, tmp_path: Path) -> None:
    plain = fl.collage(film, pool, tmp_path / "plain", search_depth=1, skip_output=True)
    calm = fl.collage(film, pool, tmp_path / "calm", hold=4, smooth=0.02, skip_output=True)
    assert plain.calm is None
    assert "calm" not in json.loads((tmp_path / "plain" / "results.json").read_text())
    changes = len(lengths(shown(tmp_path / "plain" / "results.json"))) - 1
    assert calm.calm is not None
    assert calm.calm.switches < changes / 2
    assert plain.mean_similarity - 0.02 < calm.mean_similarity <= plain.mean_similarity


def looking(output: Path) -> bool:
    return lines(output, "described.jsonl") > 5


def looked(output: Path) -> bool:
    return lines(output, "described.jsonl") > FRAMES // 10


def chosen(output: Path) -> bool:
    return lines(output, "checkpoint.jsonl") > 1


def rendering(output: Path) -> bool:
    return lines(output, "segments") > 1


def lines(output: Path, name: str) -> int:
    journal = workspace(output) / name
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def digest(output: Path) -> dict[str, str]:
    files = sorted(file for file in output.rglob("*") if file.is_file())
    return {str(file.relative_to(output)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.parametrize("point", [looking, looked, chosen, rendering])
def test_a_killed_calm_run_ends_as_an_undisturbed_one(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, point: Callable[[Path], bool]
) -> None:
    words = ["--no-repeat", *CALM]
    undisturbed, output = tmp_path / "undisturbed" / "out", tmp_path / "out"
    frameloom("collage", film, pool, undisturbed, *words).done()
    process = started(["collage", film, pool, output, *words], script=_SCRIPT)
    assert wait_until(lambda: point(output), process), process.communicate()
    process.kill()
    process.communicate()
    assert not output.exists()
    said = frameloom("collage", film, pool, output, *words, "--json").done()
    if point in (looking, looked):
        assert "frames were described" in said.err
    else:
        assert json.loads(said.out)["frames_reused"] == FRAMES
    assert digest(output) == digest(undisturbed)


def test_a_calm_choice_is_used_again_and_made_anew_with_other_wishes(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output = tmp_path / "out"

    def made(*words: str) -> tuple[int, str]:
        said = frameloom("collage", film, pool, output, "--skip-output", "--overwrite", "--json", *words).done()
        return json.loads(said.out)["frames_reused"], said.err

    made(*CALM)
    first = digest(output)
    assert made(*CALM, "--seed", "5", "--checkpoint-batch", "7")[0] == FRAMES
    assert digest(output) == first
    again, told = made("--hold", "5", "--smooth", "0.02")
    assert again == 0
    assert "--hold changed since" in told
    again, told = made("--hold", "5")
    assert again == 0
    assert "--smooth changed since" in told
    again, told = made()
    assert again == 0
    assert "--hold" in told


def test_a_damaged_calm_checkpoint_is_made_anew(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    words = ["collage", film, pool, output, *CALM, "--skip-output", "--overwrite"]
    frameloom(*words).done()
    results, checkpoint = (output / "results.json").read_bytes(), output / "checkpoint.jsonl"
    work, choices = checkpoint.read_bytes().splitlines(keepends=True)
    without = {"choices": json.loads(choices)["choices"]}
    for damaged in (
        work + choices[:999],
        work + json.dumps(without).encode() + b"\n",
        work + json.dumps({**without, "facts": {"objective": "much"}}).encode() + b"\n",
        work + json.dumps({"choices": without["choices"][:50], "facts": {}}).encode() + b"\n",
    ):
        checkpoint.write_bytes(damaged)
        frameloom(*words).done()
        assert (output / "results.json").read_bytes() == results


def test_what_was_seen_serves_other_wishes_as_far_as_it_is_whole(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output, right = tmp_path / "out", tmp_path / "right"
    frameloom("collage", film, pool, right, "--hold", "6", "--skip-output").done()
    process = started(["collage", film, pool, output, *CALM, "--skip-output"], script=_SCRIPT)
    assert wait_until(lambda: looking(output), process), process.communicate()
    process.kill()
    process.communicate()
    journal = workspace(output) / "described.jsonl"
    whole = journal.read_bytes().splitlines(keepends=True)
    entry = json.loads(whole[3])
    journal.write_bytes(b"".join(whole[:3]) + json.dumps({**entry, "vectors": entry["vectors"][4:]}).encode() + b"\n")
    said = frameloom("collage", film, pool, output, "--hold", "6", "--skip-output").done()
    assert "20 of 120 frames were described" in said.err
    assert digest(output) == digest(right)


def test_fewer_images_than_frames_without_repeats(film: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    for number in (0, 9):
        write_png(images / f"{number}.png", coloured(number, (54, 96)))
    made = fl.collage(film, images, tmp_path / "out", repeat=False, hold=3, skip_output=True)
    assert made.distinct == 2
    assert len(lengths(shown(tmp_path / "out" / "results.json"))) == 2


def test_a_pool_of_equal_images_gives_one_picture(film: Path, tmp_path: Path) -> None:
    for number in range(5):
        write_png(tmp_path / "images" / f"{number}.png", coloured(1, (54, 96)))
    made = fl.collage(film, tmp_path / "images", tmp_path / "out", smooth=0.02, skip_output=True)
    assert made.distinct == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--hold", "0"], "hold is 0"),
        (["--hold", "2.5"], "2.5 is not a whole number"),
        (["--smooth", "-1"], "smooth is -1"),
        (["--smooth", "nan"], "smooth is nan"),
        (["--hold", "3", "--threshold", "0.5"], "leave out the one or the others"),
    ],
)
def test_wishes_that_cannot_be_are_refused(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command, words: list[str], told: str
) -> None:
    assert told in frameloom("collage", film, pool, tmp_path / "out", *words).refused()
    assert not (tmp_path / "out").exists()
