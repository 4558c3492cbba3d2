"""Results in a few lines for people."""

from frameloom.cli.summaries import collage, making, measuring, models
from frameloom.results.base import Result

_SUMMARIES = making.SUMMARIES | collage.SUMMARIES | measuring.SUMMARIES | models.SUMMARIES


def summary(result: Result) -> str:
    """What a person wants to know of a result."""
    return _SUMMARIES[type(result)](result)
