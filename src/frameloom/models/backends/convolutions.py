"""Faster float32 convolutions on the CPU, with the weights as they are.

PyTorch's own are as fast as the processor multiplies, in most shapes. What is left is to multiply less: Winograd's
algorithm (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016) makes 8x8 inputs of a 3x3
convolution into 6x6 outputs with 64 products per channel instead of 324. PyTorch carries it along in NNPACK and uses it
nowhere on desktops; it is faster by 1.3 to 3 from eight channels on, and differs by some 1e-5 of the values.

A transposed convolution of 4x4 that doubles the size is a 3x3 convolution to four times the channels, one for each of
the four positions that an output pixel has between input pixels, so it gains in the same way.

Where numbers of channels are odd, halving convolutions take two to three times as long as they multiply; with channels
last they do not, and OpenCV turns features around in a third of PyTorch's time.
"""

from collections.abc import Callable
from functools import cache, partial
from itertools import repeat
from math import ceil
from typing import Any

import cv2
import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.backends.crew import crew, threads_here

_NNPACK = "_nnpack_spatial_convolution"  # not public: whoever has it not does without
_FEWEST_CHANNELS = 8  # of the input; with three, transforming costs more than it saves

# Numbers of an input that are transformed together, into nearly twice as many. What is larger is done in strips, small
# ones for the cache: of 99 channels at 856x480, 60 rows at a time take 0.30 s and 0.13 GB, all at once 0.36 s and
# 0.7 GB. What is smaller would lose by the copies: of 96 channels at 432x240, 70 ms at once, 85 in strips.
_WHOLE, _STRIP = 11 << 20, 1 << 22
_FEWEST_ROWS = 12
_TILE = 6  # rows of outputs that are made of each other's inputs
_FEW_PIXELS = (
    72  # for each output: 150 channels at 108x60 take 6.8 ms by outputs, 7.5 by rows; 90 at 216x120 11.5, 10.6
)

_VECTOR = 16  # numbers that the processor multiplies at once; PyTorch's kernels take so many channels together


def available() -> bool:
    """Whether this PyTorch on this processor has what is needed; asking is what makes it ready."""
    ready: Any = getattr(torch, "_nnpack_available", None)
    if ready is None or not hasattr(torch, _NNPACK) or not ready():
        return False
    _settle_threads()
    return True


@cache
def _settle_threads() -> None:
    """Let NNPACK use one thread.

    It keeps to the number that there is when it is first called, and serves one caller at a time if that is several.
    With one it serves all callers at once, and whoever has more threads divides the work here.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    _convolved(torch.zeros(_FEWEST_CHANNELS, _FEWEST_CHANNELS, 3, 3), None, torch.zeros(1, _FEWEST_CHANNELS, 8, 8))
    torch.set_num_threads(threads)


def hasten(network: nn.Module) -> None:
    """Let every convolution of a network that gains by it be carried out in another way.

    Weights and state dict stay as they are; only inference is provided for.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_plain_3x3(module):  # kinds of it take more than an image
            _replace(module, partial(_winograd, module.weight, module.bias))
        elif type(module) is nn.Conv2d and _halves_odd_channels(module):
            turned = module.weight.to(memory_format=torch.channels_last)
            _replace(module, partial(_halved, module.weight, turned, module.bias))
        elif isinstance(module, nn.ConvTranspose2d) and _doubles_by_4x4(module):
            assert module.bias is not None
            weight, bias = _as_3x3(module.weight), module.bias.repeat(4)
            _replace(module, partial(_doubled, weight, bias))


def _replace(module: nn.Module, forward: Callable[[Tensor], Tensor]) -> None:
    """Let the module do something else when it is called."""
    vars(module)["forward"] = forward


def _is_plain_3x3(module: nn.Conv2d, stride: int = 1) -> bool:
    facts = (module.kernel_size, module.stride, module.padding, module.dilation, module.groups)
    return facts == ((3, 3), (stride, stride), (1, 1), (1, 1), 1) and module.in_channels >= _FEWEST_CHANNELS


def _halves_odd_channels(module: nn.Conv2d) -> bool:
    return _is_plain_3x3(module, stride=2) and module.in_channels % _VECTOR != 0


def _doubles_by_4x4(module: nn.ConvTranspose2d) -> bool:
    facts = (module.kernel_size, module.stride, module.padding, module.output_padding, module.dilation, module.groups)
    return facts == ((4, 4), (2, 2), (1, 1), (0, 0), (1, 1), 1) and module.in_channels >= _FEWEST_CHANNELS


def _winograd(weight: Tensor, bias: Tensor | None, features: Tensor) -> Tensor:
    """(batch, inputs, height, width) to (batch, outputs, height, width)."""
    # One by one: for several at a time NNPACK takes another way, which is half as fast
    done = [_winograd_of_one(weight, bias, entry) for entry in features.chunk(features.shape[0])]
    return done[0] if len(done) == 1 else torch.cat(done)


