"""Results in a few lines for people."""

from frameloom.cli.summaries import collage, indexing, making, measuring, models
from frameloom.results.base import Result

_FIELDS = (making, collage, measuring, indexing, models)
_SUMMARIES = {kind: words for field in _FIELDS for kind, words in field.SUMMARIES.items()}


def summary(result: Result) -> str:
    """What a person wants to know of a result."""
    return _SUMMARIES[type(result)](result)
