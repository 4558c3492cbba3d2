"""Record the SSIM of IFRNet's metric.py, which AMT has too and RIFE, EMA-VFI and M2M call ssim_matlab.

    python record_ssim.py IFRNET_FOLDER

needs torch and a checkout of ltkong218/IFRNet.
"""
import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), sys.argv[1]]
from make_inputs import PAIRS, pair  # noqa: E402


def main():
    from metric import calculate_ssim

    def tensor(image):
        return torch.from_numpy(image).permute(2, 0, 1)[None].double() / 255

    torch.set_default_dtype(torch.float64)
    found = {case: float(calculate_ssim(*map(tensor, pair(*what)))) for case, what in PAIRS.items()}
    (HERE / "ssim.json").write_text(json.dumps(found) + "\n")


main()
