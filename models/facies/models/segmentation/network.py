"""The front part of a network: the maps of chosen layers, and nothing behind the last of them. Imports torch and timm.

Its convolutions give the same bits for a pixel whatever the size of the image around it. torch alone does not: for few
pixels, and for 1 x 1 kernels on one thread, it leaves oneDNN for another library that sums in another order. Here
oneDNN is called for every size; the order in which it sums the products of one output does not depend on the others.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.padding import pad_same

from facies.core.errors import LayerError
from facies.models.networks import load_network
from facies.models.preprocess import normalise

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facies.models.cards import ModelCard

_TRIAL_PX = 64
"""Side of the image that shows which modules a pass reaches."""

T = TypeVar("T")


class _AllTaken(Exception):  # noqa: N818 (no error: it ends a pass behind the last layer that is wanted)
    pass


class FrontNetwork:
    """A network that is run up to the last of some layers. One thread at a time."""

    def __init__(self, network: torch.nn.Module, layers: Sequence[str], *, name: str) -> None:
        """Take a network and the names of its modules.

        Args:
            network: in evaluation mode; it is kept, with hooks on the layers.
            layers: names as `torch.nn.Module.named_modules` has them.
            name: of the backbone, for messages.

        Raises:
            LayerError: it is a transformer, or has no module of such a name.
        """
        self._network = network
        self._layers = tuple(layers)
        self._name = name
        self._taken: dict[str, Any] = {}
        self._take: Callable[[torch.Tensor], Any] = lambda output: output
        if hasattr(network, "patch_embed"):
            raise LayerError(name, self._layers[0], "its layers give tokens of patches; take a convolutional network")
        known = {module for module, _ in network.named_modules() if module}
        for layer in self._layers:
            if layer not in known:
                raise LayerError(name, layer, "it has no such module", _near(layer, known))
            network.get_submodule(layer).register_forward_hook(self._keep(layer))

    def run(self, pixels: torch.Tensor, take: Callable[[torch.Tensor], T]) -> tuple[T, ...]:
        """Run the layers.

        Args:
            pixels: shape (n, 3, height, width), float32, normalised.
            take: what to keep of the output (n, channels, height, width) of each layer; it is called at once and has to
                copy what it wants, since the next layer may write over it.

        Returns:
            what `take` gave, in the order of the layers.

        Raises:
            LayerError: a layer was not run, or gave no map.
        """
        self._taken = {}
        self._take = take
        try:
            with torch.inference_mode():
                self._network(pixels)
        except _AllTaken:
            pass
        taken, self._taken = self._taken, {}  # what stays here would outlive the pass
        for layer in self._layers:
            if layer not in taken:
                raise LayerError(self._name, layer, "the network does not run it")
        return tuple(taken[layer] for layer in self._layers)

    def drop_rest(self, pixels: torch.Tensor) -> None:
        """Let go of the weights of all modules that a pass over `pixels` does not reach."""
        reached: set[torch.nn.Module] = set()
        leaves = [(name, module) for name, module in self._network.named_modules() if not any(module.children())]
        hooks = [module.register_forward_pre_hook(lambda module, _inputs: reached.add(module)) for _, module in leaves]
        self.run(pixels, lambda _output: None)
        for hook in hooks:
            hook.remove()
        for name, module in leaves:
            if module not in reached:
                self._network.set_submodule(name, torch.nn.Identity())

    def _keep(self, layer: str) -> Any:
        def keep(_module: torch.nn.Module, _inputs: object, output: object) -> None:
            if not isinstance(output, torch.Tensor) or output.ndim != 4:
                raise LayerError(self._name, layer, "its output is no map of (channels, height, width)")
            self._taken.setdefault(layer, self._take(output))
            if len(self._taken) == len(self._layers):
                raise _AllTaken

        return keep


class MapNetwork:
    """The maps of a backbone's layers for pixels of any size, with its weights and its normalisation."""

    def __init__(self, card: ModelCard, checkpoint: Path, layers: Sequence[str], *, device: str) -> None:
        """Load a network and let go of what lies behind its last layer.

        Raises:
            LayerError: the network has no such layer.
            WeightsMismatchError: the checkpoint does not fit.
            ConfigurationError: the device cannot take the network.
        """
        network = load_network(card, checkpoint, device=device)
        self._front = FrontNetwork(steady(network) if device == "cpu" else network, layers, name=card.name)
        self._front.drop_rest(torch.zeros(1, 3, _TRIAL_PX, _TRIAL_PX, device=device))
        self._card = card
        self._device = device

    @property
    def preprocessing(self) -> str:
        """How pixels reach the network, in one line that changes whenever the values would."""
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self._card.mean, self._card.std))
        return f"mean {mean}, std {std}"

    def run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float16], ...]:
        """Run the layers over pixels (height, width, 3), multiples of the coarsest stride.

        Returns:
            per layer shape (places down, places across, channels), float16; infinite where a value is too large for it.
        """
        batch = torch.from_numpy(pixels).to(self._device).permute(2, 0, 1)[None]  # channels last as it is
        return self._front.run(normalise(batch, self._card.mean, self._card.std), _halved)


def _halved(output: torch.Tensor) -> NDArray[np.float16]:
    """One map as (places down, places across, channels), float16, in memory of its own."""
    halved: NDArray[np.float16] = output[0].permute(1, 2, 0).to(torch.float16, copy=True).cpu().contiguous().numpy()
    return halved


class SteadyConvolution(torch.nn.Module):
    """A convolution by oneDNN at every size, with zeros around the border or as TensorFlow pads."""

    def __init__(self, convolution: torch.nn.Conv2d) -> None:
        super().__init__()
        self.weight = convolution.weight
        self.bias = convolution.bias
        self._like_tensorflow = isinstance(convolution, Conv2dSame)
        self._padding = [0, 0] if self._like_tensorflow else [int(side) for side in convolution.padding]
        self._stride = list(convolution.stride)
        self._dilation = list(convolution.dilation)
        self._groups = convolution.groups

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Convolve (n, channels, height, width) float32."""
        if self._like_tensorflow:
            pixels = pad_same(pixels, list(self.weight.shape[-2:]), self._stride, self._dilation)
        return torch.mkldnn_convolution(
            pixels, self.weight, self.bias, self._padding, self._stride, self._dilation, self._groups
        )


def steady(network: torch.nn.Module) -> torch.nn.Module:
    """Replace the convolutions of a network on a CPU by `SteadyConvolution`, where this torch has oneDNN."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # torch gives it no types
        return network
    for name, module in list(network.named_modules()):
        plain = type(module) in {torch.nn.Conv2d, Conv2dSame}
        if plain and module.padding_mode == "zeros" and not isinstance(module.padding, str):
            network.set_submodule(name, SteadyConvolution(module))
    return network


def _near(layer: str, known: set[str]) -> list[str]:
    return difflib.get_close_matches(layer, sorted(known), n=3, cutoff=0.4)
