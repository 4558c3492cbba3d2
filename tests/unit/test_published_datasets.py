"""Published data sets as they are unpacked: which frames are given, which are the truth, and what is said of gaps."""

import hashlib
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

import frameloom as fl
from factories import moving_square, write_png
from frameloom.benchmark.datasets.table import DATASETS, find_dataset
from frameloom.benchmark.samples import centre, file_list_hash, halved, middle_square
from frameloom.errors import CannotOpen, DatasetError, InputError, RangeError, ShapeError
from published import (
    GOPRO,
    MAKERS,
    SIZE,
    adobe,
    davis,
    frames,
    gopro,
    middlebury,
    snu_film,
    ucf101,
    ucf101_qvi,
    vimeo_septuplet,
    vimeo_test_half,
    vimeo_triplet,
    x_test,
    xiph,
    xiph_in_folders,
)


def read(name: str, root: Path, factor: int | None = None) -> list[tuple[str, list[str], list[int]]]:
    """Sequence, files relative to the root, and the indices of the truths."""
    dataset = find_dataset(name)
    samples = dataset.samples(root, factor or dataset.factor)
    return [
        (sample.sequence, [file.relative_to(root).as_posix() for file in sample.files],
         [sample.index(step) for step in range(1, sample.factor)])
        for sample in samples
    ]  # fmt: skip


def test_every_data_set_has_a_small_copy_here() -> None:
    assert set(MAKERS) == set(DATASETS)


@pytest.mark.parametrize("name", sorted(set(MAKERS) - {"davis-1080p"}))
def test_every_data_set_is_measured(name: str, tmp_path: Path) -> None:
    result = fl.evaluate("blend", root=MAKERS[name](tmp_path / "set"), dataset=name, metrics=["psnr"])
    assert result.dataset == name
    assert result.rows
    assert result.means[0].factor == find_dataset(name).factor
    assert all(0 < row.values["psnr"] < 60 for row in result.rows)
    assert result.departures == ()


def test_vimeo_triplets_are_those_of_the_test_list(tmp_path: Path) -> None:
    listed = ["00001/0389", "00002/0012"]
    assert read("vimeo90k-triplet", vimeo_triplet(tmp_path / "set")) == [
        (name, [f"sequences/{name}/im{number}.png" for number in (1, 2, 3)], [1]) for name in listed
    ]


def test_septuplets_give_the_first_and_the_last_of_seven(tmp_path: Path) -> None:
    root = vimeo_septuplet(tmp_path / "set")
    whole = [f"sequences/00001/0266/im{number}.png" for number in range(1, 8)]
    assert read("vimeo90k-septuplet", root)[0] == ("00001/0266", whole, [1, 2, 3, 4, 5])
    assert [indices for _, _, indices in read("vimeo90k-septuplet", root, 2)] == [[1], [3], [5]] * 2


def test_the_test_half_of_vimeo_has_its_truths_in_target(tmp_path: Path) -> None:
    assert read("vimeo90k-triplet", vimeo_test_half(tmp_path / "set")) == [
        ("00001/0389", [f"target/00001/0389/im{number}.png" for number in (1, 2, 3)], [1])
    ]


def test_triplets_of_ucf101_and_middlebury(tmp_path: Path) -> None:
    found = read("ucf101", ucf101(tmp_path / "ucf"))
    assert [name for name, _, _ in found] == ["1", "101", "1001"]  # counted, not spelled
    parts = ["frame_00.png", "frame_01_gt.png", "frame_02.png"]
    assert found[0][1] == [f"ucf101_interp_ours/1/{part}" for part in parts]
    inside = fl.evaluate("blend", root=tmp_path / "ucf" / "ucf101_interp_ours", dataset="ucf101", metrics=["psnr"])
    assert len(inside.rows) == 3
    assert read("middlebury", middlebury(tmp_path / "mb")) == [
        (name, [f"other-data/{name}/frame10.png", f"other-gt-interp/{name}/frame10i11.png",
                f"other-data/{name}/frame11.png"], [1])
        for name in ("Beanbags", "Walking")
    ]  # fmt: skip


def test_quintuplets_of_ucf101_give_the_two_around_the_truth(tmp_path: Path) -> None:
    root = ucf101_qvi(tmp_path / "set")
    assert read("ucf101-qvi", root)[2] == (
        "99", [f"ucf101/99/{part}.png" for part in ("frame1", "framet", "frame2")], [1]
    )  # fmt: skip
    with pytest.raises(DatasetError, match=r"no folder with a frame_00\.png"):
        read("ucf101", root)


def test_middlebury_may_have_the_truth_beside_the_given_frames(tmp_path: Path) -> None:
    for name in ("Beanbags", "Walking"):
        frames(tmp_path / name, ["frame10.png", "frame10i11.png", "frame11.png"])
    assert read("middlebury", tmp_path) == [
        (name, [f"{name}/frame10.png", f"{name}/frame10i11.png", f"{name}/frame11.png"], [1])
        for name in ("Beanbags", "Walking")
    ]


