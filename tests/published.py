"""Small copies of published data sets, laid out as their authors publish them, not as our readers have it.

Names are from the READMEs, lists and loaders that the docstrings of `benchmark/datasets` give as sources.
"""

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


def vimeo_test_half(root: Path) -> Path:
    """vimeo_interp_test: the test triplets alone, in `target`, and what is given of them in `input`."""
    root.mkdir(parents=True)
    (root / "tri_testlist.txt").write_text("00001/0389\n")
    frames(root / "target" / "00001" / "0389", ["im1.png", "im2.png", "im3.png"])
    frames(root / "input" / "00001" / "0389", ["im1.png", "im3.png"])
    return root


def ucf101(root: Path) -> Path:
    for name in ("1", "1001", "101"):
        frames(root / "ucf101_interp_ours" / name, ["frame_00.png", "frame_01_gt.png", "frame_02.png"])
        write_png(root / "ucf101_interp_ours" / name / "frame_01_ours.png", moving_square(9, SIZE))
    return root


def ucf101_qvi(root: Path) -> Path:
    for name in ("0", "1", "99"):
        frames(root / "ucf101" / name, ["frame0.png", "frame1.png", "framet.png", "frame2.png", "frame3.png"])
    return root


def middlebury(root: Path) -> Path:
    for name in ("Beanbags", "Walking"):
        frames(root / "other-data" / name, ["frame10.png", "frame11.png"])
        write_png(root / "other-gt-interp" / name / "frame10i11.png", moving_square(1, SIZE))
    frames(root / "other-data" / "Army", ["frame10.png", "frame11.png"])  # has no truth
    return root


SNU_FILM = {
    "easy": ["GOPRO_test/GOPR0384_11_00 000016 000017 000018", "YouTube_test/0019 00402 00403 00404"],
    "medium": ["GOPRO_test/GOPR0384_11_00 000015 000017 000019", "YouTube_test/0019 00401 00403 00405"],
    "hard": ["GOPRO_test/GOPR0384_11_00 000013 000017 000021", "YouTube_test/0019 00399 00403 00407"],
    "extreme": ["GOPRO_test/GOPR0384_11_00 000009 000017 000025", "YouTube_test/0019 00395 00403 00411"],
}
"""Two of the 310 lines of each published list: folder and numbers."""


def snu_film(root: Path, *, inside: str = "test") -> Path:
    frames(root / inside / "GOPRO_test/GOPR0384_11_00", [f"{number:06d}.png" for number in range(9, 26)])
    frames(root / inside / "YouTube_test/0019", [f"{number:05d}.png" for number in range(395, 412)])
    for level, triplets in SNU_FILM.items():
        lines = []
        for folder, *numbers in map(str.split, triplets):
            lines.append(" ".join(f"data/SNU-FILM/test/{folder}/{number}.png" for number in numbers))
        (root / f"test-{level}.txt").write_text("\n".join(lines) + "\n")
    return root


def xiph(root: Path) -> Path:
    for clip in ("BoxingPractice", "Crosswalk"):
        frames(root / "netflix", [f"{clip}-{number:03d}.png" for number in range(1, 6)], (48, 64))
    return root


def xiph_in_folders(root: Path) -> Path:
    for clip in ("BoxingPractice", "Crosswalk"):
        frames(root / clip, [f"{number:03d}.png" for number in range(1, 6)], (48, 64))
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


GOPRO = [
    "GOPR0384_11_00", "GOPR0385_11_01", "GOPR0410_11_00", "GOPR0862_11_00", "GOPR0869_11_00", "GOPR0881_11_01",
    "GOPR0384_11_05", "GOPR0396_11_00", "GOPR0854_11_00", "GOPR0868_11_00", "GOPR0871_11_00",
]  # fmt: skip
"""The test videos, in the order of FLAVR's list."""


def gopro(root: Path, *, test: str = "test", train: str = "train") -> Path:
    for name in GOPRO:
        frames(root / test / name, [f"{number:06d}.png" for number in range(1, 11)])
    frames(root / train / "GOPR0372_07_00", [f"{number:06d}.png" for number in range(1, 11)])
    return root


def adobe(root: Path) -> Path:
    frames(root / "test_frames" / "720p_240fps_1", [f"{number:05d}.png" for number in range(1, 11)])
    frames(root / "test_frames" / "GOPR9635", [f"{number:05d}.png" for number in range(1, 11)])
    frames(root / "test_frames" / "720p_240fps_2", [f"{number:05d}.png" for number in range(1, 11)])  # for training
    return root


def folder(root: Path) -> Path:
    frames(root / "walk", [f"{number:05d}.png" for number in range(3)])
    return root


MAKERS = {
    "folder": folder, "vimeo90k-triplet": vimeo_triplet, "vimeo90k-septuplet": vimeo_septuplet,
    "ucf101": ucf101, "ucf101-qvi": ucf101_qvi,
    "middlebury": middlebury, "snu-film-easy": snu_film, "snu-film-medium": snu_film, "snu-film-hard": snu_film,
    "snu-film-extreme": snu_film, "xiph-2k": xiph, "xiph-4k": xiph, "x4k1000fps": x_test, "x4k1000fps-2k": x_test,
    "davis-480p": davis, "davis-1080p": davis, "gopro": gopro, "gopro-512": gopro, "adobe240": adobe,
    "adobe240-512": adobe,
}  # fmt: skip
