"""Forward warping: every pixel is carried along its flow and shared out among the four pixels that it lands between.

Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation", CVPR 2020, section 3.1, written from its equations.
Always in float32: half-precision coordinates are off by whole pixels.

A splat is a sparse matrix with four entries per pixel, the bilinear shares, times a dense one with a row per pixel. On
the CPU, SciPy's product walks it once with all channels of a pixel side by side; on other devices rows are added with
atomics. `benchmarks/splatting.py` compares with other ways.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csc_array
from torch import Tensor
from torch.autograd.function import once_differentiable

from frameloom.models.layers.grids import pixel_grid

Mode: TypeAlias = Literal["sum", "avg", "linear", "soft"]
Division: TypeAlias = Literal["addeps", "zeroeps", "clipeps"]
_TARGETS = 4  # of each pixel
_MARGIN = 2  # pixels around a frame that take what falls outside, so that no corner needs a test of its own
_OUTSIDE = -9.0  # as a coordinate
_SIZES_KEPT = 4  # as many as PerVFI has levels, and one more
_SMALLEST = 1e-7  # of the weight to divide by, as in the published code


class Landing:
    """Where the pixels of a frame land along a flow: found once, used for all that moves along it.

    Pixels whose target is not finite or lies outside the frame are dropped; so are shares that fall outside.
    """

    def __init__(self, flow: Tensor) -> None:
        """Args: flow (batch, 2, height, width), pixels; channel 0 = x right, 1 = y down."""
        batch, _, height, width = flow.shape
        self.batch, self.size = batch, (height, width)
        targets = flow.float() + pixel_grid(height, width, flow.device)
        targets = targets.nan_to_num_(nan=_OUTSIDE, posinf=_OUTSIDE, neginf=_OUTSIDE)
        floor = targets.detach().floor()
        self.shares = _shares(targets.sub_(floor))
        self.targets = _targets(floor)

    @property
    def rows(self) -> int:
        """Pixels that can be landed on: those of all frames with their margins."""
        height, width = self.size
        return self.batch * (height + 2 * _MARGIN) * (width + 2 * _MARGIN)

    def sums(self, values: Tensor, shares: Tensor | None = None) -> Tensor:
        """Add up all that lands on each pixel; differentiable in values and shares.

        Args:
            values: (batch, channels, height, width), or a batch of one that is carried along every flow.
            shares: (pixels, 4): how much of each pixel goes to its four targets; bilinear, if not given.

        Returns:
            (batch, channels, height, width) float32, channels last in memory.
        """
        shares = self.shares if shares is None else shares
        sums = self._product(_rows(values, self.batch), shares)
        return self._framed(sums)[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN].movedim(-1, 1)

    def totals(self, shares: Tensor | None = None, *, margins: bool = False) -> Tensor:
        """(batch, 1, height, width): what the shares sum up to where they land; with margins, one pixel around."""
        shares = self.shares if shares is None else shares
        totals = self._framed(self._product(shares.new_ones(len(shares), 1), shares)).movedim(-1, 1)
        return totals if margins else totals[..., _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]

    def _framed(self, rows: Tensor) -> Tensor:
        """(rows, channels) to (batch, height, width, channels) with margins."""
        height, width = self.size
        return rows.view(self.batch, height + 2 * _MARGIN, width + 2 * _MARGIN, -1)

    def _product(self, values: Tensor, shares: Tensor) -> Tensor:
        return cast(Tensor, _Product.apply(values, shares, self.targets, self.rows))


def splat(
    values: Tensor,
    flow: Tensor | Landing,
    importance: Tensor | None = None,
    *,
    mode: Mode = "soft",
    division: Division = "addeps",
) -> Tensor:
    """Carry values along a flow and join what meets (paper, equations 1 to 6).

    Args:
        values: (batch, channels, height, width).
        flow: (batch, 2, height, width) in pixels, or where it leads, if more than one thing is carried along it.
        importance: (batch, 1, height, width): the weight of each pixel if `linear`, the logarithm of it if `soft`.
        mode: What meets is summed, averaged, or averaged with weights.
        division: How to divide by a weight of 0, where nothing lands: add 1e-7 to all weights, take 1 instead of 0, or
            take 1e-7 instead of anything less.

    Returns:
        (batch, channels, height, width) float32; 0 where nothing lands.
    """
    with torch.autocast(values.device.type, enabled=False):
        landing = flow if isinstance(flow, Landing) else Landing(flow)
        if mode == "sum":
            return landing.sums(values)
        weight = None
        if mode != "avg":
            given = cast(Tensor, importance).float()
            weight = given if mode == "linear" else given.exp()
        joined = _joined_by_values if values.shape[1] < _TARGETS else _joined_by_shares
        return joined(values, landing, weight, division)


def _joined_by_values(values: Tensor, landing: Landing, weight: Tensor | None, division: Division) -> Tensor:
    """`splat` where values are fewer than shares: they are weighed, and their sums divided."""
    totals = landing.totals() if weight is None else landing.sums(weight)
    sums = landing.sums(values if weight is None else _weighed(values.float(), weight))
    divisor = _divisor(totals, division)
    return sums / divisor if torch.is_grad_enabled() else sums.div_(divisor)


def _weighed(values: Tensor, weight: Tensor) -> Tensor:
    """Values (batch or 1, channels, height, width) times weights (batch or 1, 1, ...), plane by plane in memory."""
    if torch.is_grad_enabled():
        return values.contiguous() * weight
    weighed = values.new_empty(max(len(values), len(weight)), *values.shape[1:])
    for plane, product in zip(values.unbind(1), weighed.unbind(1), strict=True):
        torch.mul(plane, weight[:, 0], out=product)
    return weighed


def _joined_by_shares(values: Tensor, landing: Landing, weight: Tensor | None, division: Division) -> Tensor:
    """`splat` where shares are fewer than values: they are weighed and divided."""
    shares = landing.shares if weight is None else landing.shares * _rows(weight, landing.batch)
    totals = _divisor(landing.totals(shares, margins=True).reshape(-1), division)
    return landing.sums(values, shares / totals[landing.targets])


def _divisor(total: Tensor, division: Division) -> Tensor:
    if division == "addeps":
        return total + _SMALLEST
    if division == "zeroeps":
        return torch.where(total == 0, 1, total)
    return total.clamp(min=_SMALLEST)


class _Product(torch.autograd.Function):
    """Values (pixels, channels), times their shares (pixels, 4), added up in their targets: (rows, channels)."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, shares: Tensor, targets: Tensor, rows: int) -> Tensor:
        ctx.save_for_backward(values, shares, targets)
        add = _add_on_cpu if values.device.type == "cpu" else _add_rows
        return add(values, shares, targets, rows)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride] its decorator hides the name of ctx
        values, shares, targets = ctx.saved_tensors
        (gradient,) = gradients
        at_targets = [gradient[target] for target in targets.unbind(1)]  # 4 times (pixels, channels)
        to_values = to_shares = None
        if ctx.needs_input_grad[0]:
            to_values = torch.zeros_like(values)
            for share, at_target in zip(shares.unbind(1), at_targets, strict=True):
                to_values.addcmul_(share[:, None], at_target)
        if ctx.needs_input_grad[1]:
            to_shares = torch.stack([(values * at_target).sum(1) for at_target in at_targets], 1)
        return to_values, to_shares, None, None


