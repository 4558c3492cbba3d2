"""What a data set declares about itself, and how its files are looked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from frameloom.benchmark.samples import Sample, file_list_hash
from frameloom.errors import CannotOpen, DatasetError
from frameloom.images import images_in, natural_key

Reader = Callable[[Path, int], Iterator[Sample]]
"""Root and factor to samples. Raises DatasetError where something is missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A published data set."""

    name: str
    title: str
    layout: str
    """What lies in its folder, in words."""
    source: str
    """Where it is got; empty for folders of one's own."""
    factor: int
    """The usual one."""
    read: Reader
    maps: bool = False
    """Whether it has measured distance maps."""

    def samples(self, root: Path, factor: int) -> list[Sample]:
        """All its samples.

        Raises:
            CannotOpen: the root is not a folder.
            DatasetError: the data set is not laid out as published; the message says what was expected where.
            RangeError: the data set has no truth for this factor.
        """
        if not root.is_dir():
            raise CannotOpen(f"{root} is not a folder" if root.exists() else f"{root} does not exist")
        try:
            found = list(self.read(root, factor))
            if not found and self.source:
                raise DatasetError(f"{root}: no sequence is long enough for this factor")
        except DatasetError as error:
            raise DatasetError(self.explained(error)) from error
        return found

    def fingerprint(self, samples: Sequence[Sample], root: Path) -> str:
        """SHA-256 of the names and sizes of all files that are used.

        Raises:
            DatasetError: one of them is missing.
        """
        try:
            return file_list_hash(samples, root)
        except DatasetError as error:
            raise DatasetError(self.explained(error)) from error

    def explained(self, error: DatasetError) -> str:
        """What is missing, with what was expected and where it is got."""
        if not self.source:
            return str(error)
        return f"{error}; {self.title} is expected as {self.layout}; it is at {self.source}"


def there(path: Path) -> Path:
    """The path, if something is there.

    Raises:
        DatasetError: nothing is.
    """
    if not path.exists():
        raise DatasetError(f"{path} is missing")
    return path


def beneath(root: Path, *names: str) -> Path:
    """The first of these folders that is in the root; the root itself, where there is none of them."""
    return next((root / name for name in names if (root / name).is_dir()), root)


def lines_of(path: Path) -> list[str]:
    """The lines of a list, without those that are empty.

    Raises:
        DatasetError: it is missing, not text, or names nothing.
    """
    try:
        text = there(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read as a list: {error}") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise DatasetError(f"{path} lists nothing")
    return lines


def sequences_in(root: Path) -> list[tuple[str, list[Path]]]:
    """Folders of images by name, in natural order; the root itself, where images lie in it."""
    own = images_in(root)
    if own:
        return [(root.name, own)]
    folders = sorted((entry for entry in root.iterdir() if entry.is_dir()), key=natural_key)
    return [(folder.name, images_in(folder)) for folder in folders]
