"""What is asked of a model, what `auto` becomes, and which model takes what."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from any_time_network import tiny_card
from frameloom import memory
from frameloom.errors import InputError, ModelError, RangeError
from frameloom.models.choice import ModelChoice, choose_models
from frameloom.models.settle import check, settle
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime

DIS = catalog.find("dis", "interpolator")
TORCH = Runtime(backend="torch", device="cpu")


@pytest.mark.parametrize(
    "wrong",
    [{"device": "gpu"}, {"precision": "half"}, {"backend": "tensorrt"}, {"scale": 0}, {"scale": 2}, {"iters": 0},
     {"scale": float("nan")}, {"max_memory": 0}],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_its_name(wrong: dict) -> None:
    with pytest.raises(RangeError, match=next(iter(wrong))):
        Runtime(**wrong)


@pytest.mark.parametrize(
    ("words", "size"),
    [("6G", 6 * 2**30), ("800M", 800 * 2**20), ("1.5 GiB", 3 * 2**29), ("4096", 4096), (7, 7), ("2gb", 2**31)],
)
def test_memory_is_read_as_people_write_it(words: str | int, size: int) -> None:
    assert memory.bytes_of(words) == size
    assert memory.bytes_of(None) is None


@pytest.mark.parametrize("words", ["", "much", "6X", "-1G", "0"])
def test_memory_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(RangeError, match="6G"):
        memory.bytes_of(words)


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CONTAINER_LIMITS", (limit, tmp_path / "missing"))
    machine = memory.total_memory()
    limit.write_text("1048576\n")
    assert memory.total_memory() == 1048576
    limit.write_text("max\n")
    assert memory.total_memory() == machine > 2**27


def test_everything_is_settled_and_settling_again_changes_nothing(tmp_path: Path) -> None:
    card = tiny_card(tmp_path, "DR")
    settled = settle(card, TORCH, (480, 854))
    assert settled.settled
    assert (settled.iters, settled.precision, settled.tile, settled.batch) == (2, "float32", None, 4)
    assert settle(card, settled, (480, 854)) == settled


def test_tiles_and_batches_follow_from_memory(tmp_path: Path) -> None:
    card = tiny_card(tmp_path, "D")
    pixels = 480 * 854
    roomy = settle(card, replace(TORCH, max_memory=100 * pixels * 9), (480, 854))
    tight = settle(card, replace(TORCH, max_memory=100 * pixels * 2), (480, 854))
    short = settle(card, replace(TORCH, max_memory=100 * pixels // 2), (480, 854))
    assert (roomy.tile, roomy.batch) == (None, 4)
    assert (tight.tile, tight.batch) == (None, 2)
    assert short.tile is not None
    assert short.tile[0] * short.tile[1] * 100 <= 100 * pixels // 2
    assert short.batch == 1


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no mps device here; usable: .*cpu"):
        settle(tiny_card(tmp_path), Runtime(device="mps"), (8, 8))


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"checkpoint": Path("x.pth")}, "--checkpoint"), ({"backend": "torch"}, "--backend"), ({"scale": 0.5}, "--scale"),
     ({"max_memory": 5, "iters": 2}, "--max-memory, --iters"), ({"device": "cuda"}, "--device")],
    ids=str,
)  # fmt: skip
def test_a_model_without_weights_refuses_what_it_cannot_honour(asked: dict, words: str) -> None:
    with pytest.raises(InputError, match=f"dis has no weights and is not a network: it takes no {words}"):
        ModelChoice(DIS, Runtime(**asked)).load()


def test_compiled_backends_are_for_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    with pytest.raises(InputError, match="openvino runs on the CPU, not on cuda"):
        check(tiny_card(tmp_path), Runtime(backend="openvino", device="cuda"))
    check(tiny_card(tmp_path), Runtime(backend="openvino"))  # auto is then the CPU


def test_a_model_without_weights_takes_what_it_does_anyway() -> None:
    assert ModelChoice(DIS, Runtime(device="cpu", precision="float32")).load()


def test_a_choice_travels_and_says_what_its_frames_depend_on(tmp_path: Path) -> None:
    card = tiny_card(tmp_path, "DR")
    choice = ModelChoice(card, replace(TORCH, checkpoint=tmp_path / "tiny.safetensors"))
    assert pickle.loads(pickle.dumps(choice)) == choice
    settled = choice.settled((480, 854))
    assert settled.settings["backend"] == "torch"
    before = settled.identity()
    other = ModelChoice(card, replace(choice.runtime, iters=3)).settled((480, 854))
    assert other.identity() != before
    tiny_card(tmp_path, "D")  # another file of that name
    assert settled.identity() != before
    assert ModelChoice(DIS, Runtime()).settled((480, 854)).settings == {}


def test_several_models_each_get_their_own_checkpoint(tmp_path: Path) -> None:
    one, two = tiny_card(tmp_path, "D"), tiny_card(tmp_path, "DR")
    chosen = choose_models([DIS, one, two], replace(TORCH, iters=3), ["tiny.d=a.pth", "TINY.DR=b.pth"])
    assert [choice.runtime.checkpoint for choice in chosen] == [None, Path("a.pth"), Path("b.pth")]
    assert [choice.runtime.iters for choice in chosen] == [None, None, 3]
    assert chosen[0].runtime == Runtime()
    (alone,) = choose_models([one], TORCH, "folder/c.pth")
    assert alone.runtime.checkpoint == Path("folder/c.pth")
    with pytest.raises(InputError, match="NAME=FILE"):
        choose_models([one, two], TORCH, "c.pth")
    with pytest.raises(InputError, match=r"tiny\.d, tiny\.dr"):
        choose_models([one, two], TORCH, ["nobody=c.pth", "tiny.d=a.pth"])
