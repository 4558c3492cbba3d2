"""Any clip is judged, frame by frame, in bounded memory, and nothing is found where there are no faults."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from factories import moving_square, write_png
from frameloom.features.lookahead import LOOKAHEAD, LOOKBACK
from frameloom.features.patches import grid_size
from frameloom.frame import Frame
from frameloom.media.reading.source import open_source
from frameloom.models.encoders.hog import HOGCells
from frameloom.results.inspection import Finding, InspectedFrame
from frameloom.similarity.findings import worst_of
from frameloom.similarity.inspect import AROUND, inspect_frames
from frameloom.similarity.kept_judgements import judged_from
from inspected_clips import SIZE, STEP, bent, findings, frames_of, judged, pan


def test_a_clip_without_faults_has_none() -> None:
    assert findings(pan()) == []


def test_times_are_those_of_the_frames() -> None:
    times = [Fraction(index * index, 7) for index in range(10)]
    assert [one.frame.time for one in judged(pan(10), times)] == times


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips_are_judged(count: int) -> None:
    rows = [one.frame for one in judged(pan(count))]
    assert len(rows) == count
    assert rows[0].to_previous is None
    assert rows[-1].to_next is None
    assert [row.to_midpoint is None for row in rows] == [index in (0, count - 1) for index in range(count)]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 3), (35, 77), (67, 701)])
def test_any_size_is_judged(size: tuple[int, int]) -> None:
    assert len(judged([moving_square(index, size) for index in range(6)])) == 6


def test_distances_are_of_the_right_frames() -> None:
    clip = pan(6)
    clip[3] = cv2.flip(clip[3], 0)
    rows = [one.frame for one in judged(clip)]
    assert rows[2].to_next == rows[3].to_previous
    assert min(rows[3].to_previous or 0, rows[3].to_next or 0) > 2 * max(
        rows[1].to_previous or 0, rows[5].to_previous or 0
    )


def test_only_a_bounded_number_of_frames_is_held() -> None:
    read = 0

    def counted() -> Iterator[Frame]:
        nonlocal read
        for index, frame in enumerate(frames_of([moving_square(0)] * 100)):
            read = index + 1
            yield frame

    encoder = HOGCells()
    for index, one in enumerate(inspect_frames(counted(), encoder, grid=(4, 4), size=(48, 64))):
        assert one.frame.index == index
        assert read - index <= LOOKAHEAD + AROUND + 2
    assert LOOKBACK + LOOKAHEAD + 2 * AROUND < 30


def test_judgements_from_any_frame_on_are_those_of_a_whole_pass(tmp_path: Path) -> None:
    images = pan(44, speed=3)
    images[16] = np.rint(images[16] * 0.9).astype(np.uint8)
    images[20][70:] = images[19][70:]
    images[25] = images[24]
    images[30] = bent(images[30], 3)
    for index, image in enumerate(images):
        write_png(tmp_path / "frames" / f"{index:05}.png", image)
    source, encoder = open_source(tmp_path / "frames"), HOGCells()
    grid = grid_size(encoder, SIZE)
    whole = list(judged_from(source, encoder, grid, 0))
    assert {finding.frame for one in whole for finding in one.findings} >= {16, 20, 25, 30}
    for first in (17, 21, 31):
        rest = list(judged_from(source, encoder, grid, first))
        assert [(one.frame, one.findings) for one in rest] == [(one.frame, one.findings) for one in whole[first:]]


def test_the_worst_are_the_strongest_faults_each_frame_once() -> None:
    def finding(frame: int, kind: str, strength: float) -> Finding:
        return Finding(frame=frame, time=frame * STEP, kind=kind, strength=strength, reason="")  # type: ignore[arg-type]

    found = [finding(1, "flicker", 2), finding(2, "cut", 9), finding(3, "jump", 3), finding(3, "tearing", 4)]
    assert [(one.frame, one.kind) for one in worst_of(found, 5)] == [(3, "tearing"), (1, "flicker")]
    assert len(worst_of(found, 1)) == 1


def test_a_frame_says_what_it_is() -> None:
    frame: InspectedFrame = judged(pan(3))[1].frame
    assert frame.to_dict()["time"] == "1/25"
    assert 0 < frame.brightness < 1
