"""Flow in files: back as it was written, laid out as the data sets say, and in the field's colours."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from factories import noise, write_png
from frameloom.errors import CannotOpen, CannotWrite, ShapeError
from frameloom.optical_flow.files import read_flo, read_kitti, write_flo, write_kitti
from frameloom.optical_flow.wheel import flow_picture

FLOW = np.array([[[1.25, -2.5], [0.0, 3.0], [-511.5, 7.0]], [[0.1, 0.2], [-0.3, 40.0], [5.0, 5.0]]], np.float32)


def test_flo_is_laid_out_as_middlebury_says(tmp_path: Path) -> None:
    write_flo(tmp_path / "a.flo", FLOW)
    content = (tmp_path / "a.flo").read_bytes()
    assert struct.unpack("<fii", content[:12]) == (202021.25, 3, 2)
    assert struct.unpack("<12f", content[12:]) == tuple(FLOW.ravel().tolist())
    assert np.array_equal(cv2.readOpticalFlow(str(tmp_path / "a.flo")), FLOW), "OpenCV reads it the same way"


@settings(max_examples=25, deadline=None)
@given(arrays(np.float32, (3, 4, 2), elements=st.floats(-1e6, 1e6, width=32)))
def test_flo_gives_back_what_was_written(tmp_path_factory: pytest.TempPathFactory, flow: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("flow") / "a.flo"
    write_flo(path, flow)
    stored = read_flo(path)
    assert np.array_equal(stored.flow, flow)
    assert stored.known.all()


def test_unknown_vectors_of_a_flo_are_told(tmp_path: Path) -> None:
    flow = FLOW.copy()
    flow[0, 0], flow[1, 1, 1] = 1.666e9, np.nan
    write_flo(tmp_path / "a.flo", flow)
    stored = read_flo(tmp_path / "a.flo")
    assert np.argwhere(~stored.known).tolist() == [[0, 0], [1, 1]]
    assert np.isfinite(stored.flow).all()


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (lambda content: content[:-1], "announces"),
        (lambda content: content + b"\0", "announces"),
        (lambda content: content[:12], "announces"),
        (lambda content: content[:8], "not a .flo file"),
        (lambda content: b"EIHP" + content[4:], "not a .flo file"),
        (lambda content: content[:4] + struct.pack("<ii", -3, -2) + content[12:], "announces"),
        (lambda content: b"", "not a .flo file"),
    ],
)
def test_a_damaged_flo_is_refused(tmp_path: Path, spoilt, why: str) -> None:  # noqa: ANN001  # a function on bytes
    path = tmp_path / "a.flo"
    write_flo(path, FLOW)
    path.write_bytes(spoilt(path.read_bytes()))
    with pytest.raises(CannotOpen, match=why):
        read_flo(path)


def test_kitti_is_laid_out_as_the_benchmark_says(tmp_path: Path) -> None:
    assert write_kitti(tmp_path / "a.png", FLOW) == 0
    stored = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]  # OpenCV: blue first
    assert stored.dtype == np.uint16
    assert stored[0, 0].tolist() == [2**15 + 80, 2**15 - 160, 1]


def test_kitti_gives_back_what_was_written_to_a_128th(tmp_path: Path) -> None:
    write_kitti(tmp_path / "a.png", FLOW)
    stored = read_kitti(tmp_path / "a.png")
    assert np.abs(stored.flow - FLOW).max() <= 1 / 128
    assert stored.known.all()


def test_vectors_too_long_for_kitti_are_unknown_and_counted(tmp_path: Path) -> None:
    flow = FLOW.copy()
    flow[1, 2] = 512.0, 0.0
    flow[0, 1] = 0.0, -512.1
    assert write_kitti(tmp_path / "a.png", flow) == 2
    stored = read_kitti(tmp_path / "a.png")
    assert np.argwhere(~stored.known).tolist() == [[0, 1], [1, 2]]
    assert np.array_equal(stored.flow[~stored.known], np.zeros((2, 2)))


def test_what_is_no_kitti_flow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="3 of 16 bits"):
        read_kitti(write_png(tmp_path / "picture.png", noise((4, 4))))
    with pytest.raises(CannotWrite, match=r"\.png"):
        write_kitti(tmp_path / "a.jpg", FLOW)


def test_directions_have_the_colours_of_the_field() -> None:
    """As in figure 3 of Baker et al.: red to the right, yellow down to the right, green and cyan left, blue up."""
    corners = np.cumsum([0, 15, 6, 4, 11, 13]) / 55 * 2 * np.pi
    flow = np.stack([np.cos(corners), np.sin(corners)], axis=-1)[None].astype(np.float32)
    wanted = [(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1)]
    assert np.abs(flow_picture(flow)[0] / 255 - wanted).max() < 0.01


def test_length_is_saturation_and_what_is_too_long_is_darker() -> None:
    flow = np.array([[[0, 0], [5, 0], [10, 0], [11, 0]]], np.float32)
    still, half, full, beyond = flow_picture(flow, longest=10)[0].tolist()
    assert (still, half, full, beyond) == ([255, 255, 255], [255, 127, 127], [255, 0, 0], [191, 0, 0])
    assert flow_picture(flow)[0, 3].tolist() == [255, 0, 0], "by default the longest has full colour"


def test_nothing_moves_and_nothing_is_known() -> None:
    assert (flow_picture(np.zeros((2, 2, 2), np.float32)) == 255).all()
    unknown = np.full((1, 2, 2), np.nan, np.float32)
    unknown[0, 1] = 3.0, 0.0
    assert flow_picture(unknown).tolist() == [[[0, 0, 0], [255, 0, 0]]]
