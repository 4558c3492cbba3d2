"""Numbers and verdicts in words, escaped and ready for HTML."""

import math
from html import escape

from frameloom.reports.page_content import DemoPage, FrameScore, MeanScore, made_scores, mean_score

_LEVEL_DECIBELS = 0.05
"""Means closer than this read as the same number once they are rounded to one decimal."""


def decibels(psnr: float) -> str:
    """Write a PSNR: `31.24 dB`, `identical` where it is infinite."""
    return "identical" if psnr == math.inf else f"{psnr:.2f} dB"


def headline(page: DemoPage) -> str:
    """Say in one plain sentence how the model did, as HTML text."""
    own = mean_score(page.scores)
    model = escape(page.model)
    if not page.scores:
        return f"What {model} made was not measured."
    if own is None:
        return "No frame was made, so there is nothing to judge."
    if own.psnr == math.inf:
        return f"Every frame that {model} made is identical to the truth."
    rival = _best_baseline(page)
    if rival is None:
        return f"{model} made {_frames(own.count)}, on average {decibels(own.psnr)} PSNR against the truth."
    name, best = escape(rival[0]), rival[1]
    if best.psnr == math.inf:
        return f"{name} gives the exact truth here; {model} reaches {decibels(own.psnr)}."
    gain = own.psnr - best.psnr
    if abs(gain) < _LEVEL_DECIBELS:
        return f"{model} is level with {name} on this clip."
    if gain < 0:
        return f"On this clip {name} is {-gain:.1f} dB closer to the truth than {model}."
    return f"{model} comes {gain:.1f} dB closer to the truth than {name}."


def evidence(page: DemoPage) -> str:
    """Give the numbers behind the headline in a sentence or two, as HTML text."""
    own = mean_score(page.scores)
    if not page.scores:
        return "Without the true frames there are no scores; the clips show what was made."
    if own is None:
        return "Every frame of the result is a source frame that was passed through."
    parts = [f"{_frames(own.count)} made between {_frames(len(page.scores) - own.count, 'source frame')}."]
    rival = _best_baseline(page)
    if rival is not None and math.isfinite(own.psnr) and math.isfinite(rival[1].psnr):
        share = 10 ** ((rival[1].psnr - own.psnr) / 10)
        wins, name = _wins(page), escape(rival[0])
        if own.psnr > rival[1].psnr:
            parts.append(f"Its squared error is about {share:.0%} of that of {name}, the best plain method.")
        if own.count > 1:
            whole = "All" if wins == own.count else f"{wins} of"
            parts.append(f"{whole} {own.count} made frames beat every plain method.")
    if own.identical and math.isfinite(own.psnr):
        verb = "is" if own.identical == 1 else "are"
        parts.append(f"{_frames(own.identical)} {verb} identical to the truth and not part of the mean PSNR.")
    return " ".join(parts)


def _best_baseline(page: DemoPage) -> tuple[str, MeanScore] | None:
    means = {name: mean_score(scores) for name, scores in page.baseline_scores.items()}
    known = [(name, mean) for name, mean in means.items() if mean is not None]
    return max(known, key=lambda pair: pair[1].psnr, default=None)


def _wins(page: DemoPage) -> int:
    """Count the made frames whose PSNR is above that of every baseline for the same frame."""
    return sum(
        all(score.psnr > other.psnr for other in _rivals_of(page, score.index)) for score in made_scores(page.scores)
    )


def _rivals_of(page: DemoPage, index: int) -> list[FrameScore]:
    return [score for scores in page.baseline_scores.values() for score in scores if score.index == index]


def _frames(count: int, noun: str = "frame") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
