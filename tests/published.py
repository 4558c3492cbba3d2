"""Small copies of published data sets, laid out as their authors publish them, not as our readers have it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from factories import moving_square, write_png

SIZE = (24, 32)


def frames(folder: Path, names: Sequence[str], size: tuple[int, int] = SIZE) -> None:
    for index, name in enumerate(names):
        write_png(folder / name, moving_square(index, size))


def maps(folder: Path, values: dict[tuple[int, int, int], float]) -> None:
    for (start, middle, end), value in values.items():
        half = np.full((SIZE[0] // 2, SIZE[1] // 2), value, np.float16)
        np.save(folder / f"dis_index_{start}_{middle}_{end}.npy", half)


def vimeo_triplet(root: Path) -> Path:
    (root / "sequences").mkdir(parents=True)
    (root / "tri_testlist.txt").write_text("00001/0389\n00002/0012\n\n")  # the published list ends with an empty line
    for name in ("00001/0389", "00002/0012", "00003/0001"):  # the last is of the training list
        frames(root / "sequences" / name, ["im1.png", "im2.png", "im3.png"])
    return root


def vimeo_septuplet(root: Path, *, with_maps: bool = True) -> Path:
    (root / "sequences").mkdir(parents=True)
    (root / "sep_testlist.txt").write_text("00001/0266\n00002/0001\n")
    for name in ("00001/0266", "00002/0001"):
        folder = root / "sequences" / name
        frames(folder, [f"im{number}.png" for number in range(1, 8)])
        if with_maps:
            maps(folder, {(0, middle, 6): middle / 10 for middle in range(1, 6)})
    return root


def ucf101(root: Path) -> Path:
    for name in ("1", "2", "141"):
        frames(root / "ucf101_interp_ours" / name, ["frame_00.png", "frame_01_gt.png", "frame_02.png"])
        write_png(root / "ucf101_interp_ours" / name / "frame_01_ours.png", moving_square(9, SIZE))
    return root


def middlebury(root: Path) -> Path:
    for name in ("Beanbags", "Walking"):
        frames(root / "other-data" / name, ["frame10.png", "frame11.png"])
        write_png(root / "other-gt-interp" / name / "frame10i11.png", moving_square(1, SIZE))
    frames(root / "other-data" / "Army", ["frame10.png", "frame11.png"])  # has no truth
    return root


def snu_film(root: Path) -> Path:
    folder = root / "test" / "GOPRO_test" / "GOPR0384_11_00"
    frames(folder, [f"{number:06d}.png" for number in range(1, 18)])
    for level, half in (("easy", 1), ("medium", 2), ("hard", 4), ("extreme", 8)):
        triplet = [f"data/SNU-FILM/test/GOPRO_test/GOPR0384_11_00/{1 + k * half:06d}.png" for k in range(3)]
        (root / f"test-{level}.txt").write_text(" ".join(triplet) + "\n")
    return root


def xiph(root: Path) -> Path:
    for clip in ("BoxingPractice", "Crosswalk"):
        frames(root / "netflix", [f"{clip}-{number:03d}.png" for number in range(1, 6)], (48, 64))
    return root


def x_test(root: Path) -> Path:
    for kind, scene in (("Type1", "TEST01_003_f0433"), ("Type2", "TEST06_001_f0273"), ("Type3", "TEST11_078_f4977")):
        frames(root / "test" / kind / scene, [f"{number:04d}.png" for number in range(33)])
    return root


def davis(root: Path) -> Path:
    for name in ("bear", "bmx-bumps"):
        frames(root / "JPEGImages" / "480p" / name, [f"{number:05d}.jpg" for number in range(6)])
        frames(root / "JPEGImages" / "Full-Resolution" / name, [f"{number:05d}.jpg" for number in range(3)])
    return root


def gopro(root: Path) -> Path:
    frames(root / "test" / "GOPR0384_11_00", [f"{number:06d}.png" for number in range(1, 11)])
    frames(root / "train" / "GOPR0372_07_00", [f"{number:06d}.png" for number in range(1, 11)])
    return root


def adobe(root: Path) -> Path:
    frames(root / "test" / "720p_240fps_1", [f"{number:05d}.png" for number in range(1, 11)])
    return root


def folder(root: Path) -> Path:
    frames(root / "walk", [f"{number:05d}.png" for number in range(3)])
    return root


MAKERS = {
    "folder": folder, "vimeo90k-triplet": vimeo_triplet, "vimeo90k-septuplet": vimeo_septuplet, "ucf101": ucf101,
    "middlebury": middlebury, "snu-film-easy": snu_film, "snu-film-medium": snu_film, "snu-film-hard": snu_film,
    "snu-film-extreme": snu_film, "xiph-2k": xiph, "xiph-4k": xiph, "x4k1000fps": x_test, "x4k1000fps-2k": x_test,
    "davis-480p": davis, "davis-1080p": davis, "gopro": gopro, "adobe240": adobe,
}  # fmt: skip
