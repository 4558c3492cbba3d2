"""Drawing results: a result and a folder in, pictures out. Nothing heavy is imported until the verb is called."""

from pathlib import Path
from typing import Literal

from frameloom.results.comparing import Comparison
from frameloom.results.patches import PatchSimilarity

Scale = Literal["absolute", "relative"]


def plot(
    result: Comparison | PatchSimilarity,
    folder: str | Path,
    *,
    scale: Scale = "absolute",
    arrow_stride: int = 4,
    overwrite: bool = False,
) -> list[Path]:
    """Draw the pictures of a result into a folder: of `compare` all of them, of `patches` the heat maps.

    Args:
        result: What `compare` or `patches` returned.
        folder: Where the pictures go.
        scale: Of a comparison, as in `compare`.
        arrow_stride: Likewise.
        overwrite: Replace an earlier result in that folder.

    Returns:
        The files.

    Raises:
        InputError: the result holds no arrays.
        OutputExists: the folder holds an earlier result.
        CannotWrite: it cannot be written.
    """
    if isinstance(result, PatchSimilarity):
        from frameloom.plots.patch_similarity import save_maps

        return save_maps(result, Path(folder), overwrite=overwrite)
    from frameloom.plots.comparison import Look, prepare_folder, save_comparison

    look = Look(scale=scale, arrow_stride=arrow_stride)
    prepare_folder(Path(folder), [], overwrite=overwrite)
    save_comparison(result, Path(folder), look, overwrite=overwrite)
    return sorted(Path(folder).iterdir())
