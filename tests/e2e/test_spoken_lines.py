"""What the command line says to somebody who typed nearly the right thing, and about outputs that are not as asked."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

import frameloom as fl
import readers
from collage_pool import coloured
from commands import Command
from factories import clip, image_folder, moving_square, write_png
from frameloom.retrieval.sheet import caption_of


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    for number in range(4):
        write_png(tmp_path / "pool" / f"{number}.png", coloured(number, (90, 160)))
    return tmp_path / "pool"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["between", "a.png"], "frameloom: LAST is missing (frameloom between --help)"),
        (["between", "a.png", "b.png"], "frameloom: OUTPUT is missing (frameloom between --help)"),
        (["between", "a.png", "b.png", "out", "c.png"], "frameloom: nothing takes 'c.png' (frameloom between --help)"),
        (["evaluate", "dis"], "frameloom: --root is missing (frameloom evaluate --help)"),
        (["interpolate", "a.mp4", "b.mp4", "--fps"], "frameloom: --fps needs a value (frameloom interpolate --help)"),
        (["index", "build"], "frameloom: IMAGES is missing (frameloom index build --help)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_missing_or_too_much_is_named_as_it_is_typed(frameloom: Command, words: list[str], said: str) -> None:
    """They were "parameter --last requires an argument" and "Unused Tokens: ['c.png']"."""
    assert frameloom(*words).refused() == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["interpolate", "a.mp4", "b.mp4", "--model", "raft"],
            "interpolator is called 'raft', which is a flow estimat",
        ),
        (
            ["flow", "a.png", "b.png", "c.flo", "--model", "rife.dr"],
            "'rife.dr', which is an interpolator; there are: dis",
        ),
        (["compare", "a.png", "b.png", "--encoder", "canny"], "no encoder is called 'canny', which is a descriptor"),
        (["interpolate", "a.mp4", "b.mp4", "--model", "hog"], "'hog', which is a descriptor"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_model_of_another_kind_is_told_as_such(frameloom: Command, words: list[str], said: str) -> None:
    """`--model raft` was answered with "did you mean rife.t or rife.tr or DR-AMT-S?"."""
    assert said in frameloom(*words).refused()


@pytest.mark.parametrize("option", ["--out", "--output"])
def test_every_output_goes_by_two_names(frameloom: Command, tmp_path: Path, pool: Path, option: str) -> None:
    images = [write_png(tmp_path / name, moving_square(place)) for place, name in enumerate(("a.png", "b.png"))]
    video = clip(tmp_path / "walk.mp4", 3)
    for number, words in enumerate(
        (
            ["interpolate", video, option, "1.mp4", "--model", "blend"],
            ["between", *images, option, "2", "--model", "blend"],
            ["flow", *images, option, "3.flo"],
            ["collage", video, pool, option, "4.mp4"],
            ["morph", pool, option, "5.mp4", "--duration", "0.1", "--formats", "160x90"],
            ["inspect", video, option, "6"],
        ),
        start=1,
    ):
        words = [tmp_path / word if word == words[words.index(option) + 1] else word for word in words]
        frameloom(*words).done()
        assert len(list(tmp_path.glob(f"{number}*"))) == 1


def test_a_table_of_another_kind_is_not_taken_for_a_result(frameloom: Command, tmp_path: Path) -> None:
    """`leaderboard a.json board.txt` said that board.txt does not exist."""
    image_folder(tmp_path / "set" / "walk", 3)
    result = tmp_path / "a.json"
    fl.evaluate("blend", root=tmp_path / "set", metrics=["psnr"], output=result)
    assert (
        "board.txt: a leaderboard is written as .md or .html"
        in frameloom("leaderboard", result, tmp_path / "board.txt").refused()
    )
    assert "b.json does not exist" in frameloom("leaderboard", result, tmp_path / "b.json").refused()


def test_a_contact_sheet_says_the_name_that_was_asked_for(frameloom: Command, tmp_path: Path, pool: Path) -> None:
    """The message named a hidden file beside it."""
    frameloom("index", "build", pool, tmp_path / "pool.index").done()
    words = ["index", "search", tmp_path / "pool.index", pool / "0.png", "--output", tmp_path / "sheet.txt"]
    assert f"{tmp_path}/sheet.txt: images of type '.txt' are not written; use .png" in frameloom(*words).refused()


@pytest.mark.parametrize(
    ("path", "caption"),
    [
        ("a.png", "a.png"),
        ("pool/a.png", "pool/a.png"),
        ("more/pool/ä.png", "pool/?.png"),
        (f"pool/{'a' * 40}.png", f"pool/{'a' * 11}...{'a' * 15}.png"),
    ],
    ids=["beside", "within", "letters", "long"],
)
def test_a_picture_of_a_sheet_is_named_with_its_folder(path: str, caption: str) -> None:
    """An image of the current folder was called /a.png."""
    assert caption_of(Path(path)) == caption


@pytest.mark.parametrize("command", ["compare", "patches", "inspect"])
def test_a_size_that_no_memory_holds_is_refused(frameloom: Command, tmp_path: Path, command: str) -> None:
    """`compare --size 1000000` took all memory until the system ended it."""
    images = [write_png(tmp_path / name, moving_square(place)) for place, name in enumerate(("a.png", "b.png"))]
    given = images if command == "compare" else images[:1]
    said = frameloom(command, *given, tmp_path / "out", "--size", "1000000").refused()
    assert "size is 1000000; it must be at most 8192 pixels" in said
    assert not (tmp_path / "out").exists()


def test_a_film_of_odd_size_says_how_large_it_is(frameloom: Command, tmp_path: Path, pool: Path) -> None:
    """The result said 161x91 of a file of 162x92."""
    said = frameloom("morph", pool, tmp_path / "film.mp4", "--duration", "0.1", "--formats", "161x91", "--json").done()
    assert json.loads(said.out)["sizes"] == [[92, 162]]
    assert "161x91 is written as 162x92 (edge repeated)" in said.err
    picture = readers.pictures(tmp_path / "film.mp4")[0]
    assert (picture.height, picture.width) == (92, 162)


def test_a_collage_of_odd_size_says_how_large_it_is(frameloom: Command, tmp_path: Path, pool: Path) -> None:
    video = clip(tmp_path / "odd.mkv", 3, size=(47, 63), format="yuv444p")
    said = frameloom("collage", video, pool, tmp_path / "made.mp4").done()
    assert "63x47 is written as 64x48 (edge repeated)" in said.err


def test_a_collage_of_nothing_similar_has_no_mean_similarity(frameloom: Command, tmp_path: Path, pool: Path) -> None:
    """It was 0.000, as if images had been chosen that are not alike at all."""
    words = ["collage", clip(tmp_path / "walk.mp4", 3), pool, tmp_path / "made.mp4", "--threshold", "1"]
    assert "3 frames by 0 of 4 images (canny); took" in frameloom(*words).done().out
    assert json.loads(frameloom(*words, "--overwrite", "--json").done().out)["mean_similarity"] is None


def test_options_of_videos_that_images_do_not_have_are_told(frameloom: Command, tmp_path: Path) -> None:
    """`--crf` with a GIF or a folder was passed over without a word."""
    words = ["interpolate", clip(tmp_path / "walk.mp4", 3), "--model", "blend", "--crf", "20"]
    said = frameloom(*words, "--out", tmp_path / "walk.gif", "--pix-fmt", "yuv420p").done()
    assert "walk.gif: --crf and --pix-fmt had no part in it: only videos are encoded so" in said.err
    assert frameloom(*words, "--out", tmp_path / "made.mp4").done().err == ""


def test_a_folder_that_is_called_dot_has_a_name(
    frameloom: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices about `.` began with nothing and a colon."""
    write_png(tmp_path / "frames" / "0.png", moving_square(0))
    monkeypatch.chdir(tmp_path / "frames")
    said = frameloom("interpolate", ".", tmp_path / "film.mp4").done()
    assert said.err.startswith("frameloom: frames: it has a single frame")


