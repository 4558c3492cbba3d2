"""Whether the disk has room for what an analysis writes, told before hours go into it."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from frameloom.errors import CannotWrite
from frameloom.progress import Notices
from frameloom.similarity.token_spool import FILES, TokenSpool

_FOR_PICTURES = 32 * 2**20  # heat maps and the two videos: measured on 100 frames
_WORTH_TELLING = 10**9


def check_room(
    output: Path, folder: Path, spool: TokenSpool, values: Iterable[int], value_bytes: int, notices: Notices
) -> None:
    """Refuse what cannot fit, and say so where much is needed.

    Args:
        output: What the result will be called.
        folder: The hidden folder where it is made.
        spool: Tokens and small pictures that are made or there already.
        values: How many numbers each stored array has.
        value_bytes: Bytes of one of them.
        notices: Where large needs are told.

    Raises:
        CannotWrite: there is less room than needed.
    """
    stays = sum(values) * value_bytes + _FOR_PICTURES
    spooled = sum(spool.sizes) * spool.frames
    there = sum((folder / name).stat().st_size for name in FILES if (folder / name).exists())
    needed = stays + spooled - there
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise CannotWrite(
            f"{output} needs {_amount(needed)} while it is made and {_amount(free)} are free; make room, lower "
            "--max-frames or --size, store --dtype float16, or name the arrays you need with --only"
        )
    if needed > _WORTH_TELLING:
        notices.add(f"{output} takes {_amount(needed)} of disk while it is made, {_amount(stays)} in the end")


def _amount(count: int) -> str:
    return f"{count / 10**9:.1f} GB" if count >= 10**8 else f"{max(1, round(count / 10**6))} MB"
