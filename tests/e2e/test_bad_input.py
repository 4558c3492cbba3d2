"""Input that cannot be used: one clear line, exit code 2, nothing left behind."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

import readers
from commands import Command
from factories import Sound, audio_only, clip, image_folder, moving_square, write_png


def header_only(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        output.start_encoding()
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def text(path: Path) -> Path:
    path.write_text("dear diary " * 200)
    return path


def cut_short(path: Path) -> Path:
    """The index of an mp4 lies at its end: without it nothing can be read."""
    clip(path, 20)
    path.write_bytes(path.read_bytes()[:1500])
    return path


def zeros_inside(path: Path) -> Path:
    """All packets wiped out, index intact."""
    clip(path, 20)
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[start:end] = bytes(end - start)
    path.write_bytes(bytes(data))
    return path


def broken_folder(path: Path) -> Path:
    folder = image_folder(path.with_suffix(""), 3)
    (folder / "00001.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    return folder


def mixed_folder(path: Path) -> Path:
    folder = image_folder(path.with_suffix(""), 3)
    write_png(folder / "00002.png", moving_square(0, (20, 30)))
    return folder


def bare_folder(path: Path) -> Path:
    path.with_suffix("").mkdir()
    return path.with_suffix("")


def missing(path: Path) -> Path:
    return path


def text_as_image(path: Path) -> Path:
    return text(path.with_suffix(".png"))


def text_as_gif(path: Path) -> Path:
    return text(path.with_suffix(".gif"))


BAD = [missing, empty, text, audio_only, header_only, cut_short, zeros_inside, broken_folder, mixed_folder, bare_folder,
       text_as_image, text_as_gif]  # fmt: skip


@pytest.mark.parametrize("output", ["out.mp4", "out.gif", "out"])
@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_bad_input_gets_one_line_and_leaves_nothing(
    frameloom: Command, tmp_path: Path, make: Callable[[Path], Path], output: str
) -> None:
    (tmp_path / "in").mkdir()
    source = make(tmp_path / "in" / "walk.mp4")
    target = tmp_path / "made" / output
    target.parent.mkdir()
    line = frameloom("interpolate", source, target, "--model", "blend").refused()
    assert "walk" in line or "00001.png" in line or "00002.png" in line
    assert list(target.parent.iterdir()) == []


def test_a_video_that_breaks_off_is_not_taken_for_whole(frameloom: Command, tmp_path: Path) -> None:
    """Damage in the middle may be skipped by the decoder, but never makes an output without frames or a crash."""
    source = clip(tmp_path / "in.mkv", 40)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    outcome = frameloom("interpolate", source, tmp_path / "out.mp4", "--model", "blend")
    if outcome.code == 0:
        assert 2 < len(readers.times(tmp_path / "out.mp4")) < 80
    else:
        outcome.refused()
        assert not (tmp_path / "out.mp4").exists()


def test_the_traceback_is_shown_only_when_asked_for(frameloom: Command, tmp_path: Path) -> None:
    source = text(tmp_path / "in.mp4")
    assert "Traceback" not in frameloom("interpolate", source, tmp_path / "out.mp4").err
    for flag in ("-v", "--verbose"):
        said = frameloom("interpolate", source, tmp_path / "out.mp4", flag)
        assert said.code == 2
        assert "Traceback" in said.err
        assert said.err.splitlines()[-1].startswith("frameloom: ")


def test_our_own_faults_are_told_apart(frameloom: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr("frameloom.models.interpolators.blend.Blend.between", broken)
    source = clip(tmp_path / "in.mp4", 3)
    said = frameloom("interpolate", source, tmp_path / "out.mp4", "--model", "blend")
    assert said.code == 1
    assert "internal error: ZeroDivisionError: oh no" in said.err
    assert "Traceback" not in said.err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in.mp4"]
    assert "Traceback" in frameloom("interpolate", source, tmp_path / "out.mp4", "--model", "blend", "-v").err


@pytest.mark.parametrize("output", ["out.mp4", "out", "out.gif"])
def test_a_place_that_cannot_be_written(frameloom: Command, tmp_path: Path, output: str) -> None:
    (tmp_path / "file").write_text("in the way")
    source = clip(tmp_path / "in.mp4", 3)
    assert (
        "cannot be written"
        in frameloom("interpolate", source, tmp_path / "file" / output, "--model", "blend").refused()
    )
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "in.mp4"]


@pytest.mark.parametrize("name", ["in.mp4", "./in.mp4", "sub/../in.mp4"])
def test_output_equal_to_input_is_refused_even_with_overwrite(
    frameloom: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    before = clip(tmp_path / "in.mp4", 3).read_bytes()
    assert "both input and output" in frameloom("interpolate", "in.mp4", name, "--overwrite").refused()
    assert (tmp_path / "in.mp4").read_bytes() == before


def test_an_output_inside_the_input_folder_is_refused(frameloom: Command, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 3)
    assert "inside the input" in frameloom("interpolate", folder, folder / "out").refused()
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("command", ["between", "interpolate"])
def test_the_folder_of_the_inputs_is_never_replaced(frameloom: Command, tmp_path: Path, command: str) -> None:
    """`between photos/1.png photos/2.png photos --overwrite` deleted every photo."""
    folder = image_folder(tmp_path / "photos", 5)
    inputs = [folder / "00000.png", folder / "00001.png"][: 2 if command == "between" else 1]
    before = {entry.name: entry.read_bytes() for entry in folder.iterdir()}
    frameloom(command, *inputs, folder, "--model", "blend", "--overwrite").refused()
    assert {entry.name: entry.read_bytes() for entry in folder.iterdir()} == before


def test_a_folder_of_someone_else_is_never_replaced(frameloom: Command, tmp_path: Path) -> None:
    source, output = clip(tmp_path / "in.mp4", 2), tmp_path / "out"
    output.mkdir()
    (output / "thesis.doc").write_text("years of work")
    for options in ([], ["--overwrite"]):
        frameloom("interpolate", source, output, "--model", "blend", *options).refused()
    assert [entry.name for entry in output.iterdir()] == ["thesis.doc"]
    (output / "thesis.doc").unlink()
    frameloom("interpolate", source, output, "--model", "blend").done()
    frameloom("interpolate", source, output, "--model", "blend").refused()
    frameloom("interpolate", source, output, "--model", "blend", "--factor", 1, "--overwrite").done()
    assert sorted(entry.name for entry in output.iterdir()) == ["00000.png", "00001.png"]


def test_a_failed_overwrite_leaves_the_old_output(frameloom: Command, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_bytes(b"old")
    frameloom("interpolate", broken_folder(tmp_path / "f.mp4"), output, "--overwrite", "--model", "blend").refused()
    assert output.read_bytes() == b"old"
    assert readers.hidden_in(tmp_path) == []


@pytest.mark.parametrize("bad", ["missing.png", "text.png", "small.png"])
def test_between_names_the_bad_image(frameloom: Command, tmp_path: Path, bad: str) -> None:
    good = write_png(tmp_path / "good.png", moving_square(0))
    text(tmp_path / "text.png")
    write_png(tmp_path / "small.png", moving_square(0, (20, 30)))
    for pair in ((good, tmp_path / bad), (tmp_path / bad, good)):
        line = frameloom("between", *pair, tmp_path / "out").refused()
        assert bad in line
        assert bad != "small.png" or "good.png" in line
    assert not (tmp_path / "out").exists()


def test_a_changing_picture_size_is_refused_with_the_time(frameloom: Command, tmp_path: Path) -> None:
    """Raw H.264 may change its size midway: two clips in one file."""
    parts = [
        clip(tmp_path / f"{k}.h264", 3, size=size, format="yuv420p") for k, size in enumerate([(48, 64), (32, 40)])
    ]
    (tmp_path / "in.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    assert (
        "changes its size"
        in frameloom("interpolate", tmp_path / "in.h264", tmp_path / "out.mp4", "--model", "blend").refused()
    )
    assert not (tmp_path / "out.mp4").exists()


def test_grey_video_is_read(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mkv", 3, format="gray", codec="ffv1")
    frameloom("interpolate", source, tmp_path / "out", "--model", "blend").done()
    pixels = readers.planes(source)[0][0]
    from frameloom.images import read_image

    written = read_image(tmp_path / "out" / "00000.png")
    assert np.ptp(written.astype(int), axis=2).max() == 0
    assert np.corrcoef(written[..., 0].ravel(), pixels.ravel())[0, 1] > 0.999


def test_a_name_with_a_colon_is_a_file_and_no_protocol(
    frameloom: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given relative to the folder one is in, 12:30.mp4 could not be read: "Protocol not found"."""
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "12-30.mp4", 3, sounds=[Sound(0.12)]).rename(tmp_path / "12:30.mp4")
    said = frameloom("interpolate", "12:30.mp4", "12:31.mp4", "--model", "blend").done()
    assert "with sound" in said.out
