"""A collage from the command line to the files: what is shown, when, with which sound, and what is refused."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import frameloom as fl
import readers
from collage_pool import coloured
from commands import Command
from factories import Sound, clip, image_folder, write_png
from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.retrieval.build import IndexPlan, build
from frameloom.retrieval.describing import Describing

COUNT = 8


def scene(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Another picture every frame: that of the pool with the same number."""
    return coloured(index, size)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images 0..11, wide, as JPEG and PNG files, some in a folder of their own."""
    folder = tmp_path_factory.mktemp("pool") / "images"
    for number in range(12):
        place = folder / "more" if number % 3 == 0 else folder
        write_png(place / f"{number:02d}.{'jpg' if number % 2 else 'png'}", coloured(number, (180, 320)))
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16:9, 25 frames a second, with sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return clip(path, COUNT, size=(90, 160), draw=scene, sounds=[Sound(0.32)], options={"crf": "4"})


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def numbers(results: Path) -> list[int | None]:
    """Which image each frame shows."""
    stored = json.loads(results.read_text())
    return [None if item["selected"] is None else int(Path(item["selected"]).stem) for item in stored.values()]


def shown(video: Path) -> list[NDArray[np.uint8]]:
    return [picture.to_ndarray(format="rgb24") for picture in readers.pictures(video)]


def difference(first: NDArray, second: NDArray) -> float:
    return float(np.abs(first.astype(np.float32) - second.astype(np.float32)).mean())


def small(image: NDArray, size: tuple[int, int] = (90, 160)) -> NDArray:
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)


def test_every_frame_becomes_the_image_that_is_most_like_it(
    film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    output = tmp_path / "out.mp4"
    made = json.loads(frameloom("collage", film, pool, output, "--search-depth", "1", "--json").done().out)
    assert made["distinct"] == made["frames"] == made["frames_written"] == COUNT
    for number, picture in enumerate(shown(output)):
        right = difference(picture, small(coloured(number, (180, 320))))
        wrong = difference(picture, small(coloured((number + 1) % COUNT, (180, 320))))
        assert right < 4 < 20 < wrong
    assert not readers.hidden_in(tmp_path)
    assert list(tmp_path.iterdir()) == [output]


def test_times_and_sound_are_those_of_the_video(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out.mp4"
    made = json.loads(frameloom("collage", film, pool, output, "--json").done().out)
    assert made["sound"] == "copied"
    assert made["duration"] == "8/25"
    assert readers.packets(output, "audio").data == readers.packets(film, "audio").data
    assert [round(time * 25) for time in readers.times(output)] == list(range(COUNT))
    frameloom("collage", film, pool, tmp_path / "silent.mkv", "--audio", "drop").done()
    with av.open(str(tmp_path / "silent.mkv")) as container:
        assert not container.streams.audio


def test_uneven_times_are_kept_exactly(pool: Path, tmp_path: Path) -> None:
    stamps = [0, 3, 4, 9, 20, 21, 22, 40]
    film = clip(tmp_path / "uneven.mkv", COUNT, stamps=stamps, tick=Fraction(1, 1000), last=25)
    made = fl.collage(film, pool, tmp_path / "out.mkv")
    assert readers.times(tmp_path / "out.mkv") == [Fraction(stamp, 1000) for stamp in stamps]
    assert made.duration == Fraction(65, 1000)


@pytest.mark.parametrize(("rate", "count"), [("10", 4), ("15", 5), ("50", 16), ("24000/1001", 8)])
def test_another_rate_keeps_the_duration(rate: str, count: int, film: Path, pool: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    made = fl.collage(film, pool, output, fps_override=rate, search_depth=1)
    assert made.duration == Fraction(8, 25)
    assert made.rate == Fraction(rate)
    assert readers.times(output) == [index / Fraction(rate) for index in range(count)]
    assert abs(readers.packets(output, "video").duration - Fraction(8, 25)) < Fraction(1, 10_000)
    assert [int(match.selected.stem) for match in made.matches] == [match.frame for match in made.matches]
    frames = [min(COUNT - 1, int(index / Fraction(rate) * 25)) for index in range(count)]
    for number, picture in zip(frames, shown(output), strict=True):
        assert difference(picture, small(coloured(number, (180, 320)))) < 4


def test_a_folder_holds_all_that_is_documented(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    frameloom("collage", film, pool, output, "--no-repeat", "--save-samples", "3", "--sample-interval", "2").done()
    found = sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())
    frames = [f"matched_frames/frame_{index:06d}.jpg" for index in range(COUNT)]
    samples = [f"comparison_samples/{name}.jpg" for name in
               ("contact_sheet", "sample_000000", "sample_000002", "sample_000004")]  # fmt: skip
    assert found == [
        "checkpoint.jsonl", *samples, "film_matched.mp4", *frames, "results.json"
    ]  # fmt: skip
    results = json.loads((output / "results.json").read_text())
    assert list(results) == [f"frame_{index:06d}" for index in range(COUNT)]
    for index, entry in enumerate(results.values()):
        assert set(entry) == {"top_matches", "selected"}
        similar = [similarity for _, similarity in entry["top_matches"]]
        assert similar == sorted(similar, reverse=True)
        assert len(similar) == min(10, 12 - index)  # what is left
        assert entry["selected"] == entry["top_matches"][0][0]
        assert Path(entry["selected"]).is_file()
    assert numbers(output / "results.json") == list(range(COUNT))
    first = cv2.imread(str(output / "matched_frames" / "frame_000002.jpg"))
    assert first.shape == (90, 160, 3)
    assert difference(first[..., ::-1], small(coloured(2, (180, 320)))) < 4


def test_single_frames_can_be_left_out(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    frameloom("collage", film, pool, tmp_path / "out", "--no-frames").done()
    assert not (tmp_path / "out" / "matched_frames").exists()


def test_a_choice_without_pictures(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    said = json.loads(frameloom("collage", film, pool, output, "--skip-output", "--json").done().out)
    assert said["video"] is None
    assert sorted(path.name for path in output.iterdir()) == ["checkpoint.jsonl", "results.json"]
    whole = fl.collage(film, pool, tmp_path / "whole")
    assert (output / "results.json").read_bytes() == (tmp_path / "whole" / "results.json").read_bytes()
    assert [match.to_dict() for match in whole.matches] == list(
        json.loads((output / "results.json").read_text()).values()
    )


@pytest.mark.parametrize("size", [(90, 212), (120, 120), (161, 91)])
@pytest.mark.parametrize("descriptor", ["canny", "spatial_pyramid", "hog", "spatial_color"])
def test_any_proportions(descriptor: str, size: tuple[int, int], pool: Path, tmp_path: Path) -> None:
    film = clip(tmp_path / "film.mkv", 3, size=(size[0] // 2 * 2, size[1] // 2 * 2), draw=scene)
    made = fl.collage(film, pool, tmp_path / "out.mp4", descriptor=descriptor, search_depth=1)
    assert made.size == (size[0] // 2 * 2, size[1] // 2 * 2)
    assert {picture.shape[:2] for picture in shown(tmp_path / "out.mp4")} == {made.size}


def test_images_are_cropped_in_the_middle_and_not_squeezed(pool: Path, tmp_path: Path) -> None:
    film = image_folder(tmp_path / "film", 2, size=(100, 100))
    tall = np.zeros((300, 100, 3), np.uint8)
    tall[100:200] = (200, 40, 90)
    write_png(tmp_path / "images" / "tall.png", tall)
    made = fl.collage(film, tmp_path / "images", tmp_path / "out")
    picture = cv2.imread(str(tmp_path / "out" / "matched_frames" / "frame_000000.jpg"))[..., ::-1]
    assert difference(picture, np.full_like(picture, 1) * np.array((200, 40, 90), np.uint8)) < 3
    assert made.pool == made.distinct == 1


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    """A square in an image is as wide as high on the screen, so half as wide in pixels that are twice as wide."""
    film = clip(tmp_path / "film.mkv", 2, size=(100, 100), aspect=Fraction(2))
    image = np.zeros((100, 200, 3), np.uint8)
    image[25:75, 75:125] = 255
    write_png(tmp_path / "images" / "square.png", image)
    fl.collage(film, tmp_path / "images", tmp_path / "out")
    bright = cv2.imread(str(tmp_path / "out" / "matched_frames" / "frame_000001.jpg"))[..., 0] > 128
    assert bright.any(axis=1).sum() == pytest.approx(50, abs=2)
    assert bright.any(axis=0).sum() == pytest.approx(25, abs=2)
    with av.open(str(tmp_path / "out" / "film_matched.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == 2


def test_a_turned_photo_is_shown_as_it_was_compared(tmp_path: Path) -> None:
    from PIL import Image

    upright = coloured(5, (180, 320))
    (tmp_path / "images").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it
    Image.fromarray(np.rot90(upright)).save(tmp_path / "images" / "turned.jpg", exif=exif, quality=95)
    write_png(tmp_path / "images" / "other.png", coloured(7, (180, 320)))
    film = clip(tmp_path / "film.mkv", 2, size=(90, 160), draw=lambda index, size: coloured(5, size))
    made = fl.collage(film, tmp_path / "images", tmp_path / "out", search_depth=1)
    assert [match.selected.stem for match in made.matches] == ["turned", "turned"]
    picture = cv2.imread(str(tmp_path / "out" / "matched_frames" / "frame_000000.jpg"))[..., ::-1]
    assert difference(picture, small(upright)) < 4


def test_what_cannot_be_read_is_left_out_and_told(film: Path, tmp_path: Path, frameloom: Command) -> None:
    folder = tmp_path / "images"
    for number in range(3):
        write_png(folder / f"{number}.png", coloured(number))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8nothing")
    (folder / "empty.webp").touch()
    said = frameloom("collage", film, folder, tmp_path / "out.mp4", "--json").done()
    assert json.loads(said.out)["pool"] == 3
    assert "2 of 5 image files cannot be read" in said.err


def test_a_pool_that_cannot_be_read_at_all(film: Path, tmp_path: Path, frameloom: Command) -> None:
    (tmp_path / "images").mkdir()
    for number in range(3):
        (tmp_path / "images" / f"{number}.webp").write_bytes(b"RIFFnothing")
    assert "can be read" in frameloom("collage", film, tmp_path / "images", tmp_path / "out.mp4").refused()
    assert not (tmp_path / "out.mp4").exists()
    assert not readers.hidden_in(tmp_path)


def test_a_frame_without_a_similar_image_shows_itself(film: Path, tmp_path: Path, frameloom: Command) -> None:
    for number in (0, 1, 2, 4):
        write_png(tmp_path / "images" / f"{number}.png", coloured(number, (180, 320)))
    words = ["collage", film, tmp_path / "images", tmp_path / "out", "--search-depth", "1", "--threshold", "0.95"]
    said = frameloom(*words, "--json").done()
    made = json.loads(said.out)
    assert (made["below"], made["kept"], made["distinct"]) == (4, 4, 4)
    assert numbers(tmp_path / "out" / "results.json") == [0, 1, 2, None, 4, None, None, None]
    pictures = shown(tmp_path / "out" / "film_matched.mp4")
    for index, (picture, own) in enumerate(zip(pictures, shown(film), strict=True)):
        assert difference(picture, own if index in (3, 5, 6, 7) else small(coloured(index, (180, 320)))) < 4
    said = frameloom(*words, "--below", "hold", "--overwrite").done()
    assert "4 frames have no image that is similar enough: another image is shown" in said.out
    assert numbers(tmp_path / "out" / "results.json") == [0, 1, 2, 2, 4, 4, 4, 4]


def test_an_index_made_before(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    index = tmp_path / "pool.index"
    build(pool, index, IndexPlan(describing=Describing(choice=choose_descriptor("hog", DescriptorOptions()))))
    made = json.loads(frameloom("collage", film, index, tmp_path / "out.mp4", "--json").done().out)
    assert made["descriptor"] == "hog"
    for other in (["--descriptor", "spatial_color"], ["--descriptor", "canny"], ["--size", "128"]):
        assert "is an index made with hog" in frameloom("collage", film, index, tmp_path / "b.mp4", *other).refused()
    assert not (tmp_path / "b.mp4").exists()
    frameloom("collage", film, index, tmp_path / "b.mp4", "--descriptor", "hog").done()


def test_a_demo_is_short(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out.mp4"
    words = ["--demo", "--demo-seconds", "0.15", "--demo-images", "3", "--json"]
    said = frameloom("collage", film, pool, output, *words).done()
    made = json.loads(said.out)
    assert (made["frames"], made["pool"], made["duration"], made["sound"]) == (4, 3, "3/20", "left out")
    assert "only the beginning of the video is used" in said.err
    assert readers.packets(output, "video").duration == Fraction(3, 20)


def test_what_the_original_compared(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    for descriptor in ("canny", "spatial_pyramid", "hog", "spatial_color"):
        words = ["--compat", "--feature-method", descriptor, "--top-n", "1", "--json"]
        made = json.loads(frameloom("collage", film, pool, tmp_path / f"{descriptor}.mp4", *words).done().out)
        assert made["descriptor_settings"]["options"]["compat"] is True
        assert made["distinct"] == COUNT
    square = clip(tmp_path / "square.mp4", 2, size=(128, 128))
    words = ["collage", square, pool, tmp_path / "square-out.mp4", "--compat", "--descriptor"]
    assert "16:9 videos only" in frameloom(*words, "hog").refused()
    frameloom(*words, "canny").done()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["out.gif"], "a collage is a video or a folder"),
        (["out.png"], "names one image"),
        (["out.avi"], "'.avi' is not written"),
        (["out.mp4", "--codec", "ffv1"], "ffv1 is written to .mkv"),
        (["out.mp4", "--preset", "quick"], "quick"),
        (["out.mp4", "--skip-output"], "name a folder"),
        (["out.mp4", "--save-samples", "2"], "samples go into a folder"),
        (["out", "--save-samples", "-1"], "save samples is -1"),
        (["out", "--sample-interval", "0"], "sample interval is 0"),
        (["out", "--checkpoint-batch", "0"], "checkpoint batch is 0"),
        (["out", "--workers", "0"], "workers is 0"),
        (["out", "--search-depth", "0"], "search depth is 0"),
        (["out", "--top-n", "2.5"], "2.5 is not a whole number"),
        (["out", "--threshold", "2"], "threshold is 2"),
        (["out", "--below", "none"], "none"),
        (["out", "--seed", "-1"], "seed is -1"),
        (["out", "--fps-override", "0"], "give a rate above 0"),
        (["out", "--demo", "--demo-seconds", "0"], "demo seconds is 0"),
        (["out", "--demo", "--demo-images", "0"], "demo images is 0"),
        (["out", "--descriptor", "canyn"], "canny"),
        (["out", "--edge-weight", "0", "--texture-weight", "0", "--color-weight", "0"], "weights are 0"),
        (["out", "--ivf-nlist", "4"], "add --use-ivf-index"),
        (["out", "--no-repeat", "--fps-override", "100"], None),
    ],
)
def test_impossible_wishes_are_refused_in_one_line(
    words: list[str], told: str | None, film: Path, pool: Path, tmp_path: Path, frameloom: Command
) -> None:
    name, *options = words
    outcome = frameloom("collage", film, pool, tmp_path / name, *options)
    if told is None:  # eight frames, however often each is shown
        outcome.done()
        return
    assert told in outcome.refused()
    assert not any(tmp_path.iterdir())


def test_too_few_images_are_told_before_any_is_read(film: Path, tmp_path: Path, frameloom: Command) -> None:
    (tmp_path / "images").mkdir()
    for number in range(3):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(b"is never read")
    line = frameloom("collage", film, tmp_path / "images", tmp_path / "out.mp4", "--no-repeat").refused()
    assert "film.mp4 has 8 frames to replace and the pool 3 images" in line
    assert "add 5 or more" in line


def test_inputs_that_are_not_there(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    assert "none.mp4 does not exist" in frameloom("collage", tmp_path / "none.mp4", pool, tmp_path / "o").refused()
    assert "is not a folder" in frameloom("collage", film, tmp_path / "none", tmp_path / "o").refused()
    (tmp_path / "empty").mkdir()
    assert "holds no image file" in frameloom("collage", film, tmp_path / "empty", tmp_path / "o").refused()


def test_an_earlier_output_is_kept_unless_asked(film: Path, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    frameloom("collage", film, pool, output, "--skip-output").done()
    assert "add --overwrite" in frameloom("collage", film, pool, output, "--skip-output").refused()
    frameloom("collage", film, pool, output, "--overwrite").done()
    assert (output / "film_matched.mp4").exists()
    (output / "letter.txt").write_text("keep me")
    assert "letter.txt" in frameloom("collage", film, pool, output, "--overwrite").refused()
    inside = frameloom("collage", film, pool, pool / "out")
    assert "lies inside the input folder" in inside.refused()
