"""Forward warping: every pixel is carried along its flow and shared out among the four pixels that it lands between.

Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation", CVPR 2020, section 3.1, written from its equations.
Always in float32: half-precision coordinates are off by whole pixels.

A splat is a sparse matrix with four entries per pixel, the bilinear shares, times a dense one with a row per pixel. On
the CPU, SciPy's product walks it once with all channels of a pixel side by side; on other devices rows are added with
atomics. `benchmarks/splatting.py` compares with other ways.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import torch
from scipy.sparse import csc_array
from torch import Tensor
from torch.autograd.function import once_differentiable

from frameloom.models.layers.grids import pixel_grid

Mode: TypeAlias = Literal["sum", "avg", "linear", "soft"]
Division: TypeAlias = Literal["addeps", "zeroeps", "clipeps"]
_TARGETS = 4  # of each pixel
_MARGIN = 2  # pixels around a frame that take what falls outside, so that no corner needs a test of its own
_OUTSIDE = -9.0  # as a coordinate
_SMALLEST = 1e-7  # of the weight to divide by, as in the published code


class Landing:
    """Where the pixels of a frame land along a flow: found once, used for all that moves along it.

    Pixels whose target is not finite or lies outside the frame are dropped; so are shares that fall outside.
    """

    def __init__(self, flow: Tensor) -> None:
        """Args: flow (batch, 2, height, width), pixels; channel 0 = x right, 1 = y down."""
        batch, _, height, width = flow.shape
        self.batch, self.size = batch, (height, width)
        # Each in place, as fetching memory for a result takes longer than to compute it
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
        shares = landing.shares
        if mode != "avg":
            given = cast(Tensor, importance).float()
            shares = shares * _rows(given if mode == "linear" else given.exp(), landing.batch)
        if values.shape[1] < _TARGETS:
            return landing.sums(values, shares) / _divisor(landing.totals(shares), division)
        # There are fewer shares to divide than sums
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

    In order: upper left, upper right, lower left, lower right; counted through all frames with their margins.
    """
    batch, _, height, width = floor.shape
    rows, columns = height + 2 * _MARGIN, width + 2 * _MARGIN
    left, top = floor.unbind(1)
    left = left.clamp(-_MARGIN, width).to(torch.int32)
    top = top.clamp(-_MARGIN, height).to(torch.int32)
    frames = torch.arange(batch, dtype=torch.int32, device=floor.device) * (rows * columns) + _MARGIN * (columns + 1)
    corners = (torch.add(left, top, alpha=columns) + frames[:, None, None]).flatten()
    targets = corners.new_empty(corners.numel(), _TARGETS)
    for number, step in enumerate((0, 1, columns, columns + 1)):
        torch.add(corners, step, out=targets[:, number])
    return targets


def _shares(fractions: Tensor) -> Tensor:
    """(pixels, 4), from how far right and below of the upper left target a pixel lands (batch, 2, height, width)."""
    right, below = fractions.unbind(1)
    if not (fractions.requires_grad and torch.is_grad_enabled()):
        return _written_shares(right, below)
    lower_right = right * below
    lower_left, upper_right = below - lower_right, right - lower_right
    upper_left = 1 - right - lower_left
    return _columns([upper_left, upper_right, lower_left, lower_right])


def _written_shares(right: Tensor, below: Tensor) -> Tensor:
    """The same where no gradients are wanted: each is computed where it belongs, in a third of the time."""
    shares = right.new_empty(*right.shape, _TARGETS)
    upper_left, upper_right, lower_left, lower_right = shares.unbind(-1)
    torch.mul(right, below, out=lower_right)
    torch.sub(below, lower_right, out=lower_left)
    torch.sub(right, lower_right, out=upper_right)
    torch.sub(1 - right, lower_left, out=upper_left)
    return shares.flatten(0, -2)


def _columns(planes: Sequence[Tensor]) -> Tensor:
    """(pixels, planes), of planes with a number per pixel; `torch.stack` takes several times as long."""
    columns = planes[0].new_empty(planes[0].numel(), len(planes))
    for number, plane in enumerate(planes):
        columns[:, number] = plane.flatten()
    return columns


def _rows(image: Tensor, batch: int) -> Tensor:
    """(batch or 1, channels, height, width) to (batch * height * width, channels) float32."""
    return image.float().movedim(1, -1).expand(batch, -1, -1, -1).reshape(-1, image.shape[1])


def _add_on_cpu(values: Tensor, shares: Tensor, targets: Tensor, rows: int) -> Tensor:
    starts = np.arange(0, targets.numel() + 1, 4, dtype=np.int32)
    columns = (shares.numpy().reshape(-1), targets.numpy().reshape(-1), starts)
    matrix = csc_array(columns, shape=(rows, len(targets)))
    if values.shape[1] < _TARGETS:  # so few channels are faster one by one
        sums = values.new_empty(values.shape[1], rows)
        for channel, plane in zip(sums, values.unbind(1), strict=True):
            channel.copy_(torch.from_numpy(matrix @ plane.numpy()))
        return sums.t()
    return torch.from_numpy(matrix @ values.numpy())


def _add_rows(values: Tensor, shares: Tensor, targets: Tensor, rows: int) -> Tensor:
    """The same, on any device."""
    sums = values.new_zeros(rows, values.shape[1])
    for target, share in zip(targets.unbind(1), shares.unbind(1), strict=True):
        sums.index_add_(0, target, values * share[:, None])
    return sums