def test_a_collage_of_images_plays_at_the_rate_that_was_asked_for(
    frameloom: Command, tmp_path: Path, pool: Path
) -> None:
    """`--fps-override` with a folder of images was passed over without a word."""
    frames = image_folder(tmp_path / "frames", 3)
    frameloom("collage", frames, pool, tmp_path / "made.mp4", "--fps-override", "4").done()
    assert readers.times(tmp_path / "made.mp4") == [Fraction(k, 4) for k in range(3)]
    assert readers.length(tmp_path / "made.mp4") == Fraction(3, 4)


def test_one_frame_is_not_compared_with_others(frameloom: Command, tmp_path: Path) -> None:
    """A single frame was said to be like itself: 1.000 over time, and to "another"."""
    image = write_png(tmp_path / "a.png", moving_square(0))
    words = ["patches", image, tmp_path / "out", "--size", "32", "--visualize-positions", "0"]
    said = frameloom(*words).done().out
    assert "over time" not in said
    assert "another" not in said
    assert "mean cosine similarity of two patches of a frame" in said
    said = frameloom(*words, "--only", "frame", "--overwrite").done().out
    assert "mean" not in said


def test_a_model_is_not_also_called_by_its_own_name(frameloom: Command) -> None:
    said = frameloom("models", "show", "raft").done().out
    assert "also called  RAFT\n" in said


def test_a_file_that_looks_like_an_option_is_told_from_one(
    frameloom: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`interpolate -walk.mp4 out.mp4` said that -w is no option, and not what to do."""
    clip(tmp_path / "walk.mp4", 3).rename(tmp_path / "-walk.mp4")
    monkeypatch.chdir(tmp_path)
    said = frameloom("interpolate", "-walk.mp4", "out.mp4").refused()
    assert said == "frameloom: -walk.mp4 is a file and looks like an option; type ./-walk.mp4"
    frameloom("interpolate", "./-walk.mp4", "out.mp4", "--model", "blend").done()
