"""Every flow estimator with every PerVFI on two frames of a real clip, from the command line."""

import json
from itertools import islice, product
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from commands import Command
from conftest import REAL_CLIPS
from factories import write_png
from perceptual_weights import write_checkpoints

SIZE = (144, 256)  # RAFT and GMA take nothing smaller than 128
APART = 3  # frames, so that there is something to find
PAIRINGS = [*product(("dis", "raft", "raft-small", "gma", "gmflow"), ("pervfi", "pervfi-vb"))]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoints(tmp_path_factory.mktemp("weights") / "checkpoints")


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two frames of a camera that follows a car, shrunk."""
    folder = tmp_path_factory.mktemp("frames")
    with av.open(str(REAL_CLIPS / "car.mp4")) as source:
        pictures = [frame.to_ndarray(format="rgb24") for frame in islice(source.decode(video=0), APART + 1)]
    for number, picture in enumerate((pictures[0], pictures[-1])):
        write_png(folder / f"{number:05d}.png", cv2.resize(picture, SIZE[::-1], interpolation=cv2.INTER_AREA))
    return folder


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("flow", "network"), PAIRINGS)
def test_every_pairing_on_a_real_clip(
    frameloom: Command, weights: Path, frames: Path, tmp_path: Path, flow: str, network: str
) -> None:
    """Sizes that need no padding for the flow, and windows and matches of some extent."""
    words = ["interpolate", frames, tmp_path / "out", "--model", f"{flow}+{network}", "--num", 1, "--json"]
    made = json.loads(frameloom(*words, "--checkpoint", weights).done().out)
    assert (made["model"], made["frames_made"]) == (f"{flow}+{network}", 1)
    first, new, last = (cv2.imread(str(path)) for path in sorted((tmp_path / "out").glob("*.png")))
    given = [cv2.imread(str(path)) for path in sorted(frames.iterdir())]
    assert np.array_equal(first, given[0])
    assert np.array_equal(last, given[1])
    assert new.shape == (*SIZE, 3)
    # By these weights it is no picture of anything, but one that differs from place to place
    assert new.std() > 5
    assert not np.array_equal(new, first)