@pytest.mark.parametrize(("level", "step"), [("easy", 1), ("medium", 2), ("hard", 4), ("extreme", 8)])
def test_snu_film_has_the_middle_frame_or_all_between(level: str, step: int, tmp_path: Path) -> None:
    root = snu_film(tmp_path / "set")
    of_gopro, of_youtube = read(f"snu-film-{level}", root, 2)
    folder = "test/GOPRO_test/GOPR0384_11_00"
    names = [f"{folder}/{number:06d}.png" for number in (17 - step, 17, 17 + step)]
    assert of_gopro == ("GOPR0384_11_00", names, [17])
    names = [f"test/YouTube_test/0019/{number:05d}.png" for number in (403 - step, 403, 403 + step)]
    assert of_youtube == ("0019", names, [403])
    of_gopro, _ = read(f"snu-film-{level}", root, 2 * step)
    assert of_gopro[1] == [f"{folder}/{number:06d}.png" for number in range(17 - step, 17 + step + 1)]
    assert of_gopro[2] == list(range(18 - step, 17 + step))


def test_lists_of_snu_film_may_lie_in_their_folder(tmp_path: Path) -> None:
    root = snu_film(tmp_path / "set")
    (root / "eval_modes").mkdir()
    (root / "test-hard.txt").rename(root / "eval_modes" / "test-hard.txt")
    assert len(read("snu-film-hard", root)) == 2


@pytest.mark.parametrize("inside", ["data/SNU-FILM/test", "."])
def test_frames_of_snu_film_may_lie_as_listed_or_right_in_the_root(inside: str, tmp_path: Path) -> None:
    """As IFRNet, EMA-VFI and ST-MFNet have them, and as AMT has them."""
    root = snu_film(tmp_path / "set", inside=inside)
    folder = (Path(inside) / "YouTube_test/0019").as_posix()
    assert read("snu-film-hard", root)[1][1] == [f"{folder}/{number:05d}.png" for number in (399, 403, 407)]
    assert fl.evaluate("blend", root=root, dataset="snu-film-hard", metrics=["psnr"]).means[0].frames == 2


def test_xiph_is_halved_for_2k_and_cropped_for_4k(tmp_path: Path) -> None:
    root = xiph(tmp_path / "set")
    found = read("xiph-4k", root)
    assert [(name, indices) for name, _, indices in found] == [
        ("BoxingPractice", [1]), ("BoxingPractice", [3]), ("Crosswalk", [1]), ("Crosswalk", [3])
    ]  # fmt: skip
    stored = moving_square(0, (48, 64))
    whole, cropped = (find_dataset(f"xiph-{kind}").samples(root, 2)[0].load()[0] for kind in ("2k", "4k"))
    assert np.array_equal(cropped, stored[12:36, 16:48])
    means = stored.reshape(24, 2, 32, 2, 3).astype(float).mean((1, 3))
    assert np.abs(whole - means).max() <= 0.5
    folders = read("xiph-4k", xiph_in_folders(tmp_path / "folders"))
    assert [(name, indices) for name, _, indices in folders] == [(name, indices) for name, _, indices in found]
    assert folders[0][1] == [f"BoxingPractice/{number:03d}.png" for number in (1, 2, 3)]


def test_a_hundred_frames_of_xiph_are_49_triplets(tmp_path: Path) -> None:
    """benchmark_xiph.py: the truths are 2, 4, ..., 98."""
    write_png(tmp_path / "netflix" / "Tango-001.png", moving_square(0, (8, 8)))
    for number in range(2, 101):
        (tmp_path / "netflix" / f"Tango-{number:03d}.png").hardlink_to(tmp_path / "netflix" / "Tango-001.png")
    found = read("xiph-2k", tmp_path)
    assert [Path(files[1]).stem for _, files, _ in found] == [f"Tango-{number:03d}" for number in range(2, 99, 2)]
    assert len(found) == 49


def test_halving_and_cropping_are_those_of_the_published_sizes() -> None:
    frame = np.zeros((2160, 4096, 3), np.uint8)
    assert halved(frame).shape == centre(frame).shape == (1080, 2048, 3)
    frame[540:1620, 1024:3072] = 9
    assert (centre(frame) == 9).all()


