"""What commands say of one thing and of several."""

from dataclasses import replace
from pathlib import Path

import pytest

from frameloom.cli.summaries import summary
from frameloom.counting import counted
from frameloom.results.indexing import IndexBuild, IndexInfo, Match, NearDuplicates

INFO = IndexInfo(
    index=Path("a.index"), root=Path("pool"), images=1, descriptor="hog", dims=36, dtype="float16", options={},
    exact_decode=False, search="exact", search_settings={}, search_recall=None, search_memory=10, size=20, skipped={},
    made_with={},
)  # fmt: skip


@pytest.mark.parametrize(("count", "words"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames")])
def test_a_noun_agrees_with_its_number(count: int, words: str) -> None:
    assert counted(count, "frame") == words


@pytest.mark.parametrize(("images", "words"), [(1, "1 image by hog"), (2, "2 images by hog")])
def test_an_index_of_one_image_is_not_said_to_have_images(images: int, words: str) -> None:
    made = IndexBuild(info=replace(INFO, images=images), described=images, removed=0, seconds=0.0)
    assert words in summary(made)


def test_one_group_of_near_duplicates_is_one_group() -> None:
    group = (Match(path=Path("pool/a.png"), similarity=1.0), Match(path=Path("pool/b.png"), similarity=0.99))
    found = NearDuplicates(similarity=0.97, images=1, groups=(group,), seconds=0.0)
    assert "  1 near-duplicate in 1 group, similarity 0.97" in summary(replace(INFO, duplicates=found))
    found = replace(found, images=2, groups=(group, group))
    assert "  2 near-duplicates in 2 groups, similarity 0.97" in summary(replace(INFO, duplicates=found))
    assert "or more; took 0.0 s" in summary(replace(INFO, duplicates=found))
    assert "or more; found by an earlier run" in summary(replace(INFO, duplicates=replace(found, reused=True)))
