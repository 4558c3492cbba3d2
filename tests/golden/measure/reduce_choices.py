"""Takes the vectors and what the original chose by them out of the whole recording: `reduce_choices.py WHOLE PART`."""

import sys

import numpy as np

RAW = {"canny": "raw", "spatial_pyramid": "raw", "hog": "raw", "spatial_color": "reduced"}

whole = np.load(sys.argv[1])
part = {}
for method, kind in RAW.items():
    for what in ("pool", "query"):
        part[f"{method}_{what}"] = whole[f"{method}_{kind}_{what}"]
    for what in ("topk_idx", "topk_score", "norepeat_order_2passes"):
        part[f"{method}_{what}"] = whole[f"{method}_{what}"]
np.savez_compressed(sys.argv[2], **part)