def test_x_test_gives_the_first_and_the_last_of_33(tmp_path: Path) -> None:
    root = x_test(tmp_path / "set")
    found = read("x4k1000fps", root)
    assert [name for name, _, _ in found] == [
        "Type1/TEST01_003_f0433", "Type2/TEST06_001_f0273", "Type3/TEST11_078_f4977"
    ]  # fmt: skip
    assert found[0][1] == [f"test/Type1/TEST01_003_f0433/{4 * k:04d}.png" for k in range(9)]
    assert found[0][2] == [4, 8, 12, 16, 20, 24, 28]
    assert find_dataset("x4k1000fps-2k").samples(root, 8)[0].load()[0].shape == (12, 16, 3)
    with pytest.raises(RangeError, match="2, 4, 8, 16 or 32, not 3"):
        read("x4k1000fps", root, 3)
    (root / "test/Type2/TEST06_001_f0273/0032.png").unlink()
    with pytest.raises(DatasetError, match="TEST06_001_f0273 has 32 frames instead of 33"):
        read("x4k1000fps", root)


def test_davis_takes_every_sequence(tmp_path: Path) -> None:
    root = davis(tmp_path / "set")
    assert [(name, indices) for name, _, indices in read("davis-480p", root)] == [
        ("bear", [1]), ("bear", [3]), ("bmx-bumps", [1]), ("bmx-bumps", [3])
    ]  # fmt: skip
    odd = tmp_path / "odd" / "JPEGImages" / "480p" / "bear"
    frames(odd, [f"{number:05d}.jpg" for number in range(3)], (25, 33))
    assert find_dataset("davis-480p").samples(tmp_path / "odd", 2)[0].load()[0].shape == (24, 32, 3)
    assert find_dataset("davis-1080p").samples(root, 2)[0].load()[0].shape == (1080, 1920, 3)


@pytest.mark.parametrize(("test", "train"), [("test", "train"), (".", ".")])
def test_training_clips_of_gopro_are_not_measured(test: str, train: str, tmp_path: Path) -> None:
    """As GOPRO_Large_all has them, and all in one folder, as IFRNet has them."""
    found = read("gopro", gopro(tmp_path / "set", test=test, train=train))
    assert {name for name, _, _ in found} == set(GOPRO)
    folder = (Path(test) / GOPRO[0]).as_posix()
    assert found[0] == (GOPRO[0], [f"{folder}/{number:06d}.png" for number in range(1, 10)], [1, 2, 3, 4, 5, 6, 7])
    shutil.rmtree(tmp_path / "set" / test / "GOPR0871_11_00")
    with pytest.raises(DatasetError, match="has 10 of the 11 test videos: GOPR0871_11_00 is missing"):
        read("gopro", tmp_path / "set")


def test_adobe240_is_the_listed_test_videos_or_all(tmp_path: Path) -> None:
    root = adobe(tmp_path / "set")
    assert [name for name, _, _ in read("adobe240", root)] == ["720p_240fps_1", "GOPR9635"]
    for name in ("720p_240fps_1", "GOPR9635"):
        shutil.rmtree(root / "test_frames" / name)
    assert [name for name, _, _ in read("adobe240", root)] == ["720p_240fps_2"]


def test_the_middle_512_pixels_are_those_of_amt() -> None:
    """center_crop_woflow of datasets/gopro_datasets.py: from half the side less 256 to half the side and 256."""
    frame = np.arange(720 * 1280, dtype=np.uint32).reshape(720, 1280)
    assert np.array_equal(middle_square(frame, side=512), frame[360 - 256 : 360 + 256, 640 - 256 : 640 + 256])
    assert np.array_equal(middle_square(frame[:100], side=512), frame[:100, 384:896])


