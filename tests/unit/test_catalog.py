"""Models by name: near misses, double names, plug-ins good and broken."""

import pickle
from collections.abc import Callable

import pytest

import frameloom.catalog
from frameloom.catalog import Catalog, ModelCard
from frameloom.errors import InputError, ModelError, UnknownModel
from frameloom.models.interpolators.blend import Blend
from frameloom.models.zoo import CARDS

BLEND = "frameloom.models.interpolators.blend:Blend"


def card(name: str = "mine", role: str = "interpolator", build: str = BLEND) -> ModelCard:
    return ModelCard(name=name, role=role, build=build)


class Entry:
    """An entry point as importlib.metadata hands it out."""

    def __init__(self, name: str, load: Callable[[], object]) -> None:
        self.name, self.load = name, load


@pytest.fixture
def with_plugins(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Catalog]:
    def make(*entries: Entry) -> Catalog:
        def found(group: str) -> tuple[Entry, ...]:
            return entries if group == "frameloom.models" else ()

        monkeypatch.setattr(frameloom.catalog, "entry_points", found)
        return Catalog(CARDS)

    return make


def test_a_card_is_found_whatever_its_case_and_built() -> None:
    catalog = Catalog([card("Mine")])
    assert catalog.find("MINE", "interpolator").build == BLEND
    assert isinstance(catalog.build("mine", "interpolator"), Blend)


def test_near_names_are_offered() -> None:
    with pytest.raises(UnknownModel, match="did you mean blend") as caught:
        Catalog(CARDS).find("blnd", "interpolator")
    assert caught.value.close_names == ("blend",)


def test_without_a_near_name_all_are_listed() -> None:
    with pytest.raises(UnknownModel, match=r"there are: .*blend, dis") as caught:
        Catalog(CARDS).find("zzzzzzzzzz", "interpolator")
    assert caught.value.close_names == ()


def test_a_name_is_taken_once_per_role() -> None:
    catalog = Catalog([card()])
    catalog.add(card())  # the same card again is no conflict
    catalog.add(card(role="flow"))
    with pytest.raises(ModelError, match="taken"):
        catalog.add(card(build="other:Thing"))
    with pytest.raises(ModelError, match="taken"):
        catalog.add(card("MINE", build="other:Thing"))


@pytest.mark.parametrize("build", ["nothing.here:Thing", "frameloom.models.interpolators.blend:Missing"])
def test_a_card_that_cannot_be_built_says_from_what(build: str) -> None:
    with pytest.raises(ModelError, match=build):
        Catalog([card(build=build)]).build("mine", "interpolator")


def test_a_card_without_a_constructor_is_refused() -> None:
    with pytest.raises(ModelError, match="package\\.module:Name"):
        Catalog([card(build="no_colon")])


def test_plugins_bring_one_card_or_several(with_plugins: Callable[..., Catalog]) -> None:
    catalog = with_plugins(Entry("one", lambda: card("one")), Entry("two", lambda: [card("two"), card("three")]))
    names = [item.name for item in catalog.cards("interpolator")]
    built_in = [item.name for item in CARDS if item.role == "interpolator"]
    assert names == sorted([*built_in, "one", "two", "three"])
    assert catalog.broken_plugins == {}


def test_a_broken_plugin_is_remembered_and_breaks_nothing(with_plugins: Callable[..., Catalog]) -> None:
    def broken() -> object:
        raise ImportError("no such library")

    catalog = with_plugins(
        Entry("broken", broken),
        Entry("rude", lambda: card("dis")),
        Entry("wrong", lambda: 5),
        Entry("good", lambda: card()),
    )
    assert catalog.find("mine", "interpolator").name == "mine"
    assert catalog.find("dis", "interpolator") in CARDS
    assert set(catalog.broken_plugins) == {"broken", "rude", "wrong"}
    assert "no such library" in catalog.broken_plugins["broken"]


def test_plugins_are_read_once_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    monkeypatch.setattr(frameloom.catalog, "entry_points", lambda group: reads.append(group) or ())
    catalog = Catalog(CARDS)
    assert reads == []
    catalog.cards("interpolator")
    catalog.find("dis", "interpolator")
    assert reads == ["frameloom.models"]


def test_a_model_that_needs_flow_is_found_with_what_gives_it() -> None:
    catalog = Catalog(CARDS)
    usual = catalog.find("pervfi", "interpolator")
    assert (usual.name, usual.own_name, usual.estimator.name) == ("raft+pervfi", "pervfi", "raft")
    assert usual == catalog.find("RAFT+PerVFI", "interpolator") == catalog.find("pervfi", "interpolator", flow="Raft")
    assert catalog.find("pervfi-vb", "interpolator", flow="gma") == catalog.find("gma+PerVFI/vb", "interpolator")
    assert "pervfi" in usual.names, "a checkpoint may be given by that name"
    catalog.add(card("mine", role="flow"))
    mine = catalog.find("mine+pervfi", "interpolator")
    assert pickle.loads(pickle.dumps(mine)) == mine, "workers that know no such name get the card itself"
    with pytest.raises(InputError, match="leave out one of the two"):
        catalog.find("raft+pervfi", "interpolator", flow="mine")


def test_a_name_cannot_hold_what_joins_two() -> None:
    with pytest.raises(ModelError, match=r"'a\+b' holds '\+'"):
        Catalog([card("a+b")])
