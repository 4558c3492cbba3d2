"""What a collage consists of on the disk."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from frameloom.media.writing.codecs import CODECS
from frameloom.results.collage import BestChoice, Calm, Match

RESULTS, CHECKPOINT = "results.json", "checkpoint.jsonl"
FRAMES, SAMPLES = "matched_frames", "comparison_samples"


def video_name(source: Path, suffix: str) -> str:
    """What the video is called in a folder."""
    return f"{source.stem}_matched{suffix}"


def names_of_result(source: Path) -> frozenset[str]:
    """All that a folder may hold that was made of this video; folders end in `/`."""
    suffixes = {suffix for card in CODECS.values() for suffix in card.suffixes}
    videos = {video_name(source, suffix) for suffix in suffixes}
    return frozenset({RESULTS, CHECKPOINT, f"{FRAMES}/", f"{SAMPLES}/", *videos})


def write_results(path: Path, matches: Sequence[Match], judged: BestChoice | Calm | None) -> None:
    """One line for each frame: its most similar images with their similarities, and the one in its place.

    A last line says how good or calm the choice is, where it was made for all frames together.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write("{")
        for place, match in enumerate(matches):
            file.write(f"{',' if place else ''}\n{json.dumps(match.key)}: {json.dumps(match.to_dict())}")
        if judged is not None:
            name = "calm" if isinstance(judged, Calm) else "best_choice"
            file.write(f',\n"{name}": {json.dumps(judged.to_dict())}')
        file.write("\n}\n")


def adopt(file: Path, working: Path) -> None:
    """Copy what an earlier run left under its final name, unless a later one has left its own."""
    if file.is_file() and not working.exists():
        shutil.copyfile(file, working)
