"""What networks that encode patches share: their contract, and attention."""

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn import functional

Numbers = tuple[float, float, float]
"""One for each of red, green and blue."""


class EncoderNetwork(nn.Module, ABC):
    """Patches of images to tokens. Images come normalised: `mean` taken off, divided by `deviation`."""

    patch: int
    """Side of a patch in pixels."""
    size: int
    """Side of the images it was made for."""
    mean: Numbers
    deviation: Numbers
    width: int
    """Channels of a token."""
    parts: tuple[str, ...] = ()
    sized_parts: tuple[str, ...] = ()
    """See `models.backends.compiled.Divided`."""

    @abstractmethod
    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens of images (batch, 3, height, width) whose sides are multiples of `patch`.

        Returns:
            Those of patches (batch, rows, columns, channels), and those of no patch (batch, count, channels).
        """


def attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Every token looks at every other: Vaswani et al., NeurIPS 2017, equation 1.

    Args:
        queries, keys, values: (batch, heads, tokens, width of a head).

    Returns:
        (batch, tokens, heads x width of a head).
    """
    seen = functional.scaled_dot_product_attention(queries, keys, values)
    return seen.transpose(1, 2).flatten(2)
