"""What the feature extractors of metrics share."""

from torch import Tensor, nn


class Pyramid(nn.Module):
    """Modules of which each takes what the one before made of an image; its children, in their order."""

    def forward(self, images: Tensor) -> list[Tensor]:
        """What each of them makes, finest first."""
        levels: list[Tensor] = []
        for level in self.children():
            images = level(images)
            levels.append(images)
        return levels
