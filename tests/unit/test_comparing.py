"""Two images as tokens: against the original's numbers, and where the original went wrong."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from factories import noise, write_png
from frameloom.errors import CannotOpen, InputError, RangeError, ShapeError
from frameloom.images import read_image
from frameloom.models.encoders.hog import HOGCells
from frameloom.results.comparing import Comparison
from frameloom.roles import PatchEncoder
from frameloom.similarity import encoded_images
from frameloom.similarity.compare import EncodedImage, Method, _joint_colours, compare_encoded, grade_of
from frameloom.similarity.encoded_images import ImageEncoder, TokenStore, encode_two
from frameloom.similarity.matching import mismatch, mutual, nearest_both, relative_mismatch

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "measure" / "vfi_similarity_golden.npz"
GRADES = ((0.05, "very similar"), (0.15, "minor"), (float("inf"), "significant"))


def method(**how: object) -> Method:
    return Method(**({"encoder": "tiny", "patch": 14} | how))


def encoded(tokens: np.ndarray, others: np.ndarray | None = None, name: str = "an image") -> EncodedImage:
    none = np.zeros((0, tokens.shape[2]), np.float32)
    return EncodedImage(name, noise((20, 30)), tokens.astype(np.float32), none if others is None else others)


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as file:
        return {name: file[name] for name in file.files}


def golden_comparison(golden: dict[str, np.ndarray], **how: object) -> Comparison:
    images = []
    for letter in "ab":
        tokens = golden[f"tokens_{letter}_f64"]  # class token first
        images.append(encoded(tokens[1:].reshape(4, 4, -1), tokens[:1].astype(np.float32)))
    return compare_encoded(*images, method(**how))


@pytest.mark.parametrize(
    ("pool", "key"), [("all", "cosine_distance_alltokens"), ("patches", "cosine_distance_patches")]
)
def test_the_distance_is_the_golden_one(golden: dict[str, np.ndarray], pool: str, key: str) -> None:
    found = golden_comparison(golden, pool=pool)
    assert found.cosine_distance == pytest.approx(float(golden[key]), abs=1e-7)
    assert found.cosine_similarity == pytest.approx(1 - float(golden[key]), abs=1e-7)
    assert (found.embedding_dim, found.grid_a, found.grid_b, found.pool) == (48, (4, 4), (4, 4), pool)


def test_maps_are_the_golden_ones(golden: dict[str, np.ndarray]) -> None:
    found = golden_comparison(golden)
    for maps, way, letter in ((found.ab, "a2b", "a"), (found.ba, "b2a", "b")):
        np.testing.assert_allclose(maps.similarity, golden[f"sim_{way}"], atol=1e-6)
        assert np.array_equal(maps.matches @ [4, 1], golden[f"idx_{way}"].reshape(4, 4))
        assert np.array_equal(maps.mutual.ravel(), golden[f"reciprocal_{letter}"])
        np.testing.assert_allclose(maps.relative_mismatch, golden[f"mismatch_{letter}"], atol=1e-6)
        weights = np.where(maps.mutual, 1, 1.25)
        np.testing.assert_allclose(maps.mismatch, (1 - golden[f"sim_{way}"]) * weights, atol=1e-6)
    assert found.mean_similarity_a2b == pytest.approx(golden["sim_a2b"].mean(), abs=1e-6)
    assert found.mean_relative_mismatch_b == pytest.approx(golden["mismatch_b"].mean(), abs=1e-6)


def test_colours_are_the_golden_ones_up_to_the_sign_of_a_component(golden: dict[str, np.ndarray]) -> None:
    found = golden_comparison(golden)
    for component in range(3):
        flipped: list[bool] = []
        for maps, letter in ((found.ab, "a"), (found.ba, "b")):
            ours, theirs = maps.colours[..., component], golden[f"pca_rgb_{letter}_f64"][..., component]
            flipped.append(bool(np.abs(1 - ours - theirs).max() < 1e-6))
            np.testing.assert_allclose(1 - ours if flipped[-1] else ours, theirs, atol=1e-6)
        assert flipped[0] == flipped[1], "both images are coloured by one fit"


def test_identical_images_differ_nowhere_on_either_scale() -> None:
    tokens = np.random.default_rng(1).normal(size=(9, 7, 64))
    found = compare_encoded(encoded(tokens), encoded(tokens.copy()), method(grades=GRADES))
    assert (found.cosine_distance, found.cosine_similarity, found.grade) == (0, 1, "very similar")
    for maps in (found.ab, found.ba):
        assert not maps.mismatch.any()
        assert not maps.relative_mismatch.any(), "rounding must not be blown up to a picture of differences"
        assert maps.mutual.all()
        assert np.array_equal(maps.matches, np.stack(np.indices((9, 7)), axis=2))


def test_a_patch_that_is_nowhere_else_stands_out_on_both_scales() -> None:
    tokens = np.random.default_rng(2).normal(size=(5, 5, 32))
    other = tokens.copy()
    other[1, 3] = np.random.default_rng(3).normal(size=32)
    found = compare_encoded(encoded(tokens), encoded(other), method())
    for maps in (found.ab.mismatch, found.ab.relative_mismatch, found.ba.mismatch):
        assert np.unravel_index(maps.argmax(), maps.shape) == (1, 3)
        assert np.count_nonzero(maps > 1e-3) == 1


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_equal_best_matches_are_the_first_ones(rows: int) -> None:
    first, second = np.eye(3)[[0, 1, 0]], np.eye(3)[[2, 0, 0, 1, 0]]
    here, there = nearest_both(first, second, at_once=4 * 5 * rows)
    assert here.index.tolist() == [1, 3, 1]
    assert there.index.tolist() == [0, 0, 0, 1, 0]
    assert mutual(here, there).tolist() == [True, True, False]
    assert mutual(there, here).tolist() == [False, True, False, True, False]


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_parts_give_what_the_whole_gives(rows: int) -> None:
    random = np.random.default_rng(4)
    first, second = random.normal(size=(150, 16)), random.normal(size=(90, 16))
    second[40:60] = second[10:30]  # ties
    whole, parts = nearest_both(first, second), nearest_both(first, second, at_once=4 * 90 * rows)
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one.index, other.index)
        np.testing.assert_allclose(one.similarity, other.similarity, atol=1e-6)


def test_mismatch_weighs_what_is_not_mutual() -> None:
    similarity, both_ways = np.array([1, 0.5, 0, 0.5], np.float32), np.array([True, True, True, False])
    assert mismatch(similarity, both_ways).tolist() == [0, 0.5, 1, 0.625]
    assert relative_mismatch(similarity / 2, both_ways).tolist() == [0, 0.5, 1, 0.625]
    assert relative_mismatch(np.full(4, 0.3, np.float32), both_ways).tolist() == [0, 0, 0, 0]


def test_grids_may_differ() -> None:
    tokens = np.random.default_rng(5).normal(size=(4, 6, 8))
    found = compare_encoded(encoded(tokens), encoded(tokens[:, 2:5]), method())
    assert (found.grid_a, found.grid_b) == ((4, 6), (4, 3))
    assert found.ab.matches[1, 2].tolist() == [1, 0]
    assert found.ba.matches[3, 2].tolist() == [3, 4]
    assert found.ab.matches.reshape(-1, 2).max(axis=0).tolist() == [3, 2]
    assert found.ba.colours.shape == (4, 3, 3)


def test_colours_of_what_does_not_differ_are_grey() -> None:
    for tokens in (np.ones((2, 3, 5)), np.zeros((1, 1, 2))):
        for colours in _joint_colours(tokens, tokens):
            assert (colours == 0.5).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_largest_weight_of_a_component_is_positive(seed: int) -> None:
    direction = np.random.default_rng(seed).normal(size=4)
    colours, _ = _joint_colours(*[np.arange(6.0).reshape(2, 3, 1) * direction] * 2)
    rising = direction[np.abs(direction).argmax()] > 0
    assert (np.diff(colours[..., 0].ravel()) > 0).tolist() == [rising] * 5
    assert (colours[..., 1:] == 0.5).all(), "tokens on a line differ in one component"


def test_all_tokens_are_refused_where_there_are_none_but_patches() -> None:
    image = encoded(np.ones((2, 2, 4)))
    with pytest.raises(InputError, match="takes no --pool all"):
        compare_encoded(image, image, method(pool="all"))
    with pytest.raises(RangeError, match="patches or all"):
        method(pool="max")
    with pytest.raises(ShapeError, match="4 channels, of an image 5"):
        compare_encoded(image, encoded(np.ones((2, 2, 5))), method())


def test_grades_hold_below_their_numbers() -> None:
    assert [grade_of(value, GRADES) for value in (0, 0.0499, 0.05, 2)] == [
        "very similar", "very similar", "minor", "significant",
    ]  # fmt: skip
    assert grade_of(0.1, ()) is None


class Counting(PatchEncoder):
    """Counts what it is given; a token is the mean colour of its patch."""

    patch = 8
    size = 32

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, images: np.ndarray) -> np.ndarray:
        self.batches.append(len(images))
        count, height, width = images.shape[:3]
        return images.reshape(count, height // 8, 8, width // 8, 8, 3).mean(axis=(2, 4)) + np.float32(0.01)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    seen: list[str] = []
    original = encoded_images.pixels_of
    monkeypatch.setattr(encoded_images, "pixels_of", lambda item, name: (seen.append(name), original(item, name))[1])
    return seen


def frames(folder: Path, count: int) -> list[Path]:
    return [write_png(folder / f"{index}.png", noise((40, 50), seed=index)) for index in range(count)]


def test_each_image_of_a_sequence_is_read_and_encoded_once(tmp_path: Path, reads: list[str]) -> None:
    paths, encoder = frames(tmp_path, 7), Counting()
    pairs = list(pairwise(paths))
    store = TokenStore(ImageEncoder(encoder), [path for pair in pairs for path in pair])
    apart = ImageEncoder(Counting()).encode([(str(path), read_image(path)) for path in paths])
    held: list[int] = []
    for number, pair in enumerate(pairs):
        ahead = [path for other in pairs[number + 1 :] for path in other]
        for image, expected in zip(store.pair(*pair, ahead), apart[number : number + 2], strict=True):
            assert image.name == expected.name
            np.testing.assert_allclose(image.tokens, expected.tokens, atol=1e-6)
        held.append(len(store._kept))
    assert sum(encoder.batches) == store.encoded == 7
    assert encoder.batches == [4, 3], "what is needed next is encoded together"
    assert reads == [str(path) for path in paths]
    assert max(held) <= 4
    assert held[-1] == 0, "what no later pair needs is not kept"


def test_a_reference_for_many_is_kept_and_a_small_memory_only_costs_time(tmp_path: Path, reads: list[str]) -> None:
    paths = frames(tmp_path, 12)
    uses = [path for other in paths[1:] for path in (paths[0], other)]
    store = TokenStore(ImageEncoder(Counting()), uses)
    for other in paths[1:]:
        store.pair(paths[0], other)
    assert (store.encoded, sorted(reads)) == (12, sorted(map(str, paths)))
    small = TokenStore(ImageEncoder(Counting()), [*paths, *paths, *paths], memory=1)
    for first, second in zip(paths, reversed(paths), strict=True):
        ours, theirs = small.pair(first, second)
        assert (ours.name, theirs.name) == (str(first), str(second))
        assert len(small._kept) <= 4


def test_what_cannot_be_read_is_tried_once_and_told_each_time(tmp_path: Path, reads: list[str]) -> None:
    paths, missing = frames(tmp_path, 2), tmp_path / "none.png"
    store = TokenStore(ImageEncoder(Counting()), [paths[0], missing, missing, paths[1]])
    for pair in ((paths[0], missing), (missing, paths[1])):
        with pytest.raises(CannotOpen, match=r"none\.png does not exist"):
            store.pair(*pair)
    assert reads.count(str(missing)) == 1


def test_one_file_given_twice_is_encoded_once(tmp_path: Path) -> None:
    (path,) = frames(tmp_path, 1)
    encoder = Counting()
    first, second = encode_two(path, str(path), ImageEncoder(encoder))
    assert first is second
    assert encoder.batches == [1]


def test_images_of_any_kind_and_size_become_tokens() -> None:
    square = noise((64, 64), seed=1)
    gray = np.repeat(square[..., :1], 3, axis=2)
    deep = square.astype(np.uint16) * 257
    clear = np.concatenate([square, np.zeros_like(square[..., :1])], axis=2)
    (plain,) = ImageEncoder(HOGCells()).encode([("square", square)])
    for pixels in (deep, clear, square / np.float32(255)):
        (same,) = ImageEncoder(HOGCells()).encode([("the same", pixels)])
        np.testing.assert_allclose(same.tokens, plain.tokens, atol=1e-4)
        assert np.array_equal(same.picture, square)
    wide, tall, dot = ImageEncoder(HOGCells(), size=32, keep_aspect=True).encode(
        [("wide", noise((30, 90))), ("tall", noise((300, 100))), ("dot", gray[:1, :1])]
    )
    assert [image.tokens.shape[:2] for image in (wide, tall, dot)] == [(2, 6), (6, 2), (2, 2)]
    with pytest.raises(RangeError, match="at least 16"):
        ImageEncoder(HOGCells(), size=3)


def test_pictures_for_maps_are_not_larger_than_a_screen() -> None:
    (image,) = ImageEncoder(HOGCells()).encode([("large", noise((90, 3000), dtype=np.uint16))])
    assert (image.picture.shape, image.picture.dtype) == ((31, 1024, 3), np.uint8)
