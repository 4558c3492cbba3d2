"""Options that cannot be meant: one line, exit code 2, before any work is done."""

from pathlib import Path

import pytest

from commands import Command
from factories import clip, image_folder, moving_square, write_png


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("walk") / "walk.mp4", 3)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--factor", "100000000"], "factor is 100000000; it must be at most 100000"),
        (["--factor", "401"], "makes 10025 frames per second of 25; give at most 400"),
        (["--num", "100000000"], "num is 100000000; at most 100000 are put between two"),
        (["--num", *["1"] * 30], "which is 1073741823; at most 100000"),
    ],
    ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else "",
)
def test_a_slip_of_the_hand_does_not_plan_for_ever(
    frameloom: Command, tmp_path: Path, walk: Path, options: list[str], word: str
) -> None:
    """Every output frame was counted one by one before the first was made: ten minutes later nothing had been said."""
    assert word in frameloom("interpolate", walk, tmp_path / "out.mp4", *options).refused()
    assert [entry.name for entry in tmp_path.iterdir()] == []


def test_more_images_between_two_than_memory_holds_are_refused(frameloom: Command, tmp_path: Path) -> None:
    images = [write_png(tmp_path / name, moving_square(place)) for place, name in enumerate(("a.png", "b.png"))]
    said = frameloom("between", *images, tmp_path / "out", "--num", "100000000").refused()
    assert "num is 100000000; at most 100000 are put between two" in said
    said = frameloom("interpolate", image_folder(tmp_path / "frames", 3), tmp_path / "o.mp4", "--factor", "9999999")
    assert "factor is 9999999; it must be at most 100000" in said.refused()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare-methods", "CLIP", "FRAMES", "OUT", "--methods"], "no method is named"),
        (["selftest", "CLIP", "--models"], "name at least one model"),
        (["evaluate", "blend", "--root", "FRAMES", "--metrics"], "name at least one metric"),
        (["evaluate", "blend", "--root", "FRAMES", "--factor"], "factor needs at least one number"),
        (["evaluate", "blend", "--root", "FRAMES", "--factor", "2", "1"], "factor is 1; it must be"),
        (["evaluate", "blend", "--root", "FRAMES", "--limit", "0"], "limit is 0; it must be"),
        (["evaluate", "blend", "--root", "FRAMES", "--worst", "-1"], "worst is -1; it must be"),
        (["selftest", "CLIP", "--samples", "0"], "samples is 0; it must be"),
        (["selftest", "CLIP", "--seed", "-1"], "seed is -1; it must be"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_without_values_or_with_too_small_a_number_names_itself(
    frameloom: Command, tmp_path: Path, walk: Path, words: list[str], said: str
) -> None:
    """`--methods` and `--models` with nothing behind them were internal errors, `--metrics` gave an empty table."""
    places = {"CLIP": walk, "FRAMES": image_folder(tmp_path / "frames", 4), "OUT": tmp_path / "out"}
    assert said in frameloom(*[places.get(word, word) for word in words]).refused()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--fps", "0"], "rate"),
        (["--fps", "-1"], "rate"),
        (["--fps", "abc"], "rate"),
        (["--fps", "1e9"], "rate"),
        (["--fps", "1/0"], "zero"),
        (["--fps", ""], "rate"),
        (["--fps", "20000"], "10000"),
        (["--factor", "0"], "factor"),
        (["--factor", "-2"], "factor"),
        (["--factor", "abc"], "factor"),
        (["--factor", "1.5"], "factor"),
        (["--slow", "0"], "slow"),
        (["--slow", "abc"], "slow"),
        (["--num", "-1"], "num"),
        (["--num", "a"], "num"),
        (["--factor", "2", "--slow", "2"], "contradict"),
        (["--factor", "2", "--fps", "60"], "contradict"),
        (["--num", "1", "--slow", "2"], "contradict"),
        (["--crf", "52"], "crf"),
        (["--crf", "-1"], "crf"),
        (["--cuts", "maybe"], "from 0 to 1"),
        (["--cuts", "1.5"], "from 0 to 1"),
        (["--cuts", "-0.1"], "from 0 to 1"),
        (["--cuts", "nan"], "from 0 to 1"),
        (["--codec", "vp8"], "codec"),
        (["--codec", "prores"], "prores is written to .mov or .mkv; for .mp4 use --codec h264 or hevc or av1"),
        (["--codec", "ffv1"], "ffv1 is written to .mkv"),
        (["--codec", "av1", "--crf", "64"], "0 (best) to 63"),
        (["--codec", "prores", "--crf", "20"], "prores has no --crf"),
        (["--codec", "av1", "--lossless"], "use --codec h264, hevc, ffv1"),
        (["--lossless", "--crf", "20"], "contradict"),
        (["--pix-fmt", "nope"], "it takes yuv420p"),
        (["--codec", "av1", "--pix-fmt", "yuv444p"], "it takes yuv420p, yuv420p10le"),
        (["--lossless", "--pix-fmt", "yuv444p"], "does not hold exactly as yuv444p"),
        (["--model", "nope"], "dis"),
        (["--model", "blendd"], "did you mean blend"),
        (["--no-such-option"], "no-such-option"),
        (["--fps"], "fps"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_impossible_option_is_explained(
    frameloom: Command, walk: Path, tmp_path: Path, options: list[str], word: str
) -> None:
    line = frameloom("interpolate", walk, tmp_path / "out.mp4", *options).refused()
    assert word.lower() in line.lower()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--fps", "0"], ["--model", "nope"], ["--factor", "0"], ["--slow", "2.5"]])
def test_folders_of_images_take_the_same_care(frameloom: Command, tmp_path: Path, options: list[str]) -> None:
    folder = image_folder(tmp_path / "f", 3)
    frameloom("interpolate", folder, tmp_path / "out.mp4", *options).refused()
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("name", ["out.webm", "out.avi", "out.ts", "out.png", "out.jpg", "out.WEBM"])
def test_types_that_are_not_written_are_refused_with_those_that_are(
    frameloom: Command, walk: Path, tmp_path: Path, name: str
) -> None:
    assert "folder" in frameloom("interpolate", walk, tmp_path / name).refused()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [[], ["x.mp4"], ["--out", "out.mp4"]])
def test_too_few_paths(frameloom: Command, words: list[str]) -> None:
    assert "input" in frameloom("interpolate", *words).refused()


def test_an_unknown_command_offers_help(frameloom: Command) -> None:
    assert "--help" in frameloom("interpolat").refused()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--at", "1.5"], "0"),
        (["--at", "-0.5"], "0"),
        (["--at", "nan"], "0"),
        (["--at", "x"], "at"),
        (["--num", "-1"], "num"),
        (["--num", "1", "--at", "0.5"], "contradict"),
        (["--gif", "--fps", "0"], "rate"),
        (["--fps", "abc"], "rate"),
        (["--model", "nope"], "dis"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_between_explains_impossible_options(frameloom: Command, tmp_path: Path, options: list[str], word: str) -> None:
    first, last = (write_png(tmp_path / f"{k}.png", moving_square(k)) for k in range(2))
    assert word in frameloom("between", first, last, tmp_path / "out", *options).refused()
    assert not (tmp_path / "out").exists()


def test_between_on_the_command_line_needs_an_output(frameloom: Command, tmp_path: Path) -> None:
    first, last = (write_png(tmp_path / f"{k}.png", moving_square(k)) for k in range(2))
    assert "output" in frameloom("between", first, last).refused().lower()


def test_between_writes_what_was_asked_for(frameloom: Command, tmp_path: Path) -> None:
    first, last = (write_png(tmp_path / f"{k}.png", moving_square(k)) for k in range(2))
    for options, count, new in (
        (["--num", "1", "1"], 5, "3 new images by dis"), (["--at", "0.25", "0.5"], 4, "2 new images by dis"),
        (["--gif"], 4, "1 new image by dis"),
    ):  # fmt: skip
        said = frameloom("between", first, last, tmp_path / "out", *options, "--overwrite").done()
        assert len(list((tmp_path / "out").iterdir())) == count
        assert new in said.out


@pytest.mark.parametrize(
    "options",
    [["--factor", "1"], ["--limit", "0"], ["--metrics", "psnrr"], ["--dataset", "vimeo"], ["--root", "/no/such/place"]],
)
def test_evaluate_explains_impossible_options(frameloom: Command, tmp_path: Path, options: list[str]) -> None:
    image_folder(tmp_path / "data" / "one", 3)
    root = [] if "--root" in options else ["--root", tmp_path / "data"]
    frameloom("evaluate", "blend", *root, *options).refused()


@pytest.mark.parametrize(
    "options",
    [["--seconds", "0"], ["--seconds", "-1"], ["--seconds", "nan"], ["--seconds", "inf"], ["--model", "nope"]],
)
def test_demo_explains_impossible_options(frameloom: Command, tmp_path: Path, walk: Path, options: list[str]) -> None:
    frameloom("demo", walk, "--output", tmp_path / "out", *options).refused()
    assert list(tmp_path.iterdir()) == []
