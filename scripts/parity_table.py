"""Write docs/parity.md, how far each network is from its original: `PYTHONPATH=tests python scripts/parity_table.py`.

The same recordings, weights and inputs as in tests/parity; all of them where `shared/golden` lies beside the project.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from parity import flow, pervfi
from parity.any_time import FLOW_TOLERANCE, FRAME_TOLERANCE, MANIFEST, Case, cases, differences

PAGE = Path(__file__).resolve().parents[1] / "docs" / "parity.md"
HEAD = f"""# Parity with the originals

Made by `scripts/parity_table.py` from the recordings that `tests/parity` holds every run to: the original code's
outputs on the CPU in float32, with weights that a rule fills in. So architecture, padding and conventions are compared,
without a download; the keys and shapes of the official checkpoints are compared as well, strictly.

Largest differences, in parts of full scale (frames) and pixels (flows); tests allow {FRAME_TOLERANCE:g} and
{FLOW_TOLERANCE:g}, and {pervfi.FRAME_TOLERANCE:g} for PerVFI, whose frames are those made from given flows.
The recorded frames of the others are rounded to 2^-16, which alone is 7.7e-06. Parameters are all that is in the
checkpoint, buffers and a normalisation under two names included.

| model | keys | parameters | recordings | frames | flows |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Measure and write."""
    torch.set_num_threads(1)
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases():
        groups[case.model].append(case)
    lines = [_line(model, of_model) for model, of_model in groups.items()]
    lines += [_flow_line(name) for name in flow.NETWORKS]
    lines += [_perceptual_line(name) for name in pervfi.NETWORKS]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def _line(model: str, of_model: list[Case]) -> str:
    found = [differences(case) for case in of_model]
    frames, flows = (max(difference[what] for difference in found) for what in ("frame", "flow"))
    return _row(model, list(MANIFEST[model]["keys"].values()), len(of_model), f"{frames:.1e}", f"{flows:.1e}")


def _flow_line(name: str) -> str:
    largest = max(flow.difference(name, case) for case in flow.CASES)
    return _row(flow.TITLES[name], _shapes(name), len(flow.CASES), "", f"{largest:.1e}")


def _perceptual_line(name: str) -> str:
    """From given flows; what leads there is compared in tests/parity/test_pervfi.py."""
    times = pervfi.MANIFEST["cases"]["A"]["times"]
    largest = max(pervfi.difference(name, moment) for moment in times)
    return _row(f"PerVFI {name}", _shapes(name), len(times), f"{largest:.1e}", "")


def _shapes(name: str) -> list[list[int]]:
    return [facts["shape"] for facts in pervfi.MANIFEST["models"][name]["keys"].values()]


def _row(title: str, shapes: Sequence[Sequence[int]], recordings: int, frames: str, flows: str) -> str:
    count = sum(int(np.prod(shape)) for shape in shapes)
    return f"| {title} | {len(shapes)} | {count:,} | {recordings} | {frames} | {flows} |"


if __name__ == "__main__":
    main()
