"""Results in a few lines for people."""

from frameloom.cli.summaries import collage, comparing, indexing, inspecting, making, measuring, models, morph, testing
from frameloom.results.base import Result

_FIELDS = (making, collage, morph, measuring, comparing, inspecting, testing, indexing, models)
_SUMMARIES = {kind: lines for field in _FIELDS for kind, lines in field.SUMMARIES.items()}


def summary(result: Result) -> str:
    """What a person wants to know of a result."""
    return _SUMMARIES[type(result)](result)