def _targets(floor: Tensor) -> Tensor:
    """(pixels, 4) int32, from whole coordinates (batch, 2, height, width): the targets of each pixel.

    In order: upper left, upper right, lower left, lower right; counted through all frames with their margins. The
    coordinates are overwritten.
    """
    batch, _, height, width = floor.shape
    rows, columns = height + 2 * _MARGIN, width + 2 * _MARGIN
    left, top = floor.unbind(1)
    left = left.clamp_(-_MARGIN, width).to(torch.int32)
    top = top.clamp_(-_MARGIN, height).to(torch.int32)
    frames = torch.arange(batch, dtype=torch.int32, device=floor.device) * (rows * columns) + _MARGIN * (columns + 1)
    corners = top.mul_(columns).add_(left).add_(frames[:, None, None])
    return _columns([corners + step for step in (0, 1, columns, columns + 1)])


def _shares(fractions: Tensor) -> Tensor:
    """(pixels, 4), from how far right and below of the upper left target a pixel lands (batch, 2, height, width).

    These are overwritten where they need no gradients.
    """
    right, below = fractions.unbind(1)
    lower_right = right * below
    if fractions.requires_grad:
        lower_left, upper_right = below - lower_right, right - lower_right
        return _columns([1 - right - lower_left, upper_right, lower_left, lower_right])
    # In place, as fetching memory for a result takes longer than to compute it
    lower_left = below.sub_(lower_right)
    upper_left = (1 - right).sub_(lower_left)
    return _columns([upper_left, right.sub_(lower_right), lower_left, lower_right])


def _columns(planes: Sequence[Tensor]) -> Tensor:
    """(pixels, planes), of planes with a number per pixel."""
    flat = [plane.flatten() for plane in planes]
    if flat[0].device.type == "cpu" and not flat[0].requires_grad:
        # In a tenth of the time that `torch.stack` takes
        return torch.from_numpy(cv2.merge([plane.numpy() for plane in flat]).reshape(-1, len(flat)))
    return torch.stack(flat, 1)


def _rows(image: Tensor, batch: int) -> Tensor:
    """(batch or 1, channels, height, width) to (batch * height * width, channels) float32."""
    return image.float().movedim(1, -1).expand(batch, -1, -1, -1).reshape(-1, image.shape[1])


def _add_on_cpu(values: Tensor, shares: Tensor, targets: Tensor, rows: int) -> Tensor:
    columns = (shares.numpy().reshape(-1), targets.numpy().reshape(-1), _starts(len(targets)))
    matrix = csc_array(columns, shape=(rows, len(targets)))
    if values.shape[1] < _TARGETS:  # so few channels are faster one by one
        sums = values.new_empty(values.shape[1], rows)
        for channel, plane in zip(sums, values.unbind(1), strict=True):
            channel.copy_(torch.from_numpy(matrix @ plane.numpy()))
        return sums.t()
    return torch.from_numpy(matrix @ values.numpy())


@lru_cache(maxsize=_SIZES_KEPT)
def _starts(pixels: int) -> NDArray[np.int32]:
    """(pixels + 1,): where the targets of each pixel begin, and where those of the last one end."""
    return np.arange(0, _TARGETS * pixels + 1, _TARGETS, dtype=np.int32)


def _add_rows(values: Tensor, shares: Tensor, targets: Tensor, rows: int) -> Tensor:
    """The same, on any device."""
    sums = values.new_zeros(rows, values.shape[1])
    for target, share in zip(targets.unbind(1), shares.unbind(1), strict=True):
        sums.index_add_(0, target, values * share[:, None])
    return sums
