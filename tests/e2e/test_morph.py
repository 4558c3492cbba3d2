"""A film of a pool from the command line to the files: which pictures, when, in which sizes, with which sound."""

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
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
from factories import Sound, audio_only, clip, write_png
from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.retrieval.build import IndexPlan, build
from frameloom.retrieval.describing import Describing

IMAGES = 12
WIDE = ["--formats", "160x90"]
SECOND = [*WIDE, "--duration", "1", "--fps", "10"]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images 0..11, wide, as JPEG and PNG files, some in a folder of their own."""
    folder = tmp_path_factory.mktemp("pool") / "images"
    for number in range(IMAGES):
        place = folder / "more" if number % 3 == 0 else folder
        write_png(place / f"{number:02d}.{'jpg' if number % 2 else 'png'}", coloured(number, (180, 320)))
    return folder


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMELOOM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def shown(video: Path) -> list[NDArray[np.uint8]]:
    return [picture.to_ndarray(format="rgb24") for picture in readers.pictures(video)]


def difference(first: NDArray, second: NDArray) -> float:
    return float(np.abs(first.astype(np.float32) - second.astype(np.float32)).mean())


def filling(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The middle of an image of the pool, in this size."""
    image, (height, width) = coloured(number, (180, 320)), size
    columns, rows = min(320, round(180 * width / height)), min(180, round(320 * height / width))
    top, left = (180 - rows) // 2, (320 - columns) // 2
    cropped = image[top : top + rows, left : left + columns]
    return cv2.resize(cropped, (width, height), interpolation=cv2.INTER_AREA)


def numbers(pictures: list[dict]) -> list[int]:
    return [int(Path(item["path"]).stem) for item in pictures]


def made_by(frameloom: Command, *words: object) -> dict:
    return json.loads(frameloom("morph", *words, "--json").done().out)


