"""Checkpoints as they are laid out, wrapped and stored in practice: found, read, told apart, loaded and converted."""

import json
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn, serialization

from frameloom.catalog import Catalog, Checkpoint
from frameloom.checkpoints.conversion import convert_checkpoint
from frameloom.checkpoints.identification import identify, layout, shapes_of
from frameloom.checkpoints.loading import differences, load_strictly
from frameloom.checkpoints.locations import find_checkpoint, place_of
from frameloom.checkpoints.weights import read_checkpoint, read_weights
from frameloom.errors import InputError, ModelError, OutputExists
from frameloom.models.zoo import catalog
from tiny_network import CARDS, Tiny, card, state

MANIFEST = json.loads((Path(__file__).parents[1] / "golden" / "interpany" / "manifest.json").read_text("utf-8"))
OFFICIAL = [name for name in MANIFEST if name != "_about"]


def official_state(model: str) -> dict[str, torch.Tensor]:
    """The keys and shapes of an official checkpoint; each weight is one number, so that files are small."""
    keys = MANIFEST[model]["keys"]
    return {key: torch.tensor(float(count)).expand(shape) for count, (key, shape) in enumerate(keys.items(), start=1)}


def prefixed(tensors: dict[str, torch.Tensor], prefix: str = "module.") -> dict[str, torch.Tensor]:
    return OrderedDict((prefix + key, value) for key, value in tensors.items())


