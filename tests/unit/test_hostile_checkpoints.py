"""Files that should not be read: with code in them, cut off, or something else altogether. Nothing in them is run."""

import collections
import contextlib
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import serialization

from frameloom.checkpoints.weights import read_checkpoint
from frameloom.errors import ModelError
from tiny_network import state

Save = Callable[[object, Path], None]


class Command:
    """Runs a command when it is unpickled by someone careless."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.call


def save_zip(content: object, path: Path) -> None:
    torch.save(content, path)


def save_legacy(content: object, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def save_bare(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=4))


def save_oldest(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=0))


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that appears if a command in a checkpoint is run."""
    return tmp_path / "was-run"


def refused(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert "weights_only" not in message, "no advice to switch the guard off"
    return message


@pytest.mark.parametrize("save", [save_zip, save_legacy, save_bare, save_oldest])
@pytest.mark.parametrize("place", ["alone", "among the weights", "in the optimizer's state", "after the weights"])
def test_a_command_is_named_and_not_run(save: Save, place: str, tmp_path: Path, marker: Path) -> None:
    command = Command(os.system, f"touch {marker}")
    weights = {} if save in (save_bare, save_oldest) else state()
    content = {
        "alone": command,
        "among the weights": {**weights, "head.weight": command},
        "in the optimizer's state": {"model": weights, "optimizer": {"param_groups": [{"lr": command}]}},
        "after the weights": collections.OrderedDict([*weights.items(), ("x", [{"deep": (command,)}])]),
    }[place]
    path = tmp_path / "flownet.pkl"
    save(content, path)
    assert "tried to import os.system" in refused(path)
    assert not marker.exists()


def test_the_command_would_have_been_run_by_a_careless_reader(tmp_path: Path, marker: Path) -> None:
    """That the tests above can fail."""
    save_bare(Command(os.system, f"touch {marker}"), tmp_path / "flownet.pkl")
    pickle.loads((tmp_path / "flownet.pkl").read_bytes())
    assert marker.exists()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Command(eval, "1"), "builtins.eval"),
        (Command(__import__, "os"), "builtins.__import__"),
        (Command(open, "x", "w"), "io.open"),
        (Command(np.load, "x"), "numpy.load"),
        (Command(torch.load, "x"), "torch.load"),
        (Command(pickle.loads, b""), "pickle.loads"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_is_imported_is_named(command: Command, name: str, tmp_path: Path) -> None:
    save_zip({"model": state(), "optimizer": command}, tmp_path / "flownet.pkl")
    found = refused(tmp_path / "flownet.pkl")
    assert name.rpartition(".")[2] in found
    assert "tried to import" in found


def test_a_whole_network_is_refused_by_the_name_of_its_class(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "net.pth")
    assert "tried to import torch.nn.modules.linear.Linear" in refused(tmp_path / "net.pth")


def test_arrays_are_not_let_through_with_the_numbers(tmp_path: Path) -> None:
    torch.save({"model": state(), "optimizer": np.zeros(3)}, tmp_path / "net.pth")
    assert "_reconstruct" in refused(tmp_path / "net.pth")


@pytest.mark.parametrize(
    "kind", [np.dtype("O"), np.dtype("V8"), np.dtype([("a", "f8")]), np.dtype("S4"), np.dtype("datetime64[s]")], ids=str
)
def test_numbers_with_another_layout_in_memory_are_refused(kind: np.dtype, tmp_path: Path) -> None:
    """NumPy would believe a layout that a file makes up, pointers included."""
    scalar = Command(np._core.multiarray.scalar, kind, b"\x01" * 8)
    torch.save({"model": state(), "optimizer": scalar}, tmp_path / "net.pth")
    refused(tmp_path / "net.pth")


def test_a_number_type_cannot_be_given_fields(tmp_path: Path) -> None:
    made = io.BytesIO()
    made.write(b"\x80\x02cnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88tR")
    made.write(b"(K\x03X\x01\x00\x00\x00<N(X\x01\x00\x00\x00at}K\x10K\x08K?tb.")
    entries = {"archive/data.pkl": made.getvalue(), "archive/version": b"3\n", "archive/byteorder": b"little"}
    with zipfile.ZipFile(tmp_path / "net.pth", "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    assert "not that of a number" in refused(tmp_path / "net.pth")


def leave_mark(path: str) -> None:
    Path(path).touch()


def test_what_other_code_allows_itself_is_not_allowed_here(tmp_path: Path, marker: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({"model": state(), "extra": Command(leave_mark, str(marker))}, path)
    with serialization.safe_globals([leave_mark]):
        assert "leave_mark" in refused(path)
        assert not marker.exists()
        assert leave_mark in serialization.get_safe_globals(), "and is given back"
        torch.load(path, weights_only=True)
    assert marker.exists(), "or the test could not fail"


@pytest.mark.parametrize("save", [save_zip, save_legacy, lambda content, path: save_file(content, path)],
                         ids=["zip", "legacy", "safetensors"])  # fmt: skip
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.95, 0.999])
def test_what_is_cut_off_is_told(save: Save, share: float, tmp_path: Path) -> None:
    save(state(), tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    path = tmp_path / "flownet.pkl"
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refused(path)
    assert any(word in message for word in ("empty", "cut off", "no checkpoint", "text"))


@pytest.mark.parametrize("save", [save_zip, save_legacy], ids=["zip", "legacy"])
def test_damage_anywhere_is_an_error_or_harmless(save: Save, tmp_path: Path) -> None:
    """Every 7th byte is turned in its turn: one clear line, or weights; never another error."""
    save({"w": torch.ones(3)}, tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    path = tmp_path / "flownet.pkl"
    messages = []
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with contextlib.suppress(ModelError):
            read_checkpoint(path)
            continue
        messages.append(refused(path))
    assert len(messages) > 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning", "web page"),
        (b"  \n<html>quota exceeded</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        (b"Not Found", "is text, not weights: 'Not Found"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no checkpoint"),
        (bytes(range(1, 200)), "no checkpoint"),
        (bytes(1000), "no checkpoint"),
    ],
    ids=["empty", "page", "page with space", "lfs", "text", "png", "bytes", "zeros"],
)
def test_other_files_are_called_what_they_are(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "flownet.pkl"
    path.write_bytes(content)
    assert words in refused(path)


def test_a_zip_of_something_else_is_to_be_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "drive-download.zip", "w") as archive:
        archive.writestr("DR-RIFE-pro/train_sdi_log/flownet_sdi.pkl", b"x")
    assert "unpack it" in refused(tmp_path / "drive-download.zip")


def test_a_program_is_not_weights(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        for name in ("net/data.pkl", "net/constants.pkl", "net/code/__torch__.py"):
            archive.writestr(name, b"x")
    assert "TorchScript" in refused(tmp_path / "net.pt")


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    assert "cannot be opened" in refused(tmp_path)
    assert "cannot be opened" in refused(tmp_path / "missing.pkl")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"epoch": 3, "generator": {"w": torch.ones(1)}}, "there is epoch, generator"),
        ({}, "nothing in it"),
        ([torch.ones(2)], "only a list"),
        (torch.ones(2), "only a Tensor"),
        ({"model": {"model": {"model": {"model": {"w": torch.ones(1)}}}}}, "there is model"),
        ({"module.w": torch.ones(1), "w": torch.ones(1)}, "twice, with and without 'module.'"),
        ({"w": torch.ones(2).to_sparse()}, "no plain array"),
        ({"attn_mask": torch.ones(2)}, "holds no weights"),
    ],
)
def test_a_checkpoint_without_weights_says_what_there_is(content: object, words: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "net.pth")
    assert words in refused(tmp_path / "net.pth")
