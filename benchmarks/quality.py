"""The table of docs/benchmarks.md: restored frames against true ones, ours beside FFmpeg's minterpolate.

    python benchmarks/quality.py --root SEQUENCES --json scores.json --markdown docs/benchmarks.md

SEQUENCES holds folders of consecutive frames. All models that need no weights are measured by `frameloom.evaluate`.
minterpolate is measured on the same samples; of its modes the one with the best mean is shown, and for each true
frame the best of all its output frames is taken, which favours it.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from peers import MODES, minterpolate

import frameloom
from frameloom.benchmark.datasets.folder import folder_samples
from frameloom.benchmark.evaluate import environment
from frameloom.benchmark.means import markdown_table, mean_scores
from frameloom.benchmark.samples import Sample
from frameloom.metrics.table import find_metrics
from frameloom.models.zoo import catalog
from frameloom.results.measuring import MeanScore, Score

METRICS = ("psnr", "ssim", "ie")
MODELS = tuple(card.name for card in catalog.cards("interpolator") if card.checkpoint is None)
"""Every interpolator that needs no weights."""
PEER = "minterpolate"


def peer_rows(sample: Sample, mode: str) -> list[Score]:
    """minterpolate on one sample: for each true frame its best output, by PSNR."""
    metrics = find_metrics(METRICS)
    first, *truths, last = sample.load()
    started = time.process_time()
    outputs = minterpolate(first, last, count=len(truths), mode=mode)
    seconds = (time.process_time() - started) / len(truths)
    rows: list[Score] = []
    for step, truth in enumerate(truths, start=1):
        best = min(outputs, key=lambda image: float(np.mean((image.astype(np.float32) - truth) ** 2)))
        rows.append(
            Score(
                model=f"{PEER} {mode}", sequence=sample.sequence, factor=sample.factor,
                frame=sample.first_index + step, moment=step / sample.factor, cpu_seconds=seconds,
                megapixels=truth.shape[0] * truth.shape[1] / 1e6,
                values={metric.name: metric(best, truth) for metric in metrics},
            )
        )  # fmt: skip
    return rows


def best_peer(root: Path, factor: int, modes: Sequence[str]) -> list[Score]:
    """Rows of the mode with the best mean PSNR."""
    by_mode = {
        mode: [row for sample in folder_samples(root, factor) for row in peer_rows(sample, mode)] for mode in modes
    }
    return max(by_mode.values(), key=lambda rows: mean_scores(rows)[0].values["psnr"])


def sequence_table(means: Sequence[MeanScore], factor: int) -> str:
    """PSNR per sequence at one factor."""
    chosen = [mean for mean in means if mean.factor == factor]
    names = list(chosen[0].per_sequence)
    lines = ["| sequence | " + " | ".join(mean.model for mean in chosen) + " |", "|" + "---|" * (len(chosen) + 1)]
    for name in names:
        values = [mean.per_sequence[name]["psnr"] for mean in chosen]
        cells = [f"**{value:.2f}**" if value == max(values) else f"{value:.2f}" for value in values]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(means: Sequence[MeanScore], command: str) -> str:
    """docs/benchmarks.md."""
    about = ", ".join(f"{name} {number}" for name, number in environment().items())
    parts = [
        "# Benchmarks",
        "Made by one command; do not edit by hand:",
        f"```sh\n{command}\n```",
        "Every N-th frame of a sequence is given, the frames between are restored, rounded to 8 bits and compared with "
        "the true ones. Means are over the frames of a sequence, then over sequences. CPU seconds are processor time "
        "per new frame, all threads. Measured are all models that need no weights: `blend` is plain averaging, weighed "
        "by time. `minterpolate` is FFmpeg's filter, fed a, a, a, c, c, c in 4:4:4 with its cut detector off; shown is "
        "its best mode, and of its output frames always the one nearest to the truth.",
        markdown_table(means, find_metrics(METRICS)),
    ]
    for factor in sorted({mean.factor for mean in means}):
        parts += [f"## PSNR per sequence, {factor}x (dB)", sequence_table(means, factor)]
    parts.append(f"Measured with {about}.")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder of sequences")
    parser.add_argument("--factor", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--json", type=Path, help="where all rows go")
    parser.add_argument("--markdown", type=Path, help="where the page goes")
    options = parser.parse_args()
    rows = list(frameloom.evaluate(*MODELS, root=options.root, metrics=METRICS, factor=options.factor).rows)
    for factor in options.factor:
        rows += best_peer(options.root, factor, list(MODES))
    means = mean_scores(rows)
    print(markdown_table(means, find_metrics(METRICS)))
    print(sequence_table(means, min(options.factor)))
    if options.json:
        record = {"environment": environment(), "rows": [row.to_dict() for row in rows]}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        command = "python benchmarks/quality.py --root SEQUENCES --markdown docs/benchmarks.md"
        options.markdown.write_text(page(means, command), encoding="utf-8")


if __name__ == "__main__":
    main()
