"""A network on its device, in its precision, by its backend."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Generic, TypeVar

import torch
from torch import nn

from frameloom.models.backends import convolutions
from frameloom.models.backends.compiled import compile_parts, new_compiler
from frameloom.runtime import Runtime

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


Network = TypeVar("Network", bound=nn.Module)


class Engine(Generic[Network]):
    """A network, ready to be called as was settled."""

    def __init__(self, network: Network, settled: Runtime) -> None:
        """Args: a loaded network, which is left as it is; weights on the same device are shared with it."""
        self.device = torch.device(settled.device)
        self.network: Network = _copied(network, self.device)
        self._type = None
        if settled.backend != "torch":
            compile_parts(self.network, new_compiler(settled.backend, settled.precision))
        elif settled.precision != "float32":
            self._type = _TYPES[settled.precision]
        elif self.device.type == "cpu" and convolutions.available():
            convolutions.hasten(self.network)

    @contextmanager
    def running(self) -> Generator[None]:
        """Where the network is called: without gradients, convolutions in the precision that was settled."""
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if self._type is not None:
                stack.enter_context(torch.autocast(self.device.type, self._type))
            yield


def _copied(network: Network, device: torch.device) -> Network:
    """The same network with modules of its own."""
    if device.type != "cpu":
        return deepcopy(network).to(device)
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    return deepcopy(network, shared)
