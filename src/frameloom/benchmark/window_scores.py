"""For metrics that judge several frames at once: which samples are one video, and its frames window by window."""

import math
from collections import deque
from collections.abc import Iterable, Sequence

from frameloom.benchmark.samples import Image, Sample
from frameloom.errors import InputError
from frameloom.metrics.metric import Metric, Stretch


def runs_of(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Samples that go on where the one before ends, together."""
    runs: list[list[Sample]] = []
    for sample in samples:
        if runs and _goes_on(runs[-1][-1], sample):
            runs[-1].append(sample)
        else:
            runs.append([sample])
    return runs


def _goes_on(before: Sample, after: Sample) -> bool:
    return before.factor == after.factor and before.files[-1] == after.files[0] and before.prepare == after.prepare


def frames_of(run: Sequence[Sample]) -> int:
    """How many frames a run shows, given ones too."""
    return 1 + sum(sample.factor for sample in run)


def check_windows(runs: Iterable[Sequence[Sample]], metrics: Iterable[Metric]) -> None:
    """See that each metric finds a video that is long enough.

    Raises:
        InputError: there is none for one of them.
    """
    longest = max((frames_of(run) for run in runs), default=0)
    for metric in metrics:
        if metric.window > longest:
            raise InputError(
                f"{metric.name} judges {metric.window} frames in a row, given ones among them; the longest sequence "
                f"here has {longest}: leave it out, or measure longer ones"
            )


class WindowScores:
    """Gives a metric the frames of a video, of which only one window is held."""

    def __init__(self, metric: Metric) -> None:
        """Args: a metric that judges windows."""
        self.name = metric.name
        self._metric = metric
        self._frames: deque[tuple[Image, Image]] = deque(maxlen=metric.window)
        self._waiting = 0
        self._scores: list[float] = []

    def add(self, prediction: Image, truth: Image) -> None:
        """The next frame; of a given one both are the same."""
        self._frames.append((prediction, truth))
        self._waiting += 1
        if self._waiting == self._metric.window:
            self._judge()

    def finish(self) -> list[float]:
        """One number for each frame: of its window, of which the last ends with the video; NaN where it is shorter."""
        if self._waiting and len(self._frames) == self._metric.window:
            self._judge()
        self._scores += [math.nan] * self._waiting
        return self._scores

    def _judge(self) -> None:
        made, true = zip(*self._frames, strict=True)
        scores = self._metric.scores(Stretch(made, true))
        self._scores += scores[len(scores) - self._waiting :]
        self._waiting = 0
