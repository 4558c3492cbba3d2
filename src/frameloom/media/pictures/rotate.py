"""Pictures that were filmed sideways, turned upright without leaving their pixel format."""

from fractions import Fraction

import av
import av.filter

# degrees counter-clockwise that a player would turn the picture -> filters that do the same
_FILTERS = {90: (("transpose", "cclock"),), -90: (("transpose", "clock"),), 180: (("hflip", ""), ("vflip", ""))}


class Turner:
    """Turns the pictures of one stream by the rotation it is tagged with; other angles than quarters are left alone."""

    def __init__(self, rotation: int) -> None:
        self._angle = 180 if abs(rotation) == 180 else rotation
        self._graph: av.filter.Graph | None = None

    def turned_aspect(self, aspect: Fraction | None) -> Fraction:
        """Sample aspect ratio, width to height, once turned."""
        known = Fraction(aspect) if aspect else Fraction(1)
        return 1 / known if self._angle in (90, -90) else known

    def __call__(self, picture: av.VideoFrame) -> av.VideoFrame:
        """The picture upright, in the same pixel format, with the same colour tags."""
        steps = _FILTERS.get(self._angle)
        if steps is None:
            return picture
        if self._graph is None:
            self._graph = _graph(picture, steps)
        self._graph.vpush(picture)
        return self._graph.vpull()


def _graph(picture: av.VideoFrame, steps: tuple[tuple[str, str], ...]) -> av.filter.Graph:
    graph = av.filter.Graph()
    previous = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    for name, arguments in steps:
        following = graph.add(name, arguments)
        previous.link_to(following)
        previous = following
    previous.link_to(graph.add("buffersink"))
    graph.configure()
    return graph
