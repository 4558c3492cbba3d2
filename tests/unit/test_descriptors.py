"""Descriptors: what the original computed, what every one of them promises, and what each is sensitive to."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from factories import noise
from frameloom.descriptor_options import DescriptorOptions, comparison_size
from frameloom.errors import InputError, RangeError, ShapeError, UnknownModel
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.features.descriptors.framing import (
    compat_pool_framed,
    compat_query_framed,
    crop_to_aspect,
    framed,
)
from frameloom.features.descriptors.original import (
    BlueGreenRed,
    EdgeDensities,
    EdgeDensity,
    HardColors,
    OriginalBlocks,
    RelativeTexture,
)
from frameloom.features.descriptors.projection import Projected
from frameloom.features.descriptors.view import View
from frameloom.features.pooling import gem_pool, mean_pool
from frameloom.models.zoo import catalog

GOLDEN = Path(__file__).parent.parent / "golden" / "measure" / "fluxframe_features.npz"
NAMES = ("canny", "spatial_pyramid", "hog", "spatial_color")
EVERY = (*NAMES, "color", "pooled:hog")
WIDE, SCOPE, TALL, SQUARE = Fraction(16, 9), Fraction(239, 100), Fraction(9, 16), Fraction(1)
WEIGHTS = (0.33, 0.33, 0.34)
PARTS = ("edge", "texture", "color")


@pytest.fixture(scope="module")
def golden() -> dict[str, NDArray]:
    with np.load(GOLDEN) as recorded:
        return dict(recorded)


def rgb(bgr: NDArray) -> NDArray[np.uint8]:
    return np.ascontiguousarray(bgr[..., ::-1])


def pictures(aspect: Fraction = WIDE, count: int = 3, size: int = 128) -> NDArray[np.uint8]:
    return np.stack([noise(comparison_size(aspect, size), seed=seed) for seed in range(count)])


def described(name: str, images: NDArray[np.uint8], **options: object) -> NDArray[np.float32]:
    height, width = images.shape[1:3]
    asked = DescriptorOptions(comparison_size=width, aspect=Fraction(width, height), **options)
    return choose_descriptor(name, asked).load().describe(images)


# What the original computed


def raw_parts(method: str) -> list:
    edge = {"canny": EdgeDensity(), "spatial_pyramid": EdgeDensities(), "hog": OriginalBlocks((144, 256))}[method]
    return [edge, RelativeTexture(), HardColors()]


@pytest.mark.parametrize("method", ["canny", "spatial_pyramid", "hog"])
def test_parts_are_those_of_the_original(method: str, golden: dict[str, NDArray]) -> None:
    for place, index in enumerate(golden["kept"]):
        view = View(rgb(golden[f"small_{index:02d}_bgr"]))
        parts = [part(view) * weight for part, weight in zip(raw_parts(method), WEIGHTS, strict=True)]
        np.testing.assert_allclose(np.concatenate(parts), golden[f"{method}_raw_pool"][place], atol=1e-6, rtol=0)


@pytest.mark.parametrize("method", ["canny", "spatial_pyramid", "hog"])
def test_compat_gives_the_vectors_of_the_original(method: str, golden: dict[str, NDArray]) -> None:
    images = np.stack([rgb(golden[f"small_{index:02d}_bgr"]) for index in golden["kept"]])
    raw = golden[f"{method}_raw_pool"]
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(described(method, images, compat=True), unit, atol=1e-6, rtol=0)


def test_compat_projects_as_the_original_did(golden: dict[str, NDArray]) -> None:
    images = [rgb(golden[f"small_{index:02d}_bgr"]) for index in golden["kept"]]
    colors = BlueGreenRed()
    raw = np.stack([colors(View(image)) for image in images])
    np.testing.assert_array_equal(raw, golden["spatial_color_raw_pool"])
    reduced = golden["spatial_color_reduced_pool"]
    ours = np.stack([Projected(colors)(View(image)) for image in images])
    np.testing.assert_allclose(ours, reduced, atol=1e-6, rtol=0)
    unit = reduced / np.linalg.norm(reduced, axis=1, keepdims=True)
    np.testing.assert_allclose(described("spatial_color", np.stack(images), compat=True), unit, atol=1e-6, rtol=0)


def test_compat_frames_pool_and_query_as_the_original_did(golden: dict[str, NDArray]) -> None:
    for index in golden["framed"]:
        small = compat_pool_framed(golden[f"pool_{index:02d}_bgr"], 256)
        if index in golden["kept"]:
            np.testing.assert_array_equal(small, golden[f"small_{index:02d}_bgr"])
    images = np.stack([rgb(compat_query_framed(golden[f"query_{index}_bgr"], 256)) for index in golden["queries"]])
    raw = golden["canny_raw_query"]
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(described("canny", images, compat=True), unit, atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [128, 250, 256, 300])
def test_compat_sizes_are_those_of_the_original(size: int) -> None:
    image = compat_pool_framed(noise((90, 120)), size)
    assert DescriptorOptions(comparison_size=size, compat=True).size == image.shape[:2]
    assert (
        choose_descriptor("hog", DescriptorOptions(comparison_size=size, compat=True))
        .load()
        .describe(image[None])
        .any()
    )


@pytest.mark.parametrize("grid", [1, 2, 3])
def test_pooling_is_that_of_the_original(grid: int, golden: dict[str, NDArray]) -> None:
    tokens = golden["pool_feature_map"].transpose(0, 2, 3, 1)
    np.testing.assert_allclose(mean_pool(tokens, grid)[0], golden[f"pool_avg_grid{grid}"], atol=1e-6)
    np.testing.assert_allclose(gem_pool(tokens, grid, power=3.0)[0], golden[f"pool_gem_grid{grid}"], atol=1e-6)


# What is documented


@pytest.mark.parametrize(
    ("name", "options", "dims"),
    [
        ("canny", {}, 376),
        ("spatial_pyramid", {"spatial_grid": 2}, 1088),
        ("spatial_pyramid", {"spatial_grid": 3}, 2448),
        ("hog", {"comparison_size": 128}, 684),
        ("hog", {"comparison_size": 256}, 1332),
        ("hog", {"comparison_size": 512}, 4896),
        ("spatial_color", {}, 256),
        ("canny", {"compat": True}, 376),
        ("spatial_pyramid", {"compat": True, "spatial_grid": 3}, 760),
        ("hog", {"compat": True}, 1004),
        ("spatial_color", {"compat": True}, 256),
    ],
)
def test_vectors_have_the_documented_lengths(name: str, options: dict, dims: int) -> None:
    asked = DescriptorOptions(**options)
    descriptor = choose_descriptor(name, asked).load()
    assert descriptor.dims == dims
    assert descriptor.describe(noise(asked.size)[None]).shape == (1, dims)


def test_weights_are_relative_and_similarity_is_their_mean() -> None:
    images = pictures()
    alone: dict[str, NDArray] = {}
    for part in PARTS:
        alone[part] = described("canny", images, **{f"{other}_weight": float(other == part) for other in PARTS})
    weights = {"edge_weight": 2.0, "texture_weight": 1.0, "color_weight": 5.0}
    both = described("canny", images, **weights)
    assert DescriptorOptions(**weights).weights == (0.25, 0.125, 0.625)
    mean = sum(weights[f"{part}_weight"] / 8 * (vectors @ vectors.T) for part, vectors in alone.items())
    np.testing.assert_allclose(both @ both.T, mean, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edge_weight": 0, "texture_weight": 0, "color_weight": 0}, "all weights are 0"),
        ({"edge_weight": -1.0}, "from 0 up"),
        ({"color_weight": float("nan")}, "from 0 up"),
        ({"spatial_grid": 4}, "spatial grid is 4"),
        ({"pooling": "max"}, "avg or gem"),
        ({"gem_p": 0.0}, "above 0"),
        ({"comparison_size": 8}, "16 to 4096"),
        ({"aspect": 0.0}, "above 0"),
    ],
)
def test_what_cannot_be_asked_is_told(options: dict, message: str) -> None:
    with pytest.raises(RangeError, match=message):
        DescriptorOptions(**options)


# What every descriptor promises


@pytest.mark.parametrize("compat", [False, True], ids=["", "compat"])
@pytest.mark.parametrize("aspect", [WIDE, SCOPE, TALL, SQUARE], ids=["wide", "scope", "tall", "square"])
@pytest.mark.parametrize("name", NAMES)
def test_any_proportions_give_unit_vectors_one_by_one_as_together(name: str, aspect: Fraction, compat: bool) -> None:
    images = pictures(aspect, size=256 if compat else 128)
    vectors = described(name, images, compat=compat)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(
        np.concatenate([described(name, image[None], compat=compat) for image in images]), vectors
    )


@pytest.mark.parametrize("pooling", ["avg", "gem"])
@pytest.mark.parametrize("grid", [1, 2, 3])
def test_any_encoder_makes_a_descriptor(pooling: str, grid: int) -> None:
    images = pictures(SCOPE)
    for name in ("color", "pooled:hog", "pooled:color"):
        options = DescriptorOptions(pooling=pooling, spatial_grid=grid)
        descriptor = choose_descriptor(name, options).load()
        vectors = descriptor.describe(images)
        assert vectors.shape == (3, descriptor.dims)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(descriptor.describe(images[1:2])[0], vectors[1], atol=1e-6)


def flat_images() -> NDArray[np.uint8]:
    black, white = (np.full((72, 128, 3), value, np.uint8) for value in (0, 255))
    gray = np.repeat(noise((72, 128), channels=1), 3, axis=2)
    return np.stack([black, white, np.full((72, 128, 3), (10, 200, 30), np.uint8), gray])


@pytest.mark.parametrize("weights", [WEIGHTS, (1, 0, 0), (0, 1, 0)], ids=["all", "edge", "texture"])
@pytest.mark.parametrize("name", EVERY)
def test_flat_and_gray_images_give_unit_vectors(name: str, weights: tuple[float, ...]) -> None:
    edge, texture, color = weights
    vectors = described(name, flat_images(), edge_weight=edge, texture_weight=texture, color_weight=color)
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_compat_is_finite_for_flat_images_too() -> None:
    large = np.stack([cv2.resize(image, (256, 144)) for image in flat_images()])
    for name in NAMES:
        vectors = described(name, large, compat=True)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", EVERY)
def test_a_faint_change_is_nearer_than_another_picture(name: str) -> None:
    images = pictures()
    faint = np.clip(images[0] + np.random.default_rng(5).normal(0, 2, images[0].shape), 0, 255).astype(np.uint8)
    same, changed, *others = described(name, np.stack([images[0], faint, images[1], images[2]]))
    assert 1 - same @ changed < 0.5 * min(1 - same @ other for other in others)


@pytest.mark.parametrize("name", EVERY)
def test_too_small_images_are_refused(name: str) -> None:
    descriptor = choose_descriptor(name).load()
    with pytest.raises(ShapeError, match="comparison-size"):
        descriptor.describe(np.zeros((1, 7, 256, 3), np.uint8))
    with pytest.raises(ShapeError, match="uint8"):
        descriptor.describe(np.zeros((1, 144, 256, 3), np.float32))
    with pytest.raises(ShapeError, match="no images"):
        descriptor.describe(np.zeros((0, 144, 256, 3), np.uint8))


def test_hog_of_too_low_images_says_what_to_do() -> None:
    with pytest.raises(RangeError, match="larger --comparison-size"):
        choose_descriptor("hog", DescriptorOptions(comparison_size=16)).load()
    with pytest.raises(RangeError, match="larger --comparison-size"):
        choose_descriptor("hog", DescriptorOptions(comparison_size=64, compat=True)).load()
    with pytest.raises(ShapeError, match="frame them first"):
        choose_descriptor("hog").load().describe(np.zeros((1, 143, 256, 3), np.uint8))


# What each sees


def test_edges_tell_directions_apart_which_the_original_could_not() -> None:
    rows, columns = np.indices((144, 256))
    lying, upright = (np.where(place // 12 % 2, 200, 60).astype(np.uint8) for place in (rows, columns))
    both = np.stack([np.repeat(image[..., None], 3, axis=2) for image in (lying, upright)])
    only_edges = {"edge_weight": 1, "texture_weight": 0, "color_weight": 0}
    ours, theirs = (described("canny", both, compat=compat, **only_edges) for compat in (False, True))
    assert ours[0] @ ours[1] < 0.5
    assert theirs[0] @ theirs[1] > 0.98


def test_a_slight_change_of_light_changes_colours_slightly() -> None:
    dark, light = (np.full((144, 256, 3), value, np.uint8) for value in (127, 130))  # on either side of a bin's border
    only_color = {"edge_weight": 0, "texture_weight": 0, "color_weight": 1}
    ours, theirs = (described("canny", np.stack([dark, light]), compat=c, **only_color) for c in (False, True))
    assert ours[0] @ ours[1] > 0.8
    assert theirs[0] @ theirs[1] < 0.01


def test_reds_on_either_side_of_hue_zero_are_alike() -> None:
    hsv = np.zeros((2, 144, 256, 3), np.uint8)
    hsv[..., 1:] = 230
    hsv[1, ..., 0] = 178
    images = np.stack([cv2.cvtColor(image, cv2.COLOR_HSV2RGB) for image in hsv])
    vectors = described("canny", images, edge_weight=0, texture_weight=0, color_weight=1)
    assert vectors[0] @ vectors[1] > 0.8


def test_parts_of_the_pyramid_are_told_apart() -> None:
    image = noise((144, 256), seed=4)
    image[:, 128:] //= 4
    turned = np.concatenate([image[:, 128:], image[:, :128]], axis=1)
    both = np.stack([image, turned])
    whole, parts = (described(name, both, edge_weight=0) for name in ("canny", "spatial_pyramid"))
    assert whole[0] @ whole[1] > 0.98
    assert parts[0] @ parts[1] < 0.95


FENCE = """
import cv2
import numpy as np
from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import choose_descriptor
cv2.setNumThreads(1)
lying, upright = (place % 4 < 1 for place in np.indices((144, 256)))
fence = np.where(lying | upright, 115 + 35 * (lying & upright), 43).astype(np.uint8)
for name in ("canny", "spatial_pyramid", "hog"):
    for compat in (False, True):
        descriptor = choose_descriptor(name, DescriptorOptions(compat=compat)).load()
        for size in (1, 2):
            image = np.kron(fence, np.ones((size, size), np.uint8))[:144, :256]
            for _ in range(20):
                vector = descriptor.describe(np.repeat(image[None, ..., None], 3, axis=3))
                kept = [bytearray(length) for length in (100, 3000, 5000, 20000)]
