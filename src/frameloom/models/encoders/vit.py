"""A plain vision transformer as DINOv2 uses it; its weights have the names that timm gives them.

Dosovitskiy et al., ICLR 2021; what DINOv2 adds (patches of 14 pixels, layer scale): Oquab et al., TMLR 2024; register
tokens: Darcet et al., ICLR 2024.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.encoders.network import EncoderNetwork, attention

_EPSILON = 1e-6  # of layer normalisation, as trained
_HIDDEN = 4  # times the width: the inner layer of an MLP
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class VisionTransformer(EncoderNetwork):
    """Tokens after the last normalisation; the class token and registers come along as tokens of no patch."""

    patch = 14
    mean = _IMAGENET_MEAN
    deviation = _IMAGENET_DEVIATION
    parts = ("blocks",)

    def __init__(self, *, width: int, depth: int, heads: int, registers: int = 0, size: int = 518) -> None:
        """Args: width of a token; number of blocks; heads of attention; register tokens; side of training images."""
        super().__init__()
        self.size = size
        self.width = width
        self._grid = size // self.patch
        self._classes = 0 if registers else 1  # with registers, only patches have a place: timm's form of these weights
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        if registers:
            self.reg_token = nn.Parameter(torch.zeros(1, registers, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, self._classes + self._grid**2, width))
        self.patch_embed = _PatchEmbedding(width, self.patch)
        self.blocks = nn.Sequential(*(_Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, _EPSILON)
        self._registers = registers

    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See `EncoderNetwork`."""
        batch, _, height, width = images.shape
        rows, columns = height // self.patch, width // self.patch
        class_place, places = self._positions(rows, columns)
        patches = self.patch_embed(images) + places
        others = [(self.cls_token + class_place).expand(batch, -1, -1)]
        if self._registers:
            others.append(self.reg_token.expand(batch, -1, -1))
        seen = self.norm(self.blocks(torch.cat([*others, patches], dim=1)))
        beside = 1 + self._registers
        return seen[:, beside:].reshape(batch, rows, columns, -1), seen[:, :beside]

    def _positions(self, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """What is added to the class token (1, 1 or 0, width), and to patches (1, rows x columns, width)."""
        of_class, of_patches = self.pos_embed[:, : self._classes], self.pos_embed[:, self._classes :]
        if not self._classes:
            of_class = torch.zeros_like(self.cls_token)
        if (rows, columns) == (self._grid, self._grid):
            return of_class, of_patches
        grid = of_patches.transpose(1, 2).reshape(1, -1, self._grid, self._grid)
        resized = functional.interpolate(grid.float(), (rows, columns), mode="bicubic", antialias=True)
        return of_class, resized.flatten(2).transpose(1, 2)


class _PatchEmbedding(nn.Module):
    """(batch, 3, height, width) to (batch, rows x columns, width)."""

    def __init__(self, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, stride=patch)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(images).flatten(2).transpose(1, 2)


class _Block(nn.Module):
    """Attention, then an MLP; each normalised before and scaled after (Touvron et al., ICCV 2021, section 2)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, _EPSILON)
        self.attn = _Attention(width, heads)
        self.ls1 = _LayerScale(width)
        self.norm2 = nn.LayerNorm(width, _EPSILON)
        self.mlp = _MLP(width)
        self.ls2 = _LayerScale(width)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        split = self.qkv(tokens).reshape(batch, count, 3, self._heads, width // self._heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(attention(queries, keys, values))


class _LayerScale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((width,), 1e-5))

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens * self.gamma


class _MLP(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, _HIDDEN * width)
        self.fc2 = nn.Linear(_HIDDEN * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(tokens)))


_REGISTERS = 4


class DINOv2Small(VisionTransformer):
    """ViT-S/14."""

    def __init__(self, *, registers: int = 0) -> None:
        super().__init__(width=384, depth=12, heads=6, registers=registers)


class DINOv2(VisionTransformer):
    """ViT-B/14."""

    def __init__(self, *, registers: int = 0) -> None:
        super().__init__(width=768, depth=12, heads=12, registers=registers)


class DINOv2Large(VisionTransformer):
    """ViT-L/14."""

    def __init__(self, *, registers: int = 0) -> None:
        super().__init__(width=1024, depth=24, heads=16, registers=registers)


class DINOv2SmallRegisters(DINOv2Small):
    """ViT-S/14 with four register tokens."""

    def __init__(self) -> None:
        super().__init__(registers=_REGISTERS)


class DINOv2Registers(DINOv2):
    """ViT-B/14 with four register tokens."""

    def __init__(self) -> None:
        super().__init__(registers=_REGISTERS)


class DINOv2LargeRegisters(DINOv2Large):
    """ViT-L/14 with four register tokens."""

    def __init__(self) -> None:
        super().__init__(registers=_REGISTERS)