def optimizer_state(tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    """AdamW's, with a learning rate computed by NumPy."""
    weight = nn.Parameter(next(iter(tensors.values())).clone())
    optimizer = torch.optim.AdamW([weight], lr=1e-4)
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = np.float64(3e-4) * np.cos(np.float64(0.1))
    return optimizer.state_dict()


def flat(tensors: dict[str, torch.Tensor]) -> object:
    return OrderedDict(tensors)


def flat_with_prefix(tensors: dict[str, torch.Tensor]) -> object:
    return prefixed(tensors)


def rife(tensors: dict[str, torch.Tensor]) -> object:
    return {"model": prefixed(tensors), "optimizer": optimizer_state(tensors), "epoch": 299, "step": np.int64(12345)}


def rife_on_one_device(tensors: dict[str, torch.Tensor]) -> object:
    return {"model": flat(tensors), "optimizer": optimizer_state(tensors), "epoch": 299, "step": 12345}


def amt(tensors: dict[str, torch.Tensor]) -> object:
    return {"epoch": 400, "state_dict": flat(tensors), "optim": optimizer_state(tensors)}


def ema_vfi(tensors: dict[str, torch.Tensor]) -> object:
    kept = {"module.net.blocks.0.attn_mask": torch.zeros(4, 49, 49), "module.net.blocks.0.HW": torch.tensor([96])}
    return OrderedDict([*prefixed(tensors).items(), *kept.items()])


def basicsr(tensors: dict[str, torch.Tensor]) -> object:
    return {"params": {key: value + 1 for key, value in tensors.items()}, "params_ema": flat(tensors)}


def wrapped_twice(tensors: dict[str, torch.Tensor]) -> object:
    return {"net": {"state_dict": prefixed(tensors, "module._orig_mod.")}, "note": "two wrappers, two prefixes"}


def parameters(tensors: dict[str, torch.Tensor]) -> object:
    return {key: nn.Parameter(value) for key, value in tensors.items()}


WRAPPINGS = [flat, flat_with_prefix, rife, rife_on_one_device, amt, ema_vfi, basicsr, wrapped_twice, parameters]
PUBLISHED = {
    "RIFE-T": (flat_with_prefix,),
    "RIFE": (rife, rife_on_one_device, flat_with_prefix),
    "IFRNet": (amt,),
    "AMT-S": (amt,),
    "EMA-VFI": (ema_vfi,),
}
"""What the official code writes and reads."""


def save(content: object, path: Path, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path, **options)
    return path


def same(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> bool:
    return set(found) == set(wanted) and all(torch.equal(found[key], wanted[key]) for key in wanted)


# Reading


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_every_wrapping_is_taken_off(wrap: Callable, legacy: bool, tmp_path: Path) -> None:
    path = save(wrap(state()), tmp_path / "x.pkl", _use_new_zipfile_serialization=not legacy)
    found = read_weights(path)
    assert same(found.tensors, state())
    assert found.form == ("PyTorch before 1.6" if legacy else "PyTorch")
    assert all(type(tensor) is torch.Tensor and not tensor.requires_grad for tensor in found.tensors.values())


def test_what_was_taken_off_and_left_out_is_told(tmp_path: Path) -> None:
    found = read_weights(save(wrapped_twice(state()), tmp_path / "x.pkl"))
    assert (found.wrapper, found.prefix) == ("net.state_dict", "module._orig_mod.")
    found = read_weights(save(ema_vfi(state()), tmp_path / "y.pkl"))
    assert (found.wrapper, found.prefix) == ("", "module.")
    assert {name.rpartition(".")[2]: bool(reason) for name, reason in found.dropped.items()} == {
        "attn_mask": True,
        "HW": True,
    }


@pytest.mark.parametrize("new_name", [False, True], ids=["NumPy 1", "NumPy 2"])
@pytest.mark.parametrize("kind", ["f8", ">f8", "f4", "i8", "b1", "u2"])
def test_numpy_numbers_beside_the_weights_do_not_stand_in_the_way(
    new_name: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the name that NumPy 1 wrote and the one that NumPy 2 writes."""
    written = _pickled_as(monkeypatch, "numpy._core.multiarray" if new_name else "numpy.core.multiarray")
    content = {"model": state(), "optimizer": {"lr": np.array(1, kind)[()].astype(kind)}}
    path = save(content, tmp_path / "x.pkl", pickle_module=written)
    assert same(read_checkpoint(path), state())
    if not new_name:
        assert b"numpy.core.multiarray" in path.read_bytes()


def _pickled_as(monkeypatch: pytest.MonkeyPatch, module: str) -> Any:
    """A `pickle` that writes NumPy's scalars under a module of that name."""

    class Pickler(pickle._Pickler):
        def save_global(self, obj: object, name: str | None = None) -> None:
            if getattr(obj, "__name__", "") == "scalar":
                self.write(b"c" + f"{module}\nscalar\n".encode())
                self.memoize(obj)
            else:
                super().save_global(obj, name)

    names = {name: getattr(pickle, name) for name in pickle.__all__}
    return type("Module", (), {**names, "__name__": "pickle", "Pickler": Pickler})


def test_tensors_of_another_device_come_to_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serialization, "location_tag", lambda storage: "cuda:3")
    for legacy in (False, True):
        path = save(rife(state()), tmp_path / f"{legacy}.pkl", _use_new_zipfile_serialization=not legacy)
        assert b"cuda:3" in path.read_bytes()
        found = read_checkpoint(path)
        assert same(found, state())
        assert {tensor.device.type for tensor in found.values()} == {"cpu"}


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(kind: torch.dtype, tmp_path: Path) -> None:
    stored = {key: value.to(kind) for key, value in state().items()}
    for path in (save(rife(stored), tmp_path / "x.pkl"), tmp_path / "x.safetensors"):
        if path.suffix == ".safetensors":
            save_file(stored, path)
        found = read_weights(path)
        assert {tensor.dtype for tensor in found.tensors.values()} == {torch.float32}
        assert found.precisions == (str(kind).removeprefix("torch."),)
        assert same(found.tensors, {key: value.float() for key, value in stored.items()})


def test_a_safetensors_file_is_known_by_its_content(tmp_path: Path) -> None:
    save_file(dict(prefixed(state())), tmp_path / "x.pkl", metadata={"made": "elsewhere"})
    found = read_weights(tmp_path / "x.pkl")
    assert (found.form, found.prefix, found.metadata) == ("safetensors", "module.", {"made": "elsewhere"})
    assert same(found.tensors, state())


# Loading


def test_all_weights_arrive(tmp_path: Path) -> None:
    network = Tiny(reference=False)
    load_strictly(network, state(), name="tiny.d", path=tmp_path / "x")
    assert same(network.state_dict(), state())


def test_what_does_not_fit_is_listed_five_of_a_kind_with_totals(tmp_path: Path) -> None:
    network, before = Tiny(reference=False), Tiny(reference=False).state_dict()
    network.load_state_dict(before)
    wrong = {f"extra.{number}": torch.ones(1) for number in range(12)}
    wrong |= {key: value for key, value in state(reference=True).items() if not key.startswith("tail")}
    with pytest.raises(ModelError) as caught:
        load_strictly(network, wrong, name="tiny.d", path=tmp_path / "x.pkl", known=CARDS)
    message = str(caught.value)
    assert f"{tmp_path / 'x.pkl'} does not fit tiny.d" in message
    assert "2 missing (tail.weight, tail.bias)" in message
    assert "12 unexpected (extra.0, extra.1, extra.2, extra.3, extra.4, ...)" in message
    assert "1 of another shape (head.weight (4, 5, 3, 3) instead of (4, 2, 3, 3))" in message
    assert "\n" not in message
    assert same(network.state_dict(), before), "a network is loaded completely or not at all"


def test_the_checkpoint_of_another_model_is_called_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds the weights of tiny\.tr or tiny\.dr, not of tiny\.d: give --model"):
        load_strictly(Tiny(reference=False), state(reference=True), name="tiny.d", path=tmp_path / "x.pkl", known=CARDS)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(value: float, tmp_path: Path) -> None:
    """Their frames would be black, hours later."""
    broken = state()
    broken["tail.bias"][1] = value
    with pytest.raises(ModelError, match=r"infinity or NaN in 1 weight \(tail\.bias\)"):
        load_strictly(Tiny(reference=False), broken, name="tiny.d", path=tmp_path / "x")


def test_quantised_weights_are_not_taken_for_fractions(tmp_path: Path) -> None:
    quantised = {**state(), "tail.weight": state()["tail.weight"].to(torch.int8)}
    with pytest.raises(ModelError, match=r"of another kind than the network's in 1 weight \(tail\.weight\)"):
        load_strictly(Tiny(reference=False), quantised, name="tiny.d", path=tmp_path / "x")


def test_differences_name_every_kind() -> None:
    assert differences({"a": (1,), "b": (2,)}, {"b": (3,), "c": (1,)}) == (
        "1 missing (a), 1 unexpected (c), 1 of another shape (b (3,) instead of (2,))"
    )


# The official networks


@pytest.mark.parametrize("model", OFFICIAL)
def test_every_official_checkpoint_is_read_recognised_and_loaded(model: str, tmp_path: Path) -> None:
    """As the official code writes them, with all of their keys and shapes."""
    family, variant = model.rsplit("-", 1)
    official = catalog.find(f"{family}.{variant}".lower(), "interpolator")
    wanted = official_state(model)
    network = _network(official)
    for wrap in PUBLISHED.get(model, PUBLISHED[family]):
        path = save(wrap(wanted), tmp_path / wrap.__name__ / official.checkpoint.path)
        found = read_checkpoint(find_checkpoint(official, tmp_path / wrap.__name__))
        assert shapes_of(found) == {key: tuple(shape) for key, shape in MANIFEST[model]["keys"].items()}
        load_strictly(network, found, name=official.name, path=path)
        assert same(network.state_dict(), wanted)
    seen = identify(path, catalog.cards())
    pair = {variant, {"T": "D", "D": "T", "TR": "DR", "DR": "TR"}[variant]}
    assert {f"{family}.{each}".lower() for each in pair} <= set(seen.models)
    assert all(name.startswith(f"{family}.".lower()) for name in seen.models)
    assert seen.parameters == MANIFEST[model]["n_params"]


def _network(official: Any) -> nn.Module:
    with torch.device("meta"):
        network = official.new_network()
    return network.to_empty(device="cpu")


def test_every_card_of_an_any_time_network_is_laid_out_as_its_checkpoint() -> None:
    cards = [item for item in catalog.cards("interpolator") if item.variant]
    assert len(cards) == 19
    for item in cards:
        family, variant = item.name.upper().rsplit(".", 1)
        golden = next(name for name in OFFICIAL if name.upper() == f"{family}-{variant.partition('-')[0]}")
        assert layout(item) == {key: tuple(shape) for key, shape in MANIFEST[golden]["keys"].items()}
        rule = MANIFEST[golden]["pad"]
        assert (item.input.multiple, item.input.place, item.input.fill) == tuple(rule.values())
        first = MANIFEST[golden]["checkpoint"].removeprefix("checkpoints/").partition(" ")[0].replace("[-pro|-vgg]", "")
        named = item.checkpoint.path.replace("-pro", "").replace("-vgg", "")
        assert named == first


# Finding


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("name", ["rife.dr-pro", "ifrnet.t", "amt-s.dr", "ema-vfi.d", "rife.t"])
def test_any_folder_on_the_way_leads_to_the_file(name: str, tmp_path: Path) -> None:
    official = catalog.find(name, "interpolator")
    file = touched(tmp_path / "clone" / "checkpoints" / official.checkpoint.path)
    if file.name == "latest.pth":
        touched(file.parents[1] / f"{official.aliases[1]}.yaml")
        touched(file.with_name("psnr_best.pth"))
    for folder in [file, *file.parents]:
        assert find_checkpoint(official, folder) == file
        if folder == tmp_path / "clone":
            break
    else:
        pytest.fail("the clone itself was not reached")


def test_the_neighbour_of_another_variant_is_not_taken(tmp_path: Path) -> None:
    touched(tmp_path / "checkpoints/RIFE/DR-RIFE/train_sdi_log/flownet_sdi.pkl")
    with pytest.raises(ModelError, match=r"RIFE/DR-RIFE-pro/train_sdi_log/flownet_sdi\.pkl"):
        find_checkpoint(catalog.find("rife.dr-pro", "interpolator"), tmp_path / "checkpoints")


def test_both_names_of_the_folder_of_rife_t_are_known(tmp_path: Path) -> None:
    file = touched(tmp_path / "T-RIFE" / "train_m_log_official" / "flownet_m.pkl")
    assert find_checkpoint(catalog.find("rife.t", "interpolator"), tmp_path / "T-RIFE") == file


def test_a_folder_with_one_file_is_that_file_and_with_several_a_question(tmp_path: Path) -> None:
    file = touched(tmp_path / "mine" / "renamed.pth")
    touched(tmp_path / "mine" / "notes.txt")
    assert find_checkpoint(card(), tmp_path / "mine") == file
    touched(tmp_path / "mine" / "other.safetensors")
    with pytest.raises(ModelError, match=r"several files with weights \(other\.safetensors, renamed\.pth\)"):
        find_checkpoint(card(), tmp_path / "mine")


def test_a_converted_file_goes_before_its_original(tmp_path: Path) -> None:
    original = touched(tmp_path / "RIFE/DR-RIFE/train_sdi_log/flownet_sdi.pkl")
    official = catalog.find("rife.dr", "interpolator")
    assert find_checkpoint(official, tmp_path) == original
    beside = touched(original.with_suffix(".safetensors"))
    assert find_checkpoint(official, tmp_path) == beside
    named = touched(tmp_path / "rife.dr.safetensors")
    assert find_checkpoint(official, tmp_path) == named


def test_without_a_path_the_cache_is_looked_at(cache: Path) -> None:
    with pytest.raises(ModelError) as caught:
        find_checkpoint(card())
    message = str(caught.value)
    for words in ("tiny.d needs Tiny/D-Tiny/train_sdi_log/flownet_sdi.pkl", "licence: MIT", "the authors' page",
                  "--checkpoint", str(cache / "checkpoints" / "Tiny")):  # fmt: skip
        assert words in message
    file = touched(place_of(card()))
    assert find_checkpoint(card()) == file
    converted = touched(cache / "checkpoints" / "tiny.d.safetensors")
    assert find_checkpoint(card()) == converted


def test_a_file_of_several_models_in_the_cache_is_nobodys(cache: Path) -> None:
    touched(cache / "checkpoints" / "flownet_sdi.pkl")
    with pytest.raises(ModelError, match=r"tiny\.d needs"):
        find_checkpoint(card())


def test_a_path_that_is_not_there_is_named_first(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere does not exist; tiny\.d needs"):
        find_checkpoint(card(), tmp_path / "nowhere")


def test_a_path_that_no_file_can_have_is_an_error_of_the_users(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be looked at: File name too long"):
        find_checkpoint(card(), tmp_path / ("x" * 300))


def test_a_model_without_weights_needs_no_checkpoint() -> None:
    with pytest.raises(ModelError, match="'dis' has no weights"):
        find_checkpoint(catalog.find("dis", "interpolator"))


# Identifying and converting


def test_variants_that_share_a_network_are_all_named(tmp_path: Path) -> None:
    seen = identify(save(rife(state()), tmp_path / "x.pkl"), CARDS)
    assert seen.models == ("tiny.t", "tiny.d")
    assert (seen.wrapper, seen.prefix, seen.form, seen.tensors) == ("model", "module.", "PyTorch", 4)
    assert identify(save(flat(state(reference=True)), tmp_path / "y.pkl"), CARDS).models == ("tiny.tr", "tiny.dr")


def test_of_an_unknown_file_is_told_what_is_known(tmp_path: Path) -> None:
    nearly = {**state(), "tail.bias": torch.zeros(7), "new": torch.zeros(2, 2)}
    seen = identify(save(amt(nearly), tmp_path / "x.pkl"), CARDS)
    assert seen.models == ()
    assert seen.nearest == "tiny.t or tiny.d (3 of 5 weights alike)"
    assert (seen.wrapper, seen.tensors, seen.parameters) == ("state_dict", 5, 4 * 2 * 9 + 4 + 12 + 7 + 4)
    assert seen.first_keys[0] == "head.weight (4, 2, 3, 3)"
    strange = identify(save({"strange": torch.zeros(1)}, tmp_path / "y.pkl"), CARDS)
    assert (strange.models, strange.nearest) == ((), "")


def test_a_network_that_cannot_be_built_does_not_hide_the_others(tmp_path: Path) -> None:
    broken = card("D", name="broken", network="no_such_package:Net", aliases=())
    seen = identify(save(flat(state()), tmp_path / "x.pkl"), [broken, *CARDS])
    assert (seen.models, seen.not_compared) == (("tiny.t", "tiny.d"), ("broken",))


def test_a_converted_file_is_the_same_weights_and_says_whose(tmp_path: Path) -> None:
    source = save(ema_vfi({key: value.half() for key, value in state().items()}), tmp_path / "x.pkl")
    target = tmp_path / "new" / "x.safetensors"
    made = convert_checkpoint(source, target, known=CARDS)
    assert (made.models, made.tensors, len(made.dropped)) == (("tiny.t", "tiny.d"), 4, 2)
    with safe_open(target, framework="pt") as file:
        assert file.metadata() == {
            "network": "tiny_network:Tiny",
            "models": "tiny.t tiny.d",
            "source_sha256": made.source_sha256,
        }
    assert same(read_checkpoint(target), state())
    assert identify(target, CARDS).models == made.models
    assert list(target.parent.iterdir()) == [target], "nothing half-written is left"


def test_conversion_overwrites_only_when_told_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    source, target = save(flat(state()), tmp_path / "x.pkl"), tmp_path / "x.safetensors"
    convert_checkpoint(source, target, known=CARDS)
    before = target.read_bytes()
    with pytest.raises(OutputExists, match="--overwrite"):
        convert_checkpoint(source, target, known=CARDS)
    assert target.read_bytes() == before
    convert_checkpoint(target, target, known=CARDS, overwrite=True)
    assert same(read_checkpoint(target), state())
    with pytest.raises(InputError, match=r"does not end in \.safetensors"):
        convert_checkpoint(source, tmp_path / "x.pth", known=CARDS)
    unknown = save({**state(), "new": torch.zeros(2)}, tmp_path / "unknown.pkl")
    with pytest.raises(ModelError, match=r"no known network: 5 tensors.*nearest is tiny\.t or tiny\.d"):
        convert_checkpoint(unknown, tmp_path / "unknown.safetensors", known=CARDS)
    assert not (tmp_path / "unknown.safetensors").exists()


# The catalog


def test_names_and_aliases_are_found_whatever_their_case() -> None:
    for name in ("RIFE/DR-RIFE-pro", "rife/dr-rife-PRO", "DR-RIFE-pro", "RIFE.DR-Pro"):
        assert catalog.find(name, "interpolator").name == "rife.dr-pro"
    with pytest.raises(ModelError, match="did you mean DR-RIFE-pro"):
        catalog.find("DR-RIFE-por", "interpolator")


def test_an_alias_is_a_name_and_taken_once() -> None:
    one = Catalog([card()])
    with pytest.raises(ModelError, match="'tiny/d-tiny' is taken"):
        one.add(card("DR", name="other", aliases=("new", "Tiny/D-Tiny")))
    assert [item.name for item in one.cards("interpolator")] == ["tiny.d"]
    with pytest.raises(ModelError):
        one.find("new", "interpolator")


def _all_cards() -> Iterator[Checkpoint]:
    return (item.checkpoint for item in catalog.cards() if item.checkpoint)


def test_every_checkpoint_says_where_it_comes_from_and_on_what_terms() -> None:
    assert len({checkpoint.path for checkpoint in _all_cards()}) == 43
    for checkpoint in _all_cards():
        assert checkpoint.licence
        assert "https://" in checkpoint.source