def _winograd_of_one(weight: Tensor, bias: Tensor | None, features: Tensor) -> Tensor:
    """(1, inputs, height, width) to (1, outputs, height, width); the same numbers whatever the threads."""
    _, channels, height, width = features.shape
    threads = threads_here()
    if threads > 1 and height * width < _FEW_PIXELS * weight.shape[0]:
        return _by_outputs(weight, bias, _plain(features), threads)
    rows = height if features.numel() <= _WHOLE else max(_FEWEST_ROWS, _STRIP // (channels * width) // _TILE * _TILE)
    rows = min(rows, max(_FEWEST_ROWS, ceil(height / threads / _TILE) * _TILE))
    if rows >= height:
        return _convolved(weight, bias, _plain(features))
    return _by_rows(weight, bias, features, rows, threads)


def _by_outputs(weight: Tensor, bias: Tensor | None, features: Tensor, threads: int) -> Tensor:
    """Some channels in each thread, where transforming all kernels in each would take longer than all features."""
    weights = weight.chunk(threads)
    biases = [None] * len(weights) if bias is None else bias.chunk(threads)
    return torch.cat(list(crew(threads).map(_convolved, weights, biases, repeat(features))), dim=1)


def _by_rows(weight: Tensor, bias: Tensor | None, features: Tensor, rows: int, threads: int) -> Tensor:
    """So many rows at a time, a multiple of a tile's: then tiles are where they are if all rows are seen at once."""
    height, width = features.shape[-2:]
    made = features.new_empty(1, weight.shape[0], height, width)

    @torch.inference_mode()
    def make(start: int) -> None:
        end = min(start + rows, height)
        seen = _plain(features[:, :, max(0, start - 1) : end + 1])
        if start == 0 or end == height:
            seen = functional.pad(seen, (0, 0, int(start == 0), int(end == height)))
        made[:, :, start:end] = _convolved(weight, bias, seen, rows_padded=0)

    starts = range(0, height, rows)
    if threads > 1:
        list(crew(threads).map(make, starts))
        return made
    for start in starts:
        make(start)
    return made


def _convolved(weight: Tensor, bias: Tensor | None, features: Tensor, *, rows_padded: int = 1) -> Tensor:
    """(1, inputs, height, width), rows first in memory, to (1, outputs, height, width)."""
    convolve: Any = getattr(torch, _NNPACK)
    with torch.inference_mode():
        return convolve(features, weight, bias, [rows_padded, 1], [1, 1])


def _halved(weight: Tensor, turned: Tensor, bias: Tensor | None, features: Tensor) -> Tensor:
    """(batch, inputs, height, width) to (batch, outputs, height / 2, width / 2), rounded up.

    Large features are left as they are: turned around they are there twice, and little is gained.
    """
    if features.numel() > _WHOLE:
        # PyTorch turns features around, and slowly, where the weights are
        return functional.conv2d(features, weight, bias, stride=2, padding=1)
    return functional.conv2d(_channels_last(features), turned, bias, stride=2, padding=1)


def _doubled(weight: Tensor, bias: Tensor, features: Tensor) -> Tensor:
    """(batch, inputs, height, width) to (batch, outputs, 2 * height, 2 * width)."""
    fourfold = _winograd(weight, bias, features)
    batch, channels, height, width = fourfold.shape
    doubled = fourfold.new_empty(batch, channels // 4, 2 * height, 2 * width)
    for parts, whole in zip(fourfold, doubled, strict=True):
        columns = parts.view(2, 2, -1, width).numpy()  # first two: row and column are odd; third: outputs and rows
        rows = whole.view(-1, 2, width, 2).numpy()
        for odd in (0, 1):
            # A third to a half of what a strided copy takes; functional.pixel_shuffle takes three to five times that
            cv2.merge(list(columns[odd]), dst=rows[:, odd])
    return doubled


def _plain(features: Tensor) -> Tensor:
    """Features (1, channels, height, width) with rows first in memory."""
    if features.stride(1) != 1:
        return features.contiguous()
    matrix = features[0].movedim(0, -1).flatten(0, 1)  # (pixels, channels)
    return torch.from_numpy(cv2.transpose(matrix.numpy())).view(features.shape)


def _channels_last(features: Tensor) -> Tensor:
    """Features (batch, channels, height, width) with the channels of a pixel side by side in memory."""
    if features.is_contiguous(memory_format=torch.channels_last) or not features.is_contiguous():
        return features.contiguous(memory_format=torch.channels_last)
    batch, channels, height, width = features.shape
    turned = features.new_empty(batch, height * width, channels)
    for entry, whole in zip(features, turned, strict=True):
        cv2.transpose(entry.flatten(1).numpy(), dst=whole.numpy())
    return turned.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _as_3x3(weight: Tensor) -> Tensor:
    """Weights (inputs, outputs, 4, 4) of a doubling transposed convolution as (4 * outputs, inputs, 3, 3).

    Output 2i sees input i - 1 by tap 3 and input i by tap 1; output 2i + 1 sees input i by tap 2 and i + 1 by tap 0.
    """
    inputs, outputs = weight.shape[:2]
    spread = weight.new_zeros(2, 2, outputs, inputs, 3, 3)  # first two: whether the output row, column is odd
    taps = (((0, 3), (1, 1)), ((1, 2), (2, 0)))  # per parity: (place in the 3x3 window, tap of the 4x4 kernel)
    for row, down in enumerate(taps):
        for column, across in enumerate(taps):
            for y, tap_down in down:
                for x, tap_across in across:
                    spread[row, column, :, :, y, x] = weight[:, :, tap_down, tap_across].T
    return spread.reshape(4 * outputs, inputs, 3, 3)
