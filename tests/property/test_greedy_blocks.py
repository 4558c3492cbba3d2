"""Frames chosen for together get what they would get one after the other, and no image comes twice."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collage_pool import PlainIndex
from frameloom.retrieval.selection import Choice, Rules, Selector


@st.composite
def pools(draw: st.DrawFn) -> tuple[PlainIndex, np.ndarray]:
    """Images and frames with many equal similarities, and never fewer images than frames."""
    frames = draw(st.integers(1, 14))
    images = frames + draw(st.integers(0, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    vectors = random.integers(-2, 3, (images + frames, 3)).astype(np.float32) + 0.125
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PlainIndex([Path(f"{number}.png") for number in range(images)], vectors[:images]), vectors[images:]


def chosen(pool: tuple[PlainIndex, np.ndarray], rules: Rules, block: int) -> list[Choice]:
    index, queries = pool
    selector = Selector(index, rules)
    return [
        choice
        for first in range(0, len(queries), block)
        for choice in selector.choose(range(len(queries))[first : first + block], queries[first : first + block])
    ]


RULES = st.builds(
    Rules,
    repeat=st.booleans(),
    depth=st.integers(1, 6),
    seed=st.integers(0, 3),
    threshold=st.none() | st.floats(-1, 1),
    below=st.sampled_from(["source", "hold", "best"]),
)


@given(pool=pools(), rules=RULES, block=st.integers(1, 14))
def test_blocks_change_nothing(pool: tuple, rules: Rules, block: int) -> None:
    assert chosen(pool, rules, block) == chosen(pool, rules, 1)


@given(pool=pools(), block=st.integers(1, 14), depth=st.integers(1, 6))
def test_no_image_comes_twice(pool: tuple, block: int, depth: int) -> None:
    used = [choice.selected for choice in chosen(pool, Rules(repeat=False, depth=depth), block)]
    assert None not in used
    assert len(set(used)) == len(used)


@given(pool=pools(), rules=RULES, done=st.integers(0, 14))
def test_what_was_noted_is_as_good_as_what_was_chosen(pool: tuple, rules: Rules, done: int) -> None:
    index, queries = pool
    whole = chosen(pool, rules, 1)
    selector = Selector(index, rules)
    selector.note(whole[:done])
    rest = [
        selector.choose([frame], queries[frame : frame + 1])[0]
        for frame in range(min(done, len(queries)), len(queries))
    ]
    assert whole[:done] + rest == whole
