"""`frameloom flow`: two images or a video, in every form."""

import json
from pathlib import Path

import numpy as np
import pytest

import frameloom as fl
from commands import Command
from factories import clip, image_folder, moving_square, noise, write_png
from frameloom.images import read_image
from frameloom.models.flow.dis import DISFlow
from frameloom.optical_flow.files import read_flo, read_kitti
from frameloom.optical_flow.wheel import flow_picture


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return (
        write_png(tmp_path / "a.png", moving_square(1, (96, 128), 6)),
        write_png(tmp_path / "b.png", moving_square(2, (96, 128), 6)),
    )


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def wanted(pair: tuple[Path, Path]) -> np.ndarray:
    first, second = (read_image(path).astype(np.float32) / np.float32(255) for path in pair)
    return DISFlow().estimate(first, second)


def test_the_name_of_the_output_says_the_form(frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    said = frameloom("flow", *pair, tmp_path / "out.flo").done()
    assert "flow by dis (flo), 128x96" in said.out
    flow = read_flo(tmp_path / "out.flo").flow
    assert np.abs(flow - wanted(pair)).max() < 1e-5
    frameloom("flow", *pair, "--out", tmp_path / "out.png").done()
    assert np.array_equal(read_image(tmp_path / "out.png"), flow_picture(flow))
    assert names(tmp_path) == ["a.png", "b.png", "out.flo", "out.png"]


def test_kitti_is_asked_for(frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    said = frameloom("flow", *pair, tmp_path / "out.png", "--form", "kitti", "--json").done()
    assert np.abs(read_kitti(tmp_path / "out.png").flow - wanted(pair)).max() <= 1 / 128 + 1e-5
    result = json.loads(said.out)
    assert (result["form"], result["model"], result["size"], "flow" in result) == ("kitti", "dis", [96, 128], False)
    assert result["longest"] == pytest.approx(float(np.hypot(*wanted(pair).transpose(2, 0, 1)).max()))


@pytest.mark.parametrize(("form", "suffix"), [("flo", ".flo"), ("kitti", ".png"), ("wheel", ".png")])
def test_a_video_gives_a_file_per_pair(frameloom: Command, tmp_path: Path, form: str, suffix: str) -> None:
    source = clip(tmp_path / "walk.mp4", 4)
    said = frameloom("flow", source, tmp_path / "flows", "--form", form).done()
    assert "3 flows by dis" in said.out
    assert names(tmp_path / "flows") == [f"0000{index}{suffix}" for index in range(3)]
    frames = [frame.to_float() for frame in fl.open_source(source)]
    if form == "flo":
        last = read_flo(tmp_path / "flows" / "00002.flo").flow
        assert np.abs(last - DISFlow().estimate(frames[2], frames[3])).max() < 1e-5


def test_an_earlier_result_is_replaced_only_when_asked(frameloom: Command, tmp_path: Path) -> None:
    source, output = image_folder(tmp_path / "images", 3), tmp_path / "flows"
    frameloom("flow", source, output).done()
    assert "--overwrite" in frameloom("flow", source, output).refused()
    frameloom("flow", source, output, "--overwrite", "--form", "wheel", "--longest", 5).done()
    assert names(output) == ["00000.png", "00001.png"]
    (output / "mine.txt").write_text("kept")
    assert "mine.txt" in frameloom("flow", source, output, "--overwrite").refused()


def test_what_cannot_be_is_refused_before_anything_is_written(
    frameloom: Command, tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    write_png(tmp_path / "small.png", noise((10, 10)))
    video = clip(tmp_path / "walk.mp4", 3)
    before = names(tmp_path)
    for words, why in [
        ((*pair, tmp_path / "out.mp4"), "does not end in"),
        ((*pair, tmp_path / "out.png", "--form", "flo"), r"does not end in .flo"),
        ((*pair, tmp_path / "out.flo", "--form", "kitti"), "does not end in .png"),
        ((*pair, tmp_path / "out.flo", "--longest", "0"), "above 0"),
        ((*pair, tmp_path / "out.flo", "--longest", "3"), "colour wheel"),
        ((video, tmp_path / "flows", "--longest", "3"), "colour wheel"),
        ((pair[0], tmp_path / "small.png", tmp_path / "out.flo"), "must have one size"),
        ((*pair, pair[0], tmp_path / "out.flo"), "3 inputs"),
        ((*pair, pair[1]), "both input and output"),
        ((pair[0], tmp_path / "flows"), "a flow needs two"),
        ((pair[0],), "frameloom flow a.png b.png flow.flo"),
        ((video, tmp_path / "out.flo"), "go to a folder"),
        ((*pair, tmp_path / "out.flo", "--model", "raf"), "did you mean raft"),
        ((*pair, tmp_path / "out.flo", "--max-memory", "1G"), "takes no --max-memory"),
        ((*pair, tmp_path / "out.flo", "--model", "raft"), "RAFT/raft-sintel.pth"),
    ]:
        assert why in frameloom("flow", *words).refused()
    assert names(tmp_path) == before


def test_arrays_give_arrays() -> None:
    first, second = (moving_square(step, (96, 128), 6) for step in (1, 2))
    found = fl.flow(first, second)
    assert (found.flow.shape, found.flow.dtype, found.output) == ((96, 128, 2), np.float32, None)
    assert found.longest >= found.mean > 0
