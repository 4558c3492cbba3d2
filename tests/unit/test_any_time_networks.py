"""What every any-time network keeps to, whatever its weights: batches, sizes, extremes, reuse, lower precision."""

from functools import cache
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from frameloom.models.interpolators.network import AnyTimeNetwork, Motion, Pair, Reference, approach
from frameloom.models.layers.warping import resize
from parity.any_time import MANIFEST, build

# Name and the smallest padded side
NETWORKS = {"RIFE": 32, "IFRNet": 16}
MODELS = [f"{name}-{variant}" for name in NETWORKS for variant in ("D", "DR")]
every_model = pytest.mark.parametrize("model", MODELS)


@pytest.fixture(autouse=True)
def _without_gradients() -> object:
    with torch.inference_mode():
        yield


@cache
def network(model: str) -> AnyTimeNetwork:
    return build(model)


def side(model: str, count: int) -> int:
    """So many of the model's smallest steps in size, from its smallest size on."""
    return NETWORKS[model.rsplit("-", 1)[0]] + (count - 1) * MANIFEST[model]["pad"]["multiple"]


def images(height: int, width: int, count: int = 2) -> list[Tensor]:
    """A soft pattern, moved on from image to image."""
    texture = torch.rand(1, 3, height // 8 + 1, width // 8 + 1, generator=torch.Generator().manual_seed(5))
    smooth = resize(texture, (height, width))
    return [smooth.roll((2 * number, -3 * number), (-2, -1)) for number in range(count)]


def pair_of(model: str, first: Tensor, last: Tensor) -> Pair:
    return network(model).pair(network(model).view(first), network(model).view(last))


def random_map(height: int, width: int) -> Tensor:
    return torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(7))


def result(model: str, pair: Pair, distance: Tensor, coarse: Pair | None = None) -> tuple[Motion, Tensor]:
    *_, last = approach(network(model), pair, distance, coarse=coarse)
    return last


@every_model
def test_moments_in_a_batch_give_the_frames_they_give_alone(model: str) -> None:
    size = side(model, 2), side(model, 3)
    pair = pair_of(model, *images(*size))
    distances = torch.cat([torch.full((1, 1, *size), 0.2), random_map(*size), torch.full((1, 1, *size), 0.9)])
    together = result(model, pair, distances)[1]
    alone = torch.cat([result(model, pair, distance[None])[1] for distance in distances])
    assert (together - alone).abs().max() <= 1e-5
    assert all((one - other).abs().max() > 1e-3 for one, other in pairwise(together))  # moments do matter


@every_model
@pytest.mark.parametrize("counts", [(1, 1), (1, 4), (5, 2)], ids=str)
def test_every_padded_size_works(model: str, counts: tuple[int, int]) -> None:
    size = side(model, counts[0]), side(model, counts[1])
    motion, frame = result(model, pair_of(model, *images(*size)), torch.full((1, 1, *size), 0.5))
    assert frame.shape == (1, 3, *size)
    assert motion.flow.shape[-2:] == motion.mask.shape[-2:] == size
    assert frame.isfinite().all()
    assert motion.flow.isfinite().all()


@every_model
def test_extreme_maps_give_colours(model: str) -> None:
    size = side(model, 2), side(model, 2)
    distances = torch.cat([torch.zeros(1, 1, *size), torch.ones(1, 1, *size), random_map(*size).round()])
    first, last = images(*size)
    frames = result(model, pair_of(model, first.round(), last.round()), distances)[1]
    assert frames.isfinite().all()
    assert frames.min() >= 0
    assert frames.max() <= 1


