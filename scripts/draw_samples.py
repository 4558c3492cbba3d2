"""Draw the pictures and the clip that the README's lines use: `python scripts/draw_samples.py samples`."""

import sys
from fractions import Fraction
from pathlib import Path

from frameloom.frame import ArrayPicture, Frame
from frameloom.images import write_image
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.sink import Encoding, sink_for
from frameloom.reports.scene import Scene

HEIGHT, WIDTH, RATE, COUNT = 270, 480, Fraction(12), 24
FIRST, LAST = Fraction(6, 10), Fraction(7, 10)  # seconds into the scene


def main(folder: Path) -> None:
    """Write a.png, b.png and clip.mp4."""
    folder.mkdir(exist_ok=True)
    scene = Scene(HEIGHT, WIDTH)
    write_image(folder / "a.png", scene.frame_at(FIRST))
    write_image(folder / "b.png", scene.frame_at(LAST))
    info = SourceInfo(
        path=folder, kind="folder", size=(HEIGHT, WIDTH), depth=8, frame_count=COUNT, rate=RATE, regular=True,
        tick=1 / RATE, start=Fraction(0), duration=COUNT / RATE,
    )  # fmt: skip
    with sink_for(folder / "clip.mp4", like=info, rate=RATE, unit=1 / RATE, encoding=Encoding(crf=23)) as sink:
        for index in range(COUNT):
            sink.append(Frame(ArrayPicture(scene.frame_at(index / RATE)), index / RATE, 1 / RATE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
