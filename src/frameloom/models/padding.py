"""Frames grown to the sizes that a network can take, and results cut back."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from frameloom.catalog import InputSpec


@dataclass(frozen=True, slots=True)
class Padding:
    """Pixels to the left, right, above and below."""

    amounts: tuple[int, int, int, int]
    value: str  # of InputSpec.fill

    @classmethod
    def of(cls, spec: InputSpec, size: tuple[int, int]) -> "Padding":
        """What frames of one (height, width) need before a network that is described so can take them."""
        (above, below), (left, right) = (_both_ends(spec, side) for side in size)
        return cls((left, right, above, below), spec.fill)

    def pad(self, tensor: Tensor, *, edge: bool = False) -> Tensor:
        """(batch, channels, height, width), padded; maps always repeat their edge."""
        if not any(self.amounts):
            return tensor
        mode = "replicate" if edge or self.value == "edge" else "constant"
        return functional.pad(tensor, self.amounts, mode=mode)

    def area(self, size: tuple[int, int]) -> int:
        """Pixels of a (height, width) with its padding."""
        left, right, above, below = self.amounts
        return (size[0] + above + below) * (size[1] + left + right)

    def crop(self, tensor: Tensor) -> Tensor:
        """Without the padding."""
        left, right, above, below = self.amounts
        return tensor[..., above : tensor.shape[-2] - below, left : tensor.shape[-1] - right]


def _both_ends(spec: InputSpec, side: int) -> tuple[int, int]:
    """Pixels before and after one side."""
    missing = max(spec.smallest, up_to_multiple(side, spec.multiple)) - side
    return (0, missing) if spec.place == "end" else (missing // 2, missing - missing // 2)


def up_to_multiple(side: int, multiple: int) -> int:
    """The side, rounded up."""
    return -(-side // multiple) * multiple
