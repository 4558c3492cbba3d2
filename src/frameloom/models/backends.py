"""How a network's modules are run: in PyTorch as they are."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from frameloom.models.interpolators.network import AnyTimeNetwork
from frameloom.runtime import Runtime

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Engine:
    """A network on its device, in its precision."""

    def __init__(self, network: AnyTimeNetwork, settled: Runtime) -> None:
        self.device = torch.device(settled.device)
        moved: Any = network  # PyTorch does not type this form of `to`
        self.network: AnyTimeNetwork = moved.to(device=self.device, memory_format=torch.channels_last)
        self._type = _TYPES.get(settled.precision)

    @contextmanager
    def running(self) -> Generator[None]:
        """Where the network is called: without gradients, convolutions in the precision that was settled."""
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if self._type is not None:
                stack.enter_context(torch.autocast(self.device.type, self._type))
            yield
