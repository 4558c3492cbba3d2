"""GMA: RAFT that also looks at how alike places move.

Jiang, Campbell, Lu, Li, Hartley: "Learning to Estimate Hidden Motions with Global Motion Aggregation", ICCV 2021. What
is hidden in the other frame has no match there; it takes part in the motion of what looks like it in its own frame.
Layers have the names of the published weights.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.flow.network import upsampled
from frameloom.models.flow.raft import (
    MASK_SHARE,
    Encoder,
    FlowHead,
    MotionEncoder,
    RecurrentFlow,
    SeparableGRU,
    Step,
    new_mask_head,
)

_CHANNELS = 128
_POSITIONS = 160  # rows and columns that the table of relative positions covers

Attend = Callable[[Tensor], Tensor]
"""From values (batch, channels, height, width) to what each pixel gathers of them."""


class RelativePositions(nn.Module):
    """A table that published weights have and that this form of the network does not look into."""

    rel_ind: Tensor

    def __init__(self) -> None:
        super().__init__()
        places = torch.arange(_POSITIONS)
        self.rel_height = nn.Embedding(2 * _POSITIONS - 1, _CHANNELS)
        self.rel_width = nn.Embedding(2 * _POSITIONS - 1, _CHANNELS)
        self.register_buffer("rel_ind", places[None] - places[:, None] + _POSITIONS - 1)


class Attention(nn.Module):
    """How much each pixel takes after each other, by their context (paper, section 3.2)."""

    def __init__(self) -> None:
        super().__init__()
        self.to_qk = nn.Conv2d(_CHANNELS, 2 * _CHANNELS, 1, bias=False)
        self.pos_emb = RelativePositions()

    def forward(self, context: Tensor) -> Tensor:
        """(batch, 128, height, width) to queries and keys (2, batch, height * width, 128)."""
        return torch.stack(self.to_qk(context).flatten(2).transpose(1, 2).chunk(2, dim=-1))


class Aggregation(nn.Module):
    """Motion, with that of what looks alike."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.to_v = nn.Conv2d(_CHANNELS, _CHANNELS, 1, bias=False)

    def forward(self, motion: Tensor, attend: Attend) -> Tensor:
        """(batch, 128, height, width), the same."""
        return motion + self.gamma * attend(self.to_v(motion))


class Update(nn.Module):
    """What changes from one iteration to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = MotionEncoder()
        self.gru = SeparableGRU(_CHANNELS, 3 * _CHANNELS)
        self.flow_head = FlowHead(_CHANNELS, 256)
        self.mask = new_mask_head()
        self.aggregator = Aggregation()

    def forward(self, hidden: Tensor, step: Step, flow: Tensor, matches: Tensor, attend: Attend) -> Tensor:
        """The hidden state (batch, 128, height, width) a step after a look at flow and matches of this size."""
        motion = self.encoder(flow, matches)
        return step(hidden, torch.cat([motion, self.aggregator(motion, attend)], dim=1))


class GMA(RecurrentFlow):
    """GMA, with attention by content alone."""

    split = (_CHANNELS, _CHANNELS)
    radius = 4
    iterations = 20  # of the released estimator inside PerVFI
    share_for_matches = 0.5  # the other half is for attention

    def __init__(self) -> None:
        super().__init__()
        self.fnet = Encoder(256, nn.InstanceNorm2d)
        self.cnet = Encoder(sum(self.split), nn.BatchNorm2d)
        self.update_block = Update()
        self.att = Attention()

    def stepping(self, context: Tensor, memory: int | None) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """As `RecurrentFlow.stepping`; attention is kept where memory allows, for it is the same in all iterations."""
        queries, keys = self.att(context)
        attend = _attending(queries, keys, None if memory is None else int(memory * (1 - self.share_for_matches)))
        step = self.update_block.gru(context)
        return lambda hidden, flow, matches: self.update_block(hidden, step, flow, matches, attend)

    def change(self, hidden: Tensor) -> Tensor:
        """As `RecurrentFlow.change`."""
        return self.update_block.flow_head(hidden)

    def grown(self, flow: Tensor, hidden: Tensor) -> Tensor:
        """By weights that are learned."""
        return upsampled(flow, MASK_SHARE * self.update_block.mask(hidden))


def _attending(queries: Tensor, keys: Tensor, memory: int | None) -> Attend:
    """How values (batch, 128, height, width) are gathered by queries and keys (batch, pixels, 128)."""
    batch, pixels, channels = queries.shape
    if memory is not None and 2 * batch * pixels**2 * queries.element_size() > memory:  # scores, then weights
        return lambda values: _shaped(
            functional.scaled_dot_product_attention(queries[:, None], keys[:, None], _rows(values)[:, None])[:, 0],
            values,
        )
    weights = torch.softmax(channels**-0.5 * queries @ keys.transpose(1, 2), dim=-1)
    return lambda values: _shaped(weights @ _rows(values), values)


def _rows(picture: Tensor) -> Tensor:
    """(batch, channels, height, width) to (batch, height * width, channels)."""
    return picture.flatten(2).transpose(1, 2)


def _shaped(rows: Tensor, picture: Tensor) -> Tensor:
    """The way back."""
    return rows.transpose(1, 2).reshape(picture.shape)
