"""The vision encoder of VideoLLaMA3; its weights have the names that all its checkpoints share after their prefix.

Zhang et al., "VideoLLaMA 3: Frontier Multimodal Foundation Models for Image and Video Understanding", arXiv 2501.13106:
section 3.1, a SigLIP encoder (Zhai et al., ICCV 2023) that takes any size, because it learns no positions: they are
rotations of queries and keys (Su et al., RoFormer, 2021) by row and by column.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.encoders.network import EncoderNetwork, Numbers, attention

_BASE = 10000.0  # of the wavelengths; fixed in the original's code, not in its configuration


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderSizes:
    """What its configuration says."""

    width: int
    """Of a token."""
    hidden: int
    """Of an MLP's inner layer."""
    depth: int
    heads: int
    """What no shape of a weight tells."""
    patch: int
    epsilon: float = 1e-6
    """Of layer normalisation."""
    mean: Numbers = (0.5, 0.5, 0.5)
    deviation: Numbers = (0.5, 0.5, 0.5)


class VideoLLaMA3(EncoderNetwork):
    """Tokens after `post_layernorm`, before those of neighbouring patches are merged."""

    size = 448
    parts = ("encoder",)

    def __init__(self, sizes: EncoderSizes) -> None:
        """Args: as its configuration says."""
        super().__init__()
        self.patch = sizes.patch
        self.mean, self.deviation = sizes.mean, sizes.deviation
        self.width = sizes.width
        self._head = sizes.width // sizes.heads
        self.embeddings = _Embeddings(sizes)
        self.encoder = _Encoder(sizes)
        self.post_layernorm = nn.LayerNorm(sizes.width, sizes.epsilon)

    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See `EncoderNetwork`; every token belongs to a patch.

        The original feeds patches in blocks, as they are merged later, with their positions. Attention does not know an
        order, so here they go row by row.
        """
        rows, columns = images.shape[2] // self.patch, images.shape[3] // self.patch
        cosines, sines = rotations(rows, columns, self._head, device=images.device)
        seen = self.post_layernorm(self.encoder(self.embeddings(images), cosines, sines))
        return seen.reshape(len(seen), rows, columns, -1), seen[:, :0]


def rotations(rows: int, columns: int, head: int, *, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the angles by which queries and keys are turned, (rows x columns, head) each, float32.

    A quarter of the numbers turns by the row, a quarter by the column, each with its wavelength; the second half of the
    numbers is turned together with the first.
    """
    slowing = torch.arange(0, head // 2, 2, device=device, dtype=torch.float32) / (head // 2)
    frequencies = 1.0 / _BASE**slowing  # (head / 4,)
    by_row = torch.arange(rows, device=device, dtype=torch.float32)[:, None] * frequencies
    by_column = torch.arange(columns, device=device, dtype=torch.float32)[:, None] * frequencies
    both = torch.cat(
        [by_row[:, None].expand(-1, columns, -1), by_column[None].expand(rows, -1, -1)], dim=2
    )  # (rows, columns, head / 2)
    angles = both.flatten(0, 1).repeat(1, 2)
    return angles.cos(), angles.sin()


def merged(tokens: Tensor, by: int) -> Tensor:
    """Tokens (batch, rows, columns, channels) of `by` x `by` neighbours as one, as the language model is given them.

    Bilinear at the smaller size; for 2 that is the mean of four.
    """
    smaller = (tokens.shape[1] // by, tokens.shape[2] // by)
    return functional.interpolate(tokens.permute(0, 3, 1, 2), smaller, mode="bilinear").permute(0, 2, 3, 1)


class _Embeddings(nn.Module):
    """(batch, 3, height, width) to (batch, rows x columns, width)."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.patch_embedding = nn.Conv2d(3, sizes.width, sizes.patch, stride=sizes.patch)

    def forward(self, images: Tensor) -> Tensor:
        return self.patch_embedding(images).flatten(2).transpose(1, 2)


class _Encoder(nn.Module):
    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.depth))

    def forward(self, tokens: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        for layer in self.layers:
            tokens = layer(tokens, cosines, sines)
        return tokens


class _Layer(nn.Module):
    """Attention, then an MLP; each normalised before."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(sizes.width, sizes.epsilon)
        self.self_attn = _Attention(sizes.width, sizes.heads)
        self.layer_norm2 = nn.LayerNorm(sizes.width, sizes.epsilon)
        self.mlp = _MLP(sizes.width, sizes.hidden)

    def forward(self, tokens: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        tokens = tokens + self.self_attn(self.layer_norm1(tokens), cosines, sines)
        return tokens + self.mlp(self.layer_norm2(tokens))


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        values = self._in_heads(self.v_proj(tokens))
        queries = _turned(self._in_heads(self.q_proj(tokens)), cosines, sines)
        keys = _turned(self._in_heads(self.k_proj(tokens)), cosines, sines)
        return self.out_proj(attention(queries, keys, values))

    def _in_heads(self, tokens: Tensor) -> Tensor:
        """(batch, tokens, width) to (batch, heads, tokens, width of a head)."""
        return tokens.reshape(*tokens.shape[:2], self._heads, -1).transpose(1, 2)


def _turned(heads: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Pairs of numbers, half a head apart, turned by their angle; in float32, whatever they come in."""
    first, second = heads.float().chunk(2, dim=3)
    return (heads.float() * cosines + torch.cat([-second, first], dim=3) * sines).to(heads.dtype)


class _MLP(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(tokens), approximate="tanh"))