@every_model
def test_motion_looked_for_in_smaller_frames_leads_to_frames_of_full_size(model: str) -> None:
    height, width = 2 * side(model, 1), 2 * side(model, 2)
    full = images(height, width)
    small = [resize(image, (height // 2, width // 2)) for image in full]
    distance = random_map(height, width).expand(2, -1, -1, -1)
    motion, frames = result(model, pair_of(model, *full), distance, pair_of(model, *small))
    assert frames.shape == (2, 3, height, width)
    assert motion.flow.shape[-2:] == (height, width)
    assert frames.isfinite().all()
    assert not torch.equal(frames, result(model, pair_of(model, *full), distance)[1])  # it was looked for elsewhere


@every_model
def test_smaller_frames_that_are_not_smaller_change_nothing(model: str) -> None:
    size = side(model, 2), side(model, 1)
    pair = pair_of(model, *images(*size))
    assert torch.equal(
        result(model, pair, random_map(*size))[1], result(model, pair, random_map(*size), coarse=pair)[1]
    )


@every_model
def test_a_view_serves_the_next_pair_too(model: str) -> None:
    size = side(model, 2), side(model, 2)
    first, middle, last = images(*size, count=3)
    distance = random_map(*size)
    views = [network(model).view(image) for image in (first, middle, last)]
    result(model, network(model).pair(views[0], views[1]), distance)
    reused = result(model, network(model).pair(views[1], views[2]), distance)[1]
    assert torch.equal(reused, result(model, pair_of(model, middle, last), distance)[1])


@every_model
def test_flows_stay_exact_where_convolutions_are_not(model: str) -> None:
    size = side(model, 3), side(model, 4)
    distance = random_map(*size)
    exact = result(model, pair_of(model, *images(*size)), distance)[1]
    with torch.autocast("cpu", torch.bfloat16):
        motion, frame = result(model, pair_of(model, *images(*size)), distance)
    assert motion.flow.dtype == torch.float32
    assert frame.dtype == torch.float32
    error = (frame - exact).square().mean()
    assert error > 0  # it was another precision
    assert -10 * error.log10() > 30


def sizes_seen(module: nn.Module) -> list[torch.Size]:
    """Fills with the shape of whatever the module is given from now on."""
    seen: list[torch.Size] = []
    module.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0].shape))
    return seen


def test_rife_looks_for_contexts_once_in_a_frame() -> None:
    rife = build("RIFE-DR")
    seen = sizes_seen(rife.contextnet)
    views = [rife.view(image) for image in images(64, 32, count=3)]
    for first, last in pairwise(views):
        for _ in approach(rife, rife.pair(first, last), random_map(64, 32)):
            pass
    assert seen == [(1, 3, 64, 32)] * 3


def test_rife_looks_for_contexts_in_full_size_alone() -> None:
    rife = build("RIFE-D")
    seen = sizes_seen(rife.contextnet)
    full, small = (rife.pair(*map(rife.view, images(height, 64))) for height in (64, 32))
    for _ in approach(rife, full, random_map(64, 64), coarse=small):
        pass
    assert seen == [(1, 3, 64, 64)] * 2


def test_ifrnet_encodes_no_more_than_it_needs() -> None:
    """Both frames of the small pair at once, and the reference of the second step; of the first, it has the feature."""
    ifrnet = build("IFRNet-DR")
    seen = sizes_seen(ifrnet.encoder)
    pair = ifrnet.pair(*map(ifrnet.view, images(64, 32)))
    for _ in approach(ifrnet, pair, random_map(64, 32)):
        pass
    assert seen == [(2, 3, 64, 32), (1, 3, 64, 32)]
    small = ifrnet.pair(*map(ifrnet.view, images(32, 16)))
    full = ifrnet.pair(*map(ifrnet.view, images(64, 32)))
    for _ in approach(ifrnet, full, random_map(64, 32), coarse=small):
        pass
    assert {tuple(shape[-2:]) for shape in seen[2:]} == {(32, 16)}


def test_ifrnet_knows_the_first_frame_as_a_reference() -> None:
    """The feature that is there already is the one that encoding the frame again gives."""
    ifrnet = build("IFRNet-DR")
    pair = ifrnet.pair(*map(ifrnet.view, images(32, 48)))
    distance = random_map(32, 48)
    start = torch.zeros_like(distance)
    known = ifrnet.motion(pair, distance, Reference(pair.first.image, start))
    again = ifrnet.motion(pair, distance, Reference(pair.first.image.clone(), start))
    other = ifrnet.motion(pair, distance, Reference(pair.last.image, start))
    assert (known.flow - again.flow).abs().max() <= 1e-4
    assert (known.flow - other.flow).abs().max() > 1e-3
