"""What the role PatchEncoder promises, kept by every encoder in the catalog; networks are tiny, of the same class."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.models.zoo import CARDS, catalog
from frameloom.roles import PatchEncoder
from frameloom.runtime import Runtime
from tiny_encoders import REGISTERS, VIDEOLLAMA3, VIT, images, videollama3_alone, vit_file

WITHOUT_WEIGHTS = tuple(card.name for card in CARDS if card.role == "encoder" and card.checkpoint is None)
NETWORKS = {"dinov2": (VIT, 1), "dinov2-reg": (REGISTERS, 5), "videollama3": (VIDEOLLAMA3, 0)}
"""Name of a card -> the tiny one of its class, and how many tokens of no patch it has."""


@dataclass(frozen=True)
class Case:
    encoder: PatchEncoder
    others: int


def checkpoint(name: str, folder: Path) -> Path:
    return videollama3_alone(folder) if name == "videollama3" else vit_file(folder, NETWORKS[name][0])


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Case]:
    files = {name: checkpoint(name, tmp_path_factory.mktemp(name)) for name in NETWORKS}

    def made(name: str, **options: object) -> Case:
        if name in WITHOUT_WEIGHTS:
            return Case(catalog.build(name, "encoder"), 0)
        card, others = NETWORKS[name]
        return Case(card.load(Runtime(checkpoint=files[name], device="cpu", **options)), others)

    return made


@pytest.fixture(params=[*WITHOUT_WEIGHTS, *NETWORKS])
def case(request: pytest.FixtureRequest, build: Callable[..., Case]) -> Case:
    return build(request.param)


@pytest.mark.parametrize("grid", [(1, 1), (1, 5), (3, 2), (4, 4)], ids=str)
def test_tokens_of_any_grid_are_finite_and_in_their_place(case: Case, grid: tuple[int, int]) -> None:
    rows, columns = grid
    seen = images(2, rows * case.encoder.patch, columns * case.encoder.patch)
    kept = seen.copy()
    tokens, others = case.encoder.encode_all(seen)
    assert (tokens.shape[:3], tokens.dtype, others.dtype) == ((2, rows, columns), np.float32, np.float32)
    assert others.shape == (2, case.others, tokens.shape[3])
    assert np.isfinite(tokens).all()
    assert np.isfinite(others).all()
    assert np.array_equal(case.encoder.encode(seen), tokens), "the same every time"
    assert np.array_equal(seen, kept), "inputs are not written to"


def test_an_image_has_the_same_tokens_in_whatever_company(case: Case) -> None:
    seen = images(5, 3 * case.encoder.patch, 2 * case.encoder.patch)
    together = case.encoder.encode(seen)
    alone = np.concatenate([case.encoder.encode(image[None]) for image in seen])
    assert np.abs(together - alone).max() < 1e-5
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_what_is_below_or_right_changes_tokens_there_most(case: Case) -> None:
    """Rows come first: a change in the last row and first column is seen there."""
    patch = case.encoder.patch
    seen = np.full((1, 3 * patch, 4 * patch, 3), 0.5, np.float32)
    changed = seen.copy()
    changed[:, 2 * patch :, :patch] = images(1, patch, patch)
    difference = np.linalg.norm(case.encoder.encode(changed) - case.encoder.encode(seen), axis=3)[0]
    assert np.unravel_index(difference.argmax(), difference.shape) == (2, 0)


def test_sides_that_are_no_multiples_of_a_patch_are_refused(case: Case) -> None:
    patch = case.encoder.patch
    with pytest.raises(ShapeError, match=f"multiples of {patch}"):
        case.encoder.encode(images(1, patch, patch + 1))


def test_sizes_are_multiples_of_the_patch(case: Case) -> None:
    assert case.encoder.size % case.encoder.patch == 0


# Encoders that are networks


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("options", "tolerance"),
    [
        ({"precision": "bfloat16"}, 0.1),
        ({"backend": "openvino"}, 1e-4),
        ({"backend": "openvino", "precision": "bfloat16"}, 0.1),
        ({"precision": "int8"}, 0.2),
        ({"backend": "onnx"}, 1e-4),
    ],
    ids=str,
)
def test_other_backends_and_precisions_give_nearly_the_same(
    build: Callable[..., Case], name: str, options: dict[str, str], tolerance: float
) -> None:
    """bfloat16 has eight bits: tokens near 2 are told apart in steps of 0.008, and errors add up over layers."""
    other = build(name, **options).encoder
    for grid in ((4, 4), (2, 3)):  # compiled for one, then for the other
        seen = images(2, grid[0] * 14, grid[1] * 14)
        plain, made = build(name).encoder.encode_all(seen), other.encode_all(seen)
        for wanted, found in zip(plain, made, strict=True):
            assert found.dtype == np.float32
            assert found.size == 0 or np.abs(wanted - found).max() < tolerance
    wanted_exact = "precision" not in options
    assert wanted_exact or np.abs(plain[0] - made[0]).max() > 1e-5, "a precision was asked for and not used"


@pytest.mark.parametrize("name", NETWORKS)
def test_memory_that_is_allowed_limits_what_is_seen_at_a_time(build: Callable[..., Case], name: str) -> None:
    with pytest.raises(RangeError, match="a smaller --size"):
        build(name, max_memory=1000).encoder.encode(images(1, 56, 56))
    seen = images(3, 28, 28)
    assert np.abs(build(name, max_memory=10**6).encoder.encode(seen) - build(name).encoder.encode(seen)).max() < 1e-5


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("options", [{"iters": 2}, {"seed": 1}, {"scale": 0.5}], ids=str)
def test_options_that_encoders_do_not_have_are_refused(
    build: Callable[..., Case], name: str, options: dict[str, object]
) -> None:
    with pytest.raises(InputError, match="takes no --"):
        build(name, **options)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(0, 14, 14, 3), (14, 14, 3), (1, 14, 14, 4), (1, 0, 14, 3)], ids=str)
def test_what_is_no_batch_of_images_is_refused(build: Callable[..., Case], name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="takes \\(batch, height, width, 3\\)"):
        build(name).encoder.encode(np.zeros(shape, np.float32))


def test_a_number_of_patches_other_than_the_trained_one_is_nearly_seen_alike(build: Callable[..., Case]) -> None:
    """Positions are resized: the class token of an image changes little when it is seen a little larger."""
    encoder = build("dinov2").encoder
    small = np.full((1, 56, 56, 3), 0.2, np.float32)
    large = np.full((1, 70, 84, 3), 0.2, np.float32)
    near, far = (encoder.encode_all(seen)[1][0, 0] for seen in (small, large))
    assert 0 < np.abs(near - far).max() < 0.2
