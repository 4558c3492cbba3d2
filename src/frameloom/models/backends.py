"""How a network's modules are run: in PyTorch as they are."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from frameloom.runtime import Runtime

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


Network = TypeVar("Network", bound=nn.Module)


class Engine(Generic[Network]):
    """A network on its device, in its precision."""

    def __init__(self, network: Network, settled: Runtime) -> None:
        self.device = torch.device(settled.device)
        moved: Any = network  # PyTorch does not type this form of `to`
        self.network: Network = moved.to(device=self.device, memory_format=torch.channels_last)
        self._type = _TYPES.get(settled.precision)

    @contextmanager
    def running(self) -> Generator[None]:
        """Where the network is called: without gradients, convolutions in the precision that was settled."""
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if self._type is not None:
                stack.enter_context(torch.autocast(self.device.type, self._type))
            yield
