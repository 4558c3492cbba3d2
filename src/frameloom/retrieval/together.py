"""Images for all frames of a video together: all are described, then all are chosen for at once."""

from fractions import Fraction

from frameloom.counting import counted
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices, track
from frameloom.results.collage import BestChoice, Calm
from frameloom.retrieval.all_frames import AllFrames
from frameloom.retrieval.calm.choosing import calm_of, choose_calmly, is_noted
from frameloom.retrieval.matching import Checkpoint
from frameloom.retrieval.optimal.choosing import best_of, choose_best
from frameloom.retrieval.selection import Rules


def choose_together(every: AllFrames, checkpoint: Checkpoint, workspace: Workspace, notices: Notices) -> None:
    """Choose for all frames and write it down; what is described is kept for the next run until then.

    Raises:
        MediaError: a frame or a chosen image cannot be read.
        InputError: images or frames that cannot be compared, or an approximate index that finds too few.
    """
    described, total = every.described, len(every.frames)
    workspace.keep = bool(described.reused)
    if described.reused:
        notices.add(f"{every.name}: going on; {described.reused} of {counted(total, 'frame')} were described")
    steps = (None for count in described.complete(every.matching) for _ in range(count))
    for _ in track(steps, f"{every.name}: describing frames", total, described.reused):
        workspace.keep = True
    choose = choose_calmly if every.rules.calm.asked else choose_best
    choices, facts = choose(every)
    checkpoint.add(choices, facts)


def is_whole(checkpoint: Checkpoint, rules: Rules, count: int) -> bool:
    """Whether a choice for all so many frames was written down, with what is known of it."""
    known = is_noted(checkpoint.facts) if rules.calm.asked else best_of(checkpoint.facts) is not None
    return known and len(checkpoint.choices) == count


def judged(checkpoint: Checkpoint, rules: Rules, duration: Fraction) -> BestChoice | Calm | None:
    """How good or calm the choice is, over so many seconds; None if it was made frame by frame, or notes are lost."""
    if rules.calm.asked:
        return calm_of(checkpoint, rules.calm, duration)
    return best_of(checkpoint.facts) if rules.together else None
