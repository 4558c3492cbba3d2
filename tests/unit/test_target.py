"""Outputs appear whole or not at all, and never over what is not theirs."""

import os
from pathlib import Path

import pytest

from factories import moving_square, write_png
from frameloom.errors import CannotWrite, FrameloomError, InputError, OutputExists
from frameloom.media.writing.target import check_output, staged_file, staged_folder


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_done(tmp_path: Path) -> None:
    output = tmp_path / "deep" / "down" / "a.mp4"
    with staged_file(output, overwrite=True) as working:
        working.write_text("new")
        assert working.name.startswith(".")
        assert working.suffix == ".mp4"
        assert not output.exists()
    assert output.read_text() == "new"
    assert names(output.parent) == ["a.mp4"]
    assert output.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@pytest.mark.parametrize("stage", [staged_file, staged_folder])
def test_after_an_error_nothing_is_left_and_the_old_is_untouched(tmp_path: Path, stage: "callable") -> None:
    output = tmp_path / "out.x"
    if stage is staged_file:
        output.write_text("old")
    else:
        write_png(output / "0.png", moving_square(0))
    with pytest.raises(KeyError), stage(output, overwrite=True) as working:
        (working / "0.png" if stage is staged_folder else working).write_text("half")
        raise KeyError
    assert names(tmp_path) == ["out.x"]
    assert output.read_text() == "old" if stage is staged_file else names(output) == ["0.png"]


def test_a_folder_replaces_an_earlier_result_whole(tmp_path: Path) -> None:
    output = tmp_path / "out"
    for number in range(5):
        write_png(output / f"{number:05d}.png", moving_square(number))
    with staged_folder(output, overwrite=True) as working:
        (working / "00000.png").write_text("new")
    assert names(output) == ["00000.png"]
    assert names(tmp_path) == ["out"]


def test_files_that_came_meanwhile_are_never_deleted(tmp_path: Path) -> None:
    output = tmp_path / "out"
    write_png(output / "00000.png", moving_square(0))
    with pytest.raises(CannotWrite, match=r"thesis\.txt"), staged_folder(output, overwrite=True) as working:
        (working / "00000.png").write_text("new")
        (output / "thesis.txt").write_text("years of work")
    assert (output / "thesis.txt").read_text() == "years of work"
    assert names(tmp_path) == ["out"]


def test_system_errors_name_the_output(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match=r"a\.mp4"), staged_file(tmp_path / "file" / "a.mp4", overwrite=True):
        pytest.fail("there is nothing to write into")
    with pytest.raises(CannotWrite, match="disk is full"), staged_file(tmp_path / "b.mp4", overwrite=True):
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == ["file"]


def test_inputs_are_never_outputs(tmp_path: Path) -> None:
    source = write_png(tmp_path / "a.png", moving_square(0))
    (tmp_path / "link.png").symlink_to(source)
    for same in (source, tmp_path / "." / "a.png", tmp_path / "link.png"):
        with pytest.raises(InputError, match="both input and output"):
            check_output(same, [source], overwrite=True)
    with pytest.raises(InputError, match="inside the input"):
        check_output(tmp_path / "sub" / "out", [tmp_path], overwrite=True)


def test_an_output_folder_that_holds_an_input_is_refused(tmp_path: Path) -> None:
    """Numbered photos look like an earlier result: --overwrite would have deleted them all, the inputs included."""
    photos = [write_png(tmp_path / "photos" / f"{k}.png", moving_square(k)) for k in range(3)]
    with pytest.raises(FrameloomError):
        check_output(tmp_path / "photos", photos[:2], overwrite=True)
    with pytest.raises(FrameloomError):
        check_output(tmp_path, photos[:2], overwrite=True)


def test_an_input_reached_by_a_second_name_is_not_overwritten(tmp_path: Path) -> None:
    source = write_png(tmp_path / "a.png", moving_square(0))
    os.link(source, tmp_path / "b.png")
    check_output(tmp_path / "b.png", [source], overwrite=True)  # replacing a hard link leaves the other name alone
    with staged_file(tmp_path / "b.png", overwrite=True) as working:
        working.write_text("new")
    assert source.stat().st_size > 3


def test_existing_outputs_need_overwrite(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    output.write_text("old")
    with pytest.raises(OutputExists, match="--overwrite"):
        check_output(output, [], overwrite=False)
    check_output(output, [], overwrite=True)
    folder = tmp_path / "out"
    folder.mkdir()
    check_output(folder, [], overwrite=False)  # empty
    write_png(folder / "00000.png", moving_square(0))
    with pytest.raises(OutputExists, match="--overwrite"):
        check_output(folder, [], overwrite=False)
    check_output(folder, [], overwrite=True)


@pytest.mark.parametrize("strange", ["notes.txt", "holiday.png", "12.mp4", ".hidden"])
def test_a_folder_with_foreign_files_is_never_replaced(tmp_path: Path, strange: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / strange).write_text("mine")
    with pytest.raises(CannotWrite, match="not replaced"):
        check_output(tmp_path / "out", [], overwrite=True)


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    """A folder called a.mp4, even with numbered images in it, must not be replaced by a video."""
    write_png(tmp_path / "a.mp4" / "00000.png", moving_square(0))
    with pytest.raises((CannotWrite, OutputExists)):
        check_output(tmp_path / "a.mp4", [], overwrite=False)
    with pytest.raises(CannotWrite), staged_file(tmp_path / "a.mp4", overwrite=True) as working:
        working.write_text("new")
    assert names(tmp_path / "a.mp4") == ["00000.png"]


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExists):
        check_output(tmp_path / "a.mp4", [], overwrite=False)


@pytest.mark.parametrize("stage", [staged_file, staged_folder])
def test_what_another_run_made_meanwhile_is_kept(tmp_path: Path, stage: "callable") -> None:
    output = tmp_path / "out.x"
    with pytest.raises(OutputExists), stage(output, overwrite=False) as working:
        if stage is staged_file:
            working.write_text("ours")
            output.write_text("theirs")
        else:
            (working / "00000.png").write_text("ours")
            write_png(output / "00000.png", moving_square(0))
    assert names(tmp_path) == ["out.x"]
    assert output.is_dir() or output.read_text() == "theirs"
