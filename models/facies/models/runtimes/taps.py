"""Intermediate maps of a network, taken while it runs. This module imports torch: import it where it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


def find_taps(network: torch.nn.Module) -> tuple[str, ...]:
    """The modules of a network whose outputs are its intermediate maps, from input to output.

    These are the stages of an EfficientNet and the blocks of a vision transformer (``blocks.0`` ...), else what timm
    lists as the network's features (``layer1`` ... of a ResNet). A network that timm knows no features of has none.
    """
    blocks = getattr(network, "blocks", None)
    if isinstance(blocks, torch.nn.Sequential | torch.nn.ModuleList):
        return tuple(f"blocks.{number}" for number in range(len(blocks)))
    listed: Any = getattr(network, "feature_info", None) or ()
    there = {name for name, _ in network.named_modules()}
    return tuple(info["module"] for info in listed if info["module"] in there)


class TappedNetwork(torch.nn.Module):
    """A network that gives chosen intermediate maps beside its embedding. One thread at a time."""

    def __init__(self, network: torch.nn.Module, names: Sequence[str]) -> None:
        """Take a network and the names of its maps, see `find_taps`."""
        super().__init__()
        self.network = network
        self._names = tuple(names)
        self._taken: dict[str, torch.Tensor] = {}
        for name in self._names:
            network.get_submodule(name).register_forward_hook(self._keep(name))

    def _keep(self, name: str) -> Any:
        def keep(_module: torch.nn.Module, _inputs: object, output: torch.Tensor) -> None:
            self._taken[name] = output

        return keep

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Embed (n, 3, px, px); gives the embedding (n, d), then the maps in the order of their names."""
        embedding = self.network(pixels)
        maps = tuple(self._taken[name] for name in self._names)
        self._taken.clear()  # what is kept here would outlive the pass
        return (embedding, *maps)
