"""All data sets by name."""

import difflib

from frameloom.benchmark.dataset import Dataset
from frameloom.benchmark.datasets import davis, folder, gopro, middlebury, snu_film, ucf101, vimeo90k, x4k1000fps, xiph
from frameloom.errors import InputError

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for module in (folder, vimeo90k, ucf101, middlebury, snu_film, xiph, x4k1000fps, davis, gopro)
    for dataset in module.DATASETS
}


def find_dataset(name: str) -> Dataset:
    """The data set of that name, in any case.

    Raises:
        InputError: there is none; the message offers the nearest.
    """
    found = DATASETS.get(name.lower())
    if found is None:
        close = difflib.get_close_matches(name.lower(), DATASETS, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(DATASETS)}"
        raise InputError(f"no data set is called '{name}'; {hint}")
    return found
