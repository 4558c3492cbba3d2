"""How many threads PyTorch has, for the length of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def pytorch_threads(count: int) -> Iterator[None]:
    """So many, and afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