@pytest.mark.parametrize("name", sorted(set(DATASETS) - {"folder"}))
def test_an_empty_folder_says_what_was_expected_and_where_it_is_got(name: str, tmp_path: Path) -> None:
    dataset = find_dataset(name)
    with pytest.raises(DatasetError) as caught:
        fl.evaluate("blend", root=tmp_path, dataset=name)
    assert dataset.layout in str(caught.value)
    assert dataset.source in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("vimeo90k-triplet", "sequences/00002/0012/im2.png"),
        ("vimeo90k-septuplet", "sequences/00001/0266/dis_index_0_3_6.npy"),
        ("ucf101", "ucf101_interp_ours/101/frame_01_gt.png"),
        ("middlebury", "other-data/Walking/frame11.png"),
        ("snu-film-hard", "test/GOPRO_test/GOPR0384_11_00/000017.png"),
    ],
)
def test_a_missing_file_is_named_before_anything_is_measured(
    name: str, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = MAKERS[name](tmp_path / "set")
    (root / gone).unlink()
    monkeypatch.setattr("frameloom.benchmark.evaluate.score_models", lambda *_: pytest.fail("work was done"))
    with pytest.raises(DatasetError, match=f"{Path(gone).name} is missing"):
        fl.evaluate("blend", root=root, dataset=name)


def test_a_sequence_of_two_sizes_is_named(tmp_path: Path) -> None:
    root = vimeo_triplet(tmp_path / "set")
    write_png(root / "sequences/00001/0389/im2.png", moving_square(0, (24, 30)))
    with pytest.raises(ShapeError, match=r"im2\.png is 30x24, im1\.png is 32x24"):
        fl.evaluate("blend", root=root, dataset="vimeo90k-triplet")


@pytest.mark.parametrize(
    ("line", "why"),
    [("a.png b.png", "three numbered"), ("1.png 2.png ../../3.png", "three numbered"), ("\n", "nothing")],
)
def test_lists_that_are_not_lists_are_refused(line: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "test-easy.txt").write_text(line)
    with pytest.raises(DatasetError, match=why):
        fl.evaluate("blend", root=tmp_path, dataset="snu-film-easy")


def test_factors_without_truth_are_refused(tmp_path: Path) -> None:
    for name, factor in (
        ("vimeo90k-triplet", 4),
        ("ucf101", 3),
        ("snu-film-easy", 8),
        ("vimeo90k-septuplet", 7),
        ("ucf101-qvi", 4),
    ):
        with pytest.raises(RangeError, match=f"not {factor}"):
            fl.evaluate("blend", root=tmp_path, dataset=name, factor=factor)


def test_unknown_names_and_missing_roots(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean vimeo90k-triplet"):
        fl.evaluate("blend", root=tmp_path, dataset="vimeo90k-triplets")
    with pytest.raises(CannotOpen, match="does not exist"):
        fl.evaluate("blend", root=tmp_path / "none", dataset="ucf101")


def test_septuplets_are_made_at_their_maps_unless_uniform(tmp_path: Path) -> None:
    """The maps of this copy say middle/10 where time says middle/6: the cross-fade shows which one was used."""
    root = vimeo_septuplet(tmp_path / "set")
    measured = fl.evaluate("blend", root=root, dataset="vimeo90k-septuplet", metrics=["ie"], limit=1)
    even = fl.evaluate("blend", root=root, dataset="vimeo90k-septuplet", metrics=["ie"], limit=1, uniform=True)
    first, last = (moving_square(index, SIZE).astype(float) for index in (0, 6))
    for result, share in ((measured, 0.1), (even, 1 / 6)):
        made = np.rint(first + share * (last - first))
        expected = np.abs(made - moving_square(1, SIZE)).mean()
        assert result.rows[0].values["ie"] == pytest.approx(expected, abs=0.02)
    assert (measured.maps, even.maps) == (True, False)
    assert [row.moment for row in measured.rows] == [step / 6 for step in range(1, 6)]
    with pytest.raises(InputError, match="has no distance maps"):
        fl.evaluate("blend", root=root, dataset="folder", uniform=True)


def test_maps_are_not_needed_for_uniform(tmp_path: Path) -> None:
    root = vimeo_septuplet(tmp_path / "set", with_maps=False)
    assert len(fl.evaluate("blend", root=root, dataset="vimeo90k-septuplet", uniform=True).rows) == 10
    with pytest.raises(DatasetError, match=r"dis_index_0_\d_6\.npy is missing \(or measure with --uniform"):
        fl.evaluate("blend", root=root, dataset="vimeo90k-septuplet")


def test_measured_maps_may_hold_what_flow_gives_where_nothing_moves(tmp_path: Path) -> None:
    root = vimeo_septuplet(tmp_path / "set")
    values = np.full((12, 16), 0.25, np.float16)
    values[0], values[1], values[2] = np.nan, 40, -np.inf
    np.save(root / "sequences/00001/0266/dis_index_0_3_6.npy", values)
    sample = find_dataset("vimeo90k-septuplet").samples(root, 6)[0]
    moment = sample.moments((12, 16), smooth=False)[2]
    assert [float(row.mean()) for row in moment[:3]] == [0.5, 1, 0]  # type: ignore[index]
    assert np.allclose(moment[3:], 0.25)  # type: ignore[index]
    smooth = sample.moments((12, 16), smooth=True)[2]
    clipped = np.clip(np.where(np.isnan(values), 0.5, values.astype(float)), 0, 1)
    assert np.allclose(smooth, cv2.GaussianBlur(clipped, (5, 5), 0), atol=1e-6)


def test_the_hash_is_that_of_sorted_names_and_sizes(tmp_path: Path) -> None:
    root = middlebury(tmp_path / "set")
    samples = find_dataset("middlebury").samples(root, 2)
    files = [file for file in root.rglob("*.png") if file.parent.name != "Army"]
    lines = sorted(f"{file.relative_to(root).as_posix()} {file.stat().st_size}\n" for file in files)
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert file_list_hash(samples, root) == expected
    result = fl.evaluate("blend", root=root, dataset="middlebury")
    assert result.files_sha256 == expected
    write_png(files[0], np.zeros((*SIZE, 3), np.uint8))
    assert file_list_hash(samples, root) != expected
