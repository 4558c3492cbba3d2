"""Interpolators that other programs offer, for comparison: ffmpeg's `minterpolate` run in process through PyAV."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import av
import av.error
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

# The motion-compensated modes of minterpolate worth comparing with; `scd=none` because a cut detector that fires
# would repeat a frame, which is never the better answer on pairs chosen to have motion.
MODES: Mapping[str, str] = MappingProxyType(
    {
        "bidir+aobmc+vsbmc": "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1",
        "bilat+aobmc": "mi_mode=mci:mc_mode=aobmc:me_mode=bilat",
        "bilat+obmc": "mi_mode=mci:mc_mode=obmc:me_mode=bilat",
    }
)
_REPEATS = 3  # minterpolate looks at four neighbouring frames, so the pair is fed as a,a,a,c,c,c
_RATE = 10  # input frames per second; only the ratio to the output rate matters


def minterpolate(
    first: NDArray[np.uint8], last: NDArray[np.uint8], *, count: int, mode: str = "bidir+aobmc+vsbmc"
) -> list[NDArray[np.uint8]]:
    """Every frame that ffmpeg's minterpolate makes of a pair at `count + 1` times the rate.

    Args:
        first, last: (height, width, 3) uint8 RGB.
        count: frames wanted between the two; 1 is 2x, 3 is 4x, 7 is 8x.
        mode: a key of `MODES`.

    Returns:
        The filter's outputs in order, (height, width, 3) uint8 RGB. There are more than `count`: the repeated inputs
        are among them, and the filter's own delay differs between versions. Let a benchmark take, for each true
        frame, the output nearest to it; that favours minterpolate, never the method under test.
    """
    height, width = first.shape[:2]
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("gbrp"), time_base=Fraction(1, _RATE))
    chain: list[Any] = [
        source,
        # 4:4:4 keeps the chroma of the pair whole: minterpolate takes no RGB, and 4:2:0 would cost it PSNR
        graph.add("format", "yuv444p"),
        graph.add("minterpolate", f"fps={_RATE * (count + 1)}:{MODES[mode]}:scd=none"),
        graph.add("buffersink"),
    ]
    for upper, lower in pairwise(chain):
        upper.link_to(lower)
    graph.configure()
    outputs: list[NDArray[np.uint8]] = []
    for index, picture in enumerate([first] * _REPEATS + [last] * _REPEATS):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="gbrp")
        frame.pts = index
        frame.time_base = Fraction(1, _RATE)
        graph.vpush(frame)
        outputs += _pull_all(graph)
    graph.vpush(None)
    return outputs + _pull_all(graph)


def _pull_all(graph: Graph) -> list[NDArray[np.uint8]]:
    """Every frame the filter graph has ready, as (height, width, 3) uint8 RGB."""
    frames: list[NDArray[np.uint8]] = []
    while True:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return frames
        frames.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