def test_every_frame_is_another_picture_of_the_pool(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "film.mp4"
    made = made_by(frameloom, pool, output, *SECOND)
    order = numbers(made["pictures"])
    assert len(order) == len(set(order)) == made["frames"] == made["distinct"] == 10
    assert (made["pool"], made["duration"], made["rate"], made["sound"]) == (IMAGES, "1", "10", "none")
    assert readers.times(output) == [Fraction(place, 10) for place in range(10)]
    assert abs(readers.packets(output, "video").duration - 1) < Fraction(1, 10_000)
    for number, following, picture in zip(order, [*order[1:], order[0]], shown(output), strict=True):
        assert difference(picture, filling(number, (90, 160))) < 4 < difference(picture, filling(following, (90, 160)))
    assert list(tmp_path.iterdir()) == [output]


def test_similarities_are_those_of_the_pictures(pool: Path, tmp_path: Path) -> None:
    made = fl.morph(pool, tmp_path / "film.mp4", formats=["160x90"], duration=1, fps=10)
    describe = choose_descriptor("spatial_color", DescriptorOptions()).load().describe
    images = np.stack([cv2.resize(filling(int(item.path.stem), (180, 320)), (256, 144), interpolation=cv2.INTER_AREA)
                       for item in made.pictures])  # fmt: skip
    vectors = describe(images)
    found = [item.similarity for item in made.pictures[1:]]
    assert made.pictures[0].similarity is None
    assert np.allclose(found, (vectors[1:] * vectors[:-1]).sum(axis=1), atol=0.05)  # JPEG files are not what was drawn
    assert made.mean_similarity == pytest.approx(np.mean(found))
    assert made.least_similarity == min(found)
    assert [item.time for item in made.pictures] == [Fraction(place, 10) for place in range(10)]


def test_several_sizes_show_the_same_pictures(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "film.mov"
    words = ["--formats", "160x90", "90x160", "64x64", "--duration", "0.5", "--fps", "20"]
    made = made_by(frameloom, pool, output, *words)
    videos = [tmp_path / f"film-{name}.mov" for name in ("160x90", "90x160", "64x64")]
    assert [Path(video) for video in made["videos"]] == videos
    assert sorted(tmp_path.iterdir()) == sorted(videos)
    assert made["descriptor_settings"]["options"]["aspect"] == "1"
    for video, size in zip(videos, [(90, 160), (160, 90), (64, 64)], strict=True):
        for number, picture in zip(numbers(made["pictures"]), shown(video), strict=True):
            assert picture.shape[:2] == size
            assert difference(picture, filling(number, size)) < 5


def test_a_folder_holds_the_videos_and_their_pictures(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out"
    words = ["--formats", "160x90", "90x160", "--duration", "1", "--fps", "5"]
    made = made_by(frameloom, pool, output, *words)
    assert sorted(path.name for path in output.iterdir()) == ["160x90.mp4", "90x160.mp4", "results.json"]
    assert json.loads((output / "results.json").read_text()) == made["pictures"]
    assert "is not empty" in frameloom("morph", pool, output, *words).refused()
    frameloom("morph", pool, output, *WIDE, "--duration", "1", "--fps", "5", "--overwrite").done()
    assert sorted(path.name for path in output.iterdir()) == ["160x90.mp4", "results.json"]
    (output / "mine.txt").touch()
    assert "'mine.txt', which is not a result" in frameloom("morph", pool, output, *words, "--overwrite").refused()


@pytest.mark.parametrize("named", ["07.jpg", "more/03.jpg", "{pool}/04.png", "{pool}/more/../05.jpg"])
def test_a_film_begins_where_it_is_told_to(named: str, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    start = named.format(pool=pool)
    made = made_by(frameloom, pool, tmp_path / "film.mp4", *SECOND, "--start", start)
    assert made["pictures"][0]["path"].endswith(Path(start).name)


def test_a_start_behind_a_link_is_found(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    (tmp_path / "link").symlink_to(pool)
    made = made_by(frameloom, tmp_path / "link", tmp_path / "film.mp4", *SECOND, "--start", pool / "07.jpg")
    assert numbers(made["pictures"])[0] == 7


def test_a_longer_film_goes_back_the_way_it_came(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    words = [pool, tmp_path / "film.mp4", *WIDE, "--duration", "2.8", "--fps", "10"]
    assert (
        "12 images, and 2.8 s at 10 frames a second show 28; give --duration 1.2"
        in frameloom("morph", *words).refused()
    )
    made = made_by(frameloom, *words, "--repeat")
    order = numbers(made["pictures"])
    assert order[11:23] == order[:12][::-1]
    assert order[22:] == order[:6]
    assert made["distinct"] == len(set(order)) == IMAGES
    for number, picture in zip(order, shown(tmp_path / "film.mp4"), strict=True):
        assert difference(picture, filling(number, (90, 160))) < 4


def test_pictures_are_held(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "film.mp4"
    made = made_by(frameloom, pool, output, *SECOND, "--hold", "4")
    order = numbers(made["pictures"])
    assert len(order) == 3
    assert [item["time"] for item in made["pictures"]] == ["0", "2/5", "4/5"]
    for frame, picture in enumerate(shown(output)):
        assert difference(picture, filling(order[frame // 4], (90, 160))) < 4


def test_frames_between_pictures_are_made_from_both(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "film.mp4"
    words = ["--formats", "160x90", "90x160", "--duration", "1", "--fps", "10", "--hold", "2", "--between", "3"]
    made = made_by(frameloom, pool, output, *words, "--model", "blend")
    order = numbers(made["pictures"])
    assert (len(order), made["made"], made["model"]) == (3, 6, "blend")
    for name, size in (("160x90", (90, 160)), ("90x160", (160, 90))):
        for frame, picture in enumerate(shown(tmp_path / f"film-{name}.mp4")):
            place, step = divmod(frame, 5)
            share = max(0, step - 1) / 4
            first, last = (filling(number, size).astype(float) for number in (order[place], order[min(2, place + 1)]))
            assert difference(picture, (1 - share) * first + share * last) < 4


def test_the_default_interpolator_needs_no_weights(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    made = made_by(frameloom, pool, tmp_path / "film.mp4", *SECOND, "--between", "4")
    assert (made["model"], made["made"], len(made["pictures"])) == ("dis", 8, 3)


@pytest.mark.parametrize("grade", ["histogram", "reinhard", "lut"])
def test_colours_follow_those_of_the_picture_before(grade: str, pool: Path, tmp_path: Path, frameloom: Command) -> None:
    plain, output = tmp_path / "plain.mp4", tmp_path / "graded.mp4"
    frameloom("morph", pool, plain, *SECOND).done()
    made = made_by(frameloom, pool, output, *SECOND, "--grade", grade)
    assert (made["grade"], made["strength"]) == (grade, 0.7)

    def leap(video: Path) -> float:
        means = [picture.mean(axis=(0, 1)) for picture in shown(video)]
        return float(np.mean([np.abs(after - before).mean() for before, after in pairwise(means)]))

    assert leap(output) < 0.6 * leap(plain)
    assert difference(shown(output)[0], shown(plain)[0]) == 0
    frameloom("morph", pool, tmp_path / "none.mp4", *SECOND, "--grade", grade, "--strength", "0").done()
    assert (tmp_path / "none.mp4").read_bytes() == plain.read_bytes()


def test_sound_is_copied_and_cut(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    song = clip(tmp_path / "song.mp4", 60, sounds=[Sound(2.4)])
    made = made_by(frameloom, pool, tmp_path / "film.mp4", *SECOND, "--audio", song)
    assert made["sound"] == "copied"
    sound, whole = readers.packets(tmp_path / "film.mp4", "audio"), readers.packets(song, "audio")
    assert sound.data == whole.data[: len(sound.data)]
    assert 40 < len(sound.data) < 52 < len(whole.data)
    assert sound.duration == pytest.approx(1, abs=0.001)
    with av.open(str(tmp_path / "film.mp4")) as container:
        assert container.duration == pytest.approx(1_000_000, abs=1000)
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_sound_that_ends_early_is_told(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    song = audio_only(tmp_path / "song.m4a")
    said = frameloom("morph", pool, tmp_path / "film.mp4", *SECOND, "--audio", song).done()
    assert "song.m4a: the sound ends after 0.3 s, the film after 1.0 s" in said.err
    assert ", with sound" in said.out


def test_sound_that_a_file_does_not_hold_is_encoded(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    song = clip(tmp_path / "song.mkv", 60, sounds=[Sound(2.4, codec="libopus")])
    made = made_by(frameloom, pool, tmp_path / "film.mov", *SECOND, "--audio", song)
    assert made["sound"] == "encoded"
    sound = readers.packets(tmp_path / "film.mov", "audio")
    assert sound.duration == pytest.approx(1, abs=0.001)
    with av.open(str(tmp_path / "film.mov")) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert np.abs(samples[2000:40000]).max() > 0.05


def test_an_index_keeps_its_descriptor(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    index = tmp_path / "pool.index"
    build(pool, index, IndexPlan(describing=Describing(choice=choose_descriptor("hog", DescriptorOptions()))))
    made = made_by(frameloom, index, tmp_path / "film.mp4", *SECOND)
    assert made["descriptor"] == "hog"
    for other in ("spatial_color", "canny"):
        words = [index, tmp_path / "b.mp4", *SECOND, "--descriptor", other]
        assert "is an index made with hog" in frameloom("morph", *words).refused()
    made_by(frameloom, index, tmp_path / "b.mp4", *SECOND, "--descriptor", "hog")


def test_what_cannot_be_read_is_left_out(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    folder = tmp_path / "images"
    for number in range(3):
        write_png(folder / f"{number}.png", coloured(number))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8nothing")
    words = [folder, tmp_path / "film.mp4", *WIDE, "--fps", "10"]
    made = made_by(frameloom, *words, "--duration", "0.3")
    assert made["pool"] == 3
    line = frameloom("morph", *words, "--duration", "0.4", "--overwrite").refused()
    assert "has 3 images" in line
    line = frameloom("morph", *words, "--duration", "0.3", "--overwrite", "--start", folder / "broken.jpg").refused()
    assert "broken.jpg is not among the images of" in line


def test_images_that_are_all_the_same(tmp_path: Path, frameloom: Command) -> None:
    for number in range(6):
        write_png(tmp_path / "images" / f"{number}.png", coloured(1))
    made = made_by(frameloom, tmp_path / "images", tmp_path / "film.mp4", *WIDE, "--duration", "0.6", "--fps", "10")
    assert made["distinct"] == 6
    assert made["least_similarity"] == pytest.approx(1)


def test_too_few_images_are_told_before_any_is_read(tmp_path: Path, frameloom: Command) -> None:
    images = tmp_path / "images"
    images.mkdir()
    words = ["morph", images, tmp_path / "film.mp4"]
    assert "holds no image file" in frameloom(*words).refused()
    (images / "0.jpg").write_bytes(b"is never read")
    assert "has one image" in frameloom(*words).refused()
    for number in range(1, 5):
        (images / f"{number}.jpg").write_bytes(b"is never read")
    assert "has 5 images, and 10 s at 30 frames a second show 300" in frameloom(*words).refused()
    assert "has 5 images" in frameloom(*words, "--hold", "10").refused()
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["out.gif"], "a morph is a video or a folder"),
        (["out.png"], "names one image"),
        (["out.avi"], "'.avi' is not written"),
        (["out.mp4", "--codec", "ffv1"], "ffv1 is written to .mkv"),
        (["out.mp4", "--formats", "wide"], "format 'wide' is no size"),
        (["out.mp4", "--formats", "1920x"], "format '1920x' is no size"),
        (["out.mp4", "--formats", "0x90"], "format 0x90 is impossible"),
        (["out.mp4", "--formats", "99999x90"], "format 99999x90 is impossible"),
        (["out.mp4", "--formats", "160x90", "160x90"], "format 160x90 is asked for twice"),
        (["out.mp4", "--formats", "16x16", "--codec", "av1"], "16x16; av1 needs 32 pixels"),
        (["out.mp4", "--duration", "nan"], "duration is nan"),
        (["out.mp4", "--duration", "inf"], "duration is inf"),
        (["out.mp4", "--duration", "0"], "duration is 0"),
        (["out.mp4", "--duration", "-1"], "duration is -1"),
        (["out.mp4", "--duration", "1e9", "--repeat"], "duration is 1e+09"),
        (["out.mp4", "--duration", "0.01"], "show one picture"),
        (["out.mp4", "--fps", "0"], "give a rate above 0"),
        (["out.mp4", "--fps", "nan"], "'nan' is not a frame rate"),
        (["out.mp4", "--hold", "0"], "hold is 0"),
        (["out.mp4", "--hold", "1.5"], "1.5 is not a whole number"),
        (["out.mp4", "--between", "-1"], "between is -1"),
        (["out.mp4", "--smooth", "0"], "smooth is 0"),
        (["out.mp4", "--smooth", "33"], "smooth is 33"),
        (["out.mp4", "--strength", "nan"], "strength is nan"),
        (["out.mp4", "--strength", "1.5"], "strength is 1.5"),
        (["out.mp4", "--grade", "sepia"], "sepia"),
        (["out.mp4", "--workers", "0"], "workers is 0"),
        (["out.mp4", "--model", "blend"], "add --between N"),
        (["out.mp4", "--seed", "1"], "add --between N"),
        (["out.mp4", "--between", "2", "--model", "dsi"], "dis"),
        (["out.mp4", "--between", "2", "--iters", "2"], "--iters"),
        (["out.mp4", "--descriptor", "canyn"], "canny"),
        (["out.mp4", "--audio", "song.mp3"], "song.mp3 does not exist"),
        (["out.mp4", "--start", "nowhere.png"], "nowhere.png does not exist"),
        (["out.mp4", "--start", "{here}/song.png"], "is not among the images"),
        (["out.mp4", "--audio", "{here}/song.png"], "holds no sound"),
        (["out.mp4", "--audio", "{here}/song.txt"], "cannot be read as sound"),
    ],
)
def test_impossible_wishes_are_refused_in_one_line(
    words: list[str],
    told: str,
    pool: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    frameloom: Command,
) -> None:
    here = tmp_path_factory.mktemp("here")
    write_png(here / "song.png", coloured(50))
    (here / "song.txt").write_text("la la la")
    name, *options = (word.format(here=here) for word in words)
    plain = [] if "--formats" in options else WIDE
    rest = [] if "--duration" in options else ["--duration", "0.2"]
    assert told in frameloom("morph", pool, tmp_path / name, *plain, *rest, *options).refused()
    assert not any(tmp_path.iterdir())


def test_an_output_is_not_replaced_unasked(pool: Path, tmp_path: Path, frameloom: Command) -> None:
    words = ["morph", pool, tmp_path / "film.mp4", "--duration", "0.5", "--fps", "10", "--formats", "160x90", "90x160"]
    frameloom(*words).done()
    assert "film-160x90.mp4 exists" in frameloom(*words).refused()
    frameloom(*words, "--overwrite").done()
    inside = frameloom("morph", pool, pool / "film.mp4", *SECOND).refused()
    assert "lies inside the input folder" in inside