"""


def test_a_fence_does_not_abort_the_process_as_canny_of_an_image_does() -> None:
    done = subprocess.run([sys.executable, "-c", FENCE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Framing


@pytest.mark.parametrize("aspect", [WIDE, SCOPE, TALL, SQUARE, 4 / 3])
@pytest.mark.parametrize("size", [(97, 131), (400, 160), (1, 500), (500, 1), (144, 256)])
def test_framing_crops_to_the_middle_and_keeps_proportions(aspect: Fraction, size: tuple[int, int]) -> None:
    image = noise(size)
    cropped = crop_to_aspect(image, aspect)
    height, width = cropped.shape[:2]
    assert height == size[0] or width == size[1]
    assert abs(width - height * aspect) <= max(1, aspect)
    assert framed(image, aspect, 256).shape == (round(256 / aspect), 256, 3)


def test_framing_keeps_the_middle() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    assert (framed(image, 1, 64) == 255).all()
    assert (crop_to_aspect(np.ascontiguousarray(image.transpose(1, 0, 2)), 1) == 255).all()


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 5), (5, 5, 4)])
def test_what_is_no_image_cannot_be_framed(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError):
        framed(np.zeros(shape, np.uint8), WIDE, 256)


def test_the_original_could_not_frame_what_is_one_pixel_high() -> None:
    with pytest.raises(ShapeError, match="5000x1"):
        compat_query_framed(np.zeros((1, 5000, 3), np.uint8), 256)


# Choosing


def test_descriptors_go_before_encoders_of_the_same_name() -> None:
    assert choose_descriptor("HOG").card.role == "descriptor"
    assert choose_descriptor("pooled:hog").card.role == "encoder"
    assert choose_descriptor("color").name == "pooled:color"


def test_an_unknown_name_is_told_with_what_is_near() -> None:
    with pytest.raises(UnknownModel, match="canny"):
        choose_descriptor("cany")
    with pytest.raises(UnknownModel, match="color"):
        choose_descriptor("pooled:colour")
    with pytest.raises(InputError, match="leave out --compat"):
        choose_descriptor("color", DescriptorOptions(compat=True))


def test_identity_is_json_and_tells_options_apart() -> None:
    options = [{}, {"compat": True}, {"aspect": SCOPE}, {"gem_p": 2.0}, {"spatial_grid": 3}, {"comparison_size": 128}]
    chosen = [
        choose_descriptor(name, DescriptorOptions(**asked)) for asked in options for name in EVERY if name in NAMES
    ]
    assert len({json.dumps(choice.identity()) for choice in chosen}) == len(chosen)


def test_every_descriptor_of_the_catalog_can_be_built() -> None:
    for card in catalog.cards("descriptor"):
        assert card.load().dims > 0
