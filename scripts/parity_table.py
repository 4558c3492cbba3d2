"""Write docs/parity.md, how far each network is from its original: `PYTHONPATH=tests python scripts/parity_table.py`.

The same recordings, weights and inputs as in tests/parity; all of them where `shared/golden` lies beside the project.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from parity.any_time import FLOW_TOLERANCE, FRAME_TOLERANCE, MANIFEST, Case, cases, differences

PAGE = Path(__file__).resolve().parents[1] / "docs" / "parity.md"
HEAD = f"""# Parity with the originals

Made by `scripts/parity_table.py` from the recordings that `tests/parity` holds every run to: the original code's
outputs on the CPU in float32, with weights that a rule fills in. So architecture, padding and conventions are compared,
without a download; the keys and shapes of the official checkpoints are compared as well, strictly.

Largest differences, in parts of full scale (frames) and pixels (flows); tests allow {FRAME_TOLERANCE:g} and
{FLOW_TOLERANCE:g}.
The recorded frames are rounded to 2^-16, which alone is 7.7e-06.

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
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def _line(model: str, of_model: list[Case]) -> str:
    found = [differences(case) for case in of_model]
    frames, flows = (max(difference[what] for difference in found) for what in ("frame", "flow"))
    shapes = MANIFEST[model]["keys"].values()
    count = sum(int(np.prod(shape)) for shape in shapes)
    return f"| {model} | {len(shapes)} | {count:,} | {len(of_model)} | {frames:.1e} | {flows:.1e} |"


if __name__ == "__main__":
    main()
