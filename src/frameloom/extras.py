"""Optional parts of the installation, and the command that adds one."""

import sys
from pathlib import Path

TORCH_PACKAGES = ("torch", "torchvision", "timm", "transformers", "safetensors")
"""What the extra `torch` brings, as far as our code imports it."""


def install_command(extra: str) -> str:
    """What to type to add an extra to the installation that runs this."""
    return f'{Path(sys.executable).name} -m pip install "frameloom[{extra}]"'
