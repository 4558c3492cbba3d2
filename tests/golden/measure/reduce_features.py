"""Makes fluxframe_features.npz here from the whole recording: some of its images, and what was computed of them.

    python reduce_features.py WHOLE.npz fluxframe_features.npz
"""

import sys

import numpy as np

KEPT = (1, 2, 4, 6, 9, 11)
FRAMED = (2, 4, 9)
QUERIES = (0, 3)
METHODS = ("canny_raw", "spatial_pyramid_raw", "hog_raw", "spatial_color_raw", "spatial_color_reduced")


def main(whole: str, reduced: str) -> None:
    recorded = np.load(whole)
    kept = {key: recorded[key] for key in recorded.files if key.startswith("pool_") and not key.endswith("_bgr")}
    kept |= {"comparison_size": recorded["comparison_size"], "kept": np.array(KEPT), "framed": np.array(FRAMED)}
    kept["queries"] = np.array(QUERIES)
    kept |= {f"small_{index:02d}_bgr": recorded[f"small_{index:02d}_bgr"] for index in KEPT}
    kept |= {f"pool_{index:02d}_bgr": recorded[f"pool_{index:02d}_bgr"] for index in FRAMED}
    kept |= {f"query_{index}_bgr": recorded[f"query_{index}_bgr"] for index in QUERIES}
    for method in METHODS:
        kept[f"{method}_pool"] = recorded[f"{method}_pool"][list(KEPT)]
        kept[f"{method}_query"] = recorded[f"{method}_query"][list(QUERIES)]
    np.savez_compressed(reduced, **kept)


if __name__ == "__main__":
    main(*sys.argv[1:])
