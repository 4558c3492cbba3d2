"""RAFT, RAFT-small, GMA and GMFlow equal the originals: flows both ways as recorded."""

import pytest

from frameloom.checkpoints.identification import layout, shapes_of
from frameloom.models.zoo import catalog
from parity.flow import CASES, MANIFEST, MULTIPLES, NETWORKS, build, difference

TOLERANCE = 1e-4  # pixels; between runs of the originals with other kernels it was 3e-5


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("case", CASES)
def test_flows_both_ways_are_those_of_the_original(name: str, case: str) -> None:
    assert difference(name, case) <= TOLERANCE


@pytest.mark.parametrize("name", NETWORKS)
def test_the_official_checkpoint_would_load_strictly(name: str) -> None:
    """Every key, every shape, every type, and nothing else."""
    state = build(name).state_dict()
    ours = {key: [list(value.shape), str(value.dtype).removeprefix("torch.")] for key, value in state.items()}
    assert ours == {key: [facts["shape"], facts["dtype"]] for key, facts in MANIFEST["models"][name]["keys"].items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_card_leads_to_this_network_and_pads_as_the_original(name: str) -> None:
    card = catalog.find(name, "flow")
    assert layout(card) == shapes_of(build(name).state_dict())
    assert (card.input.multiple, card.input.place, card.input.fill) == (MULTIPLES[name], "centre", "zero")


def test_tables_that_are_built_are_those_of_the_original() -> None:
    table = build("gma").state_dict()["att.pos_emb.rel_ind"]
    assert int(table.sum()) == MANIFEST["models"]["gma"]["keys"]["att.pos_emb.rel_ind"]["sum"]


@pytest.mark.parametrize("name", ["raft", "gma"])
def test_a_normalisation_under_two_names_is_one(name: str) -> None:
    block = build(name).cnet.layer2[0]
    assert block.norm3 is block.downsample[1]
