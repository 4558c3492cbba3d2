"""One run at a time has a working folder; it goes, or it is kept for the next run."""

import multiprocessing
from pathlib import Path

import pytest

from frameloom.errors import CannotWrite, DecodeError
from frameloom.media.writing.workspace import Workspace


def test_it_is_hidden_beside_the_output_and_gone_at_the_end(tmp_path: Path) -> None:
    with Workspace(tmp_path / "deep" / "a.mp4") as workspace:
        assert workspace.path == tmp_path / "deep" / ".a.mp4.frameloom"
        (workspace.path / "x").write_text("x")
        assert [entry.name for entry in workspace.entries()] == ["x"]
    assert list((tmp_path / "deep").iterdir()) == []


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_after_an_error_it_stays_only_where_there_is_something_to_go_on_from(
    tmp_path: Path, keep: bool, kind: type[BaseException]
) -> None:
    with pytest.raises(kind) as caught, Workspace(tmp_path / "a.mp4") as workspace:
        workspace.keep = keep
        raise kind
    assert (tmp_path / ".a.mp4.frameloom").exists() == keep
    notes = getattr(caught.value, "__notes__", [])
    assert ("run the same command again to go on" in notes) == keep
    with Workspace(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_the_same_command_would_meet_again_does_not_ask_for_it(tmp_path: Path) -> None:
    """Damage in the input once ended with "run the same command again to go on"."""
    with pytest.raises(DecodeError) as caught, Workspace(tmp_path / "a.mp4") as workspace:
        workspace.keep = True
        raise DecodeError("add --on-error skip")
    assert caught.value.__notes__ == ["what is finished is kept for the next run"]


def _hold(output: Path, entered: "multiprocessing.Event", leave: "multiprocessing.Event") -> None:
    with Workspace(output):
        entered.set()
        leave.wait(30)


def test_another_process_is_refused_and_a_dead_one_is_not_in_the_way(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    entered, leave = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "a.mp4", entered, leave))
    process.start()
    assert entered.wait(30)
    with pytest.raises(CannotWrite, match=r"a\.mp4 is being made by another run"), Workspace(tmp_path / "a.mp4"):
        pass
    process.kill()
    process.join()
    with Workspace(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_names_as_long_as_a_file_system_takes(tmp_path: Path) -> None:
    names = ["é" * 120 + ".mp4", "é" * 120 + "x.mp4", "日" * 80 + ".mkv"]
    paths = {Workspace(tmp_path / name).path for name in names}
    assert len(paths) == 3
    for name in names:
        with Workspace(tmp_path / name) as workspace:
            assert workspace.path.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match=r"a\.mp4"), Workspace(tmp_path / "file" / "a.mp4"):
        pass
