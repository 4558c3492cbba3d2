"""A process that opens indexes named on its standard input and searches them: it may crash without harm.

One line of JSON for each: `right` where it finds what a sound one finds, `refused` where it says in one line that the
index is damaged, else what was wrong. Memory is limited, so that a header that lies about sizes is seen.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np

MOST_BYTES = 4 * 2**30
COUNT = 5
_LONGEST_LINE = 700


def answer(index: Path) -> dict[str, object]:
    """All that a user can get from an index, as JSON can hold it."""
    from frameloom.retrieval.duplicates import near_duplicates
    from frameloom.retrieval.index import open_index

    opened = open_index(index)
    queries = np.random.default_rng(0).standard_normal((4, opened.facts.dims)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    ids, products = opened.search(queries, COUNT)
    excluded = np.zeros(opened.facts.images, np.bool_)
    excluded[ids] = True
    left, _ = opened.search(queries, COUNT, excluded=excluded)
    return {
        "found": [[str(opened.paths[place]) for place in row] for row in ids.tolist()],
        "products": products.tolist(),
        "left": left.tolist(),
        "images": [image.key for image in opened.stored.images()],
        "parameters": opened.facts.parameters,
        "groups": len(near_duplicates(opened.stored.vectors, 0.5)),
    }


def read(index: Path, right: str) -> str:
    """How it went."""
    from frameloom.errors import CannotOpen

    try:
        return "right" if answer(index) == json.loads(Path(right).read_text()) else "a wrong answer without a word"
    except CannotOpen as error:
        said = str(error)
        is_short = "\n" not in said and str(index) in said and len(said) < _LONGEST_LINE
        return "refused" if is_short else f"bad message: {said!r}"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        index, right = json.loads(line)
        try:
            said = read(Path(index), right)
        except BaseException as error:  # whatever it is, it is what we look for
            import traceback

            place = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} ({place.filename}:{place.lineno} {place.name})"
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
