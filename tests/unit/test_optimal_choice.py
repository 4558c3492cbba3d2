"""A choice for all frames together: what the rules allow, what is noted down, and what cannot be compared."""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from collage_pool import ImageFiles, PlainIndex, Thumbnails, coloured, pool_of, searched
from factories import write_png
from frameloom.errors import InputError, RangeError
from frameloom.features.thumbnails import THUMBNAIL
from frameloom.media.writing.encoding import Encoding
from frameloom.results.collage import BestChoice, Collage
from frameloom.retrieval.calm.wishes import Calmness
from frameloom.retrieval.collage import make_collage
from frameloom.retrieval.collage_wishes import Searched, Wishes
from frameloom.retrieval.described_frames import Block, DescribedFrames
from frameloom.retrieval.facts import Structure
from frameloom.retrieval.matching import Checkpoint
from frameloom.retrieval.selection import Choice, Rules
from frameloom.retrieval.together import is_whole, judged

FRAMES = 6


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames that lie between images 1 and 2 of the pool, so that both are wanted by all."""
    one, two = coloured(1).astype(np.float32), coloured(2).astype(np.float32)
    folder = tmp_path_factory.mktemp("video") / "frames"
    for number, part in enumerate(np.linspace(0.1, 0.6, FRAMES)):
        write_png(folder / f"{number}.png", np.clip(one + (two - one) * part, 0, 255).astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> ImageFiles:
    return pool_of(tmp_path_factory.mktemp("pool"), 12)


def wishes(rules: Rules) -> Wishes:
    return Wishes(rules=rules, encoding=Encoding(), video=False)


def optimal(**rules: object) -> Rules:
    return Rules(repeat=False, assign="optimal", **rules)  # type: ignore[arg-type]


def similarities(made: Collage) -> list[float]:
    return [dict(match.top_matches)[match.selected] for match in made.matches if match.selected is not None]


def test_it_is_never_below_greedy_and_no_image_comes_twice(tmp_path: Path, video: Path, pool: ImageFiles) -> None:
    greedy = make_collage(video, tmp_path / "greedy", pool, wishes(Rules(repeat=False)))
    best = make_collage(video, tmp_path / "best", pool, wishes(optimal()))
    assert len({match.selected for match in best.matches}) == FRAMES
    assert sum(similarities(best)) > sum(similarities(greedy)) + 0.001  # the frames are such that it is worth it
    assert best.best_choice is not None
    assert best.best_choice.proved
    assert best.best_choice.objective == pytest.approx(sum(similarities(best)), abs=1e-6)
    assert greedy.best_choice is None


def test_the_most_similar_are_noted_and_the_chosen_one_too(tmp_path: Path, video: Path, pool: ImageFiles) -> None:
    made = make_collage(video, tmp_path / "out", pool, wishes(optimal(depth=2)))
    opened = pool.open(Fraction(16, 9))
    for match in made.matches:
        assert len(match.top_matches) in (2, 3)
        assert match.selected in dict(match.top_matches)
        assert [value for _, value in match.top_matches] == sorted(dict(match.top_matches).values(), reverse=True)
    everything = make_collage(video, tmp_path / "all", pool, wishes(optimal(depth=50)))
    assert {len(match.top_matches) for match in everything.matches} == {len(opened.index.paths)}


@pytest.mark.parametrize("below", ["source", "hold", "best"])
def test_with_a_threshold_frames_without_an_image_show_what_was_asked(
    tmp_path: Path, video: Path, pool: ImageFiles, below: str
) -> None:
    free = make_collage(video, tmp_path / "free", pool, wishes(optimal()))
    threshold = float(np.median(similarities(free)))
    made = make_collage(video, tmp_path / "out", pool, wishes(optimal(threshold=threshold, below=below)))
    assert 0 < made.below < FRAMES
    shown = [match.selected for match in made.matches]
    if below == "best":
        assert shown == [match.selected for match in free.matches]
        return
    assert made.best_choice is not None
    assert made.best_choice.proved
    kept = [value for match in made.matches for path, value in match.top_matches if path == match.selected]
    assert made.below == FRAMES - len({path for path in shown if path is not None})
    if below == "source":
        assert all(value >= threshold for value in kept)
        total = sum(kept) + threshold * shown.count(None)
        assert made.best_choice.objective == pytest.approx(total, abs=1e-6)
    else:
        assert any(one == two for one, two in pairwise(shown))


def test_images_that_must_not_be_chosen_are_not(tmp_path: Path, video: Path, pool: ImageFiles) -> None:
    class Limited(ImageFiles):
        def open(self, aspect: Fraction) -> Searched:
            all_of_it = searched(self.paths)
            return Searched(**{**vars(all_of_it), "excluded": np.arange(12) >= FRAMES})

    made = make_collage(video, tmp_path / "out", Limited(pool.place, pool.paths), wishes(optimal()))
    assert {match.selected for match in made.matches} == set(pool.paths[:FRAMES])


def test_fewer_images_than_frames_are_refused_before_anything_is_looked_at(
    tmp_path: Path, video: Path, pool: ImageFiles
) -> None:
    class Few(ImageFiles):
        def open(self, aspect: Fraction) -> Searched:
            raise AssertionError("it has been opened")

    with pytest.raises(InputError, match=r"6 frames to replace and the pool 5 images.*--fps-override"):
        make_collage(video, tmp_path / "out", Few(pool.place, pool.paths[:5]), wishes(optimal()))


def test_images_whose_vectors_are_no_numbers_are_named(tmp_path: Path, video: Path, pool: ImageFiles) -> None:
    class Damaged(ImageFiles):
        def open(self, aspect: Fraction) -> Searched:
            opened = searched(self.paths)
            assert isinstance(opened.index, PlainIndex)
            opened.index.vectors[3] = np.nan
            return opened

    with pytest.raises(InputError, match=r"1 image cannot be compared, .*003\.png first"):
        make_collage(video, tmp_path / "out", Damaged(pool.place, pool.paths), wishes(optimal(depth=12)))


def test_frames_whose_vectors_are_no_numbers_are_named(tmp_path: Path, video: Path, pool: ImageFiles) -> None:
    class Blind(Thumbnails):
        def describe(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
            vectors = super().describe(images)
            vectors[4] = np.nan
            return vectors

    class Pool(ImageFiles):
        def open(self, aspect: Fraction) -> Searched:
            return Searched(**{**vars(searched(self.paths)), "descriptor": Blind()})

    with pytest.raises(InputError, match=r"frames: frame 4 cannot be compared"):
        make_collage(video, tmp_path / "out", Pool(pool.place, pool.paths), wishes(optimal()))


def test_an_approximate_search_proves_nothing(tmp_path: Path, video: Path, pool: ImageFiles) -> None:
    class Approximate(ImageFiles):
        def open(self, aspect: Fraction) -> Searched:
            return Searched(**{**vars(searched(self.paths)), "structure": Structure(kind="ivf", lists=2, probes=1)})

    made = make_collage(video, tmp_path / "out", Approximate(pool.place, pool.paths), wishes(optimal()))
    assert made.best_choice is not None
    assert not made.best_choice.proved


def test_with_repeats_there_is_nothing_to_share_out() -> None:
    with pytest.raises(InputError, match="--no-repeat"):
        Rules(assign="optimal")
    with pytest.raises(RangeError, match="greedy or optimal"):
        Rules(repeat=False, assign="best")  # type: ignore[arg-type]


@pytest.fixture
def noted() -> BestChoice:
    return BestChoice(objective=1.0, bound=1.0, gap=0.0, proved=True, rounds=1, pairs=4, longest_list=2)


def choices() -> list[Choice]:
    return [Choice(0, ((1, 0.5),), 1, False), Choice(1, ((0, 0.5),), 0, False)]


def test_a_choice_that_is_whole_is_read_again_and_no_other(tmp_path: Path, noted: BestChoice) -> None:
    path, rules = tmp_path / "checkpoint.jsonl", optimal()
    Checkpoint(path, {"is": "it"}, [0, 1], 2).add(choices(), noted.to_dict())
    again = Checkpoint(path, {"is": "it"}, [0, 1], 2)
    assert is_whole(again, rules, 2)
    assert not is_whole(again, rules, 3)
    assert (again.choices, judged(again, rules, Fraction(1)), again.reused) == (choices(), noted, 2)
    for damaged in (path.read_bytes().replace(b'"rounds"', b'"rounding"'), path.read_bytes().replace(b"1.0", b'"1"')):
        path.write_bytes(damaged)
        other = Checkpoint(path, {"is": "it"}, [0, 1], 2)
        assert not is_whole(other, rules, 2)
        other.forget()
        assert (other.choices, other.facts, other.reused) == ([], {}, 0)
        other.add(choices(), noted.to_dict())
        assert is_whole(Checkpoint(path, {"is": "it"}, [0, 1], 2), rules, 2)


def test_a_calm_choice_is_none_of_the_best(tmp_path: Path, noted: BestChoice) -> None:
    with pytest.raises(InputError, match="leave out --assign"):
        optimal(calm=Calmness(hold=2))
    checkpoint = Checkpoint(tmp_path / "checkpoint.jsonl", {"is": "it"}, [0, 1], 2)
    checkpoint.add(choices(), noted.to_dict())
    assert judged(checkpoint, Rules(calm=Calmness(hold=2)), Fraction(1)) is None
    assert judged(checkpoint, Rules(), Fraction(1)) is None


@pytest.mark.parametrize("damage", [b"A", b"", b"AAAA"], ids=["no base64", "empty", "too short"])
def test_described_frames_that_are_damaged_are_described_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "described.jsonl"

    def read(expected: list[int]) -> DescribedFrames:
        return DescribedFrames(path, {"video": 1}, expected, 2)

    assert read([0, 2]).reused == 0
    lines = path.read_bytes()
    vectors = np.array([[1, 0], [0, 1]], np.float32)
    last = np.zeros((THUMBNAIL[1], THUMBNAIL[0], 3), np.uint8)
    entry = json.dumps(Block((0, 2), vectors, (0.0, 0.25), last).to_entry()).encode() + b"\n"
    path.write_bytes(lines + entry)
    whole = read([0, 2])
    assert (whole.reused, whole.motion) == (2, 0.25)
    np.testing.assert_array_equal(whole.vectors, vectors)
    assert read([0, 1]).reused == 0
    stored = json.loads(entry)["vectors"].encode()
    path.write_bytes(lines + entry.replace(stored, damage))
    assert read([0, 2]).reused == 0
