"""Checkpoints that can be downloaded, put where they are looked for."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import CHUNK, sha256_of, staged, verify
from frameloom.checkpoints.locations import how_to_get, kept_checkpoint, place_of, verify_kept
from frameloom.errors import ModelError
from frameloom.progress import track
from frameloom.results.models import Fetched

_PATIENCE = 60.0  # seconds without a byte


def fetch_checkpoint(card: ModelCard, *, overwrite: bool = False) -> Fetched:
    """Download a card's checkpoint into the cache; nothing is done where it is there.

    Args:
        card: A model that has a checkpoint.
        overwrite: Download it again.

    Raises:
        ModelError: it must be got by hand (the message says where), the download failed, or the file is not the one
            that the card describes.
        CannotWrite: the cache cannot be written.
    """
    kept = None if overwrite else kept_checkpoint(card)
    if kept is not None:
        return _fetched(card, kept, downloaded=False)
    if card.checkpoint is None or card.checkpoint.url is None:
        raise ModelError(f"{card.name} cannot be downloaded by a program; it needs {how_to_get(card)}")
    place = place_of(card)
    with staged(place, overwrite=overwrite) as part:
        _download(card.checkpoint.url, part, card.name)
        verify(part, card.checkpoint, name=card.checkpoint.url)
    return _fetched(card, place, downloaded=True)


def _fetched(card: ModelCard, path: Path, *, downloaded: bool) -> Fetched:
    return Fetched(
        model=card.name,
        path=path,
        size=path.stat().st_size,
        downloaded=downloaded,
        sha256=sha256_of(path),
        verified=verify_kept(card, path),
    )


def _download(url: str, part: Path, name: str) -> None:
    """Write what is at an address to a file.

    Raises:
        ModelError: there is nothing, a web page, or less than was promised.
    """
    if not url.lower().startswith(("https://", "http://")):
        raise ModelError(f"{url} is no https address; downloads come from nowhere else")
    try:
        with closing(urllib.request.urlopen(url, timeout=_PATIENCE)) as answer, part.open("wb") as file:
            if answer.headers.get_content_type() == "text/html":
                raise ModelError(f"{url} is a web page, not a file; open it in a browser and save the file itself")
            total = answer.headers.get("Content-Length")
            _pour(answer, file, None if total is None else int(total), f"{name} (MiB)")
            if total is not None and file.tell() != int(total):
                raise ModelError(f"{url} broke off after {file.tell():,} of {int(total):,} bytes; try again")
    except urllib.error.URLError as error:
        reason = str(error) if isinstance(error, urllib.error.HTTPError) else error.reason
        raise ModelError(f"{url} cannot be downloaded: {reason}; check address and network, or try again") from error
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise ModelError(f"{url} broke off: {type(error).__name__} {error}; try again") from error


def _pour(answer: IO[bytes], file: IO[bytes], total: int | None, label: str) -> None:
    for chunk in track(_chunks(answer), label, None if total is None else -(-total // CHUNK)):
        file.write(chunk)


def _chunks(answer: IO[bytes]) -> Iterator[bytes]:
    while chunk := answer.read(CHUNK):
        yield chunk
