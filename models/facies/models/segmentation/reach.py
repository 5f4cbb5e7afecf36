"""How the maps of a network lie on the image, measured by what a pixel reaches. Imports torch and timm.

One row of an image is made NaN. NaN passes through every product, sum, maximum and activation, also where a weight is
zero, so the places of a map that are NaN are those that depend on this row: by the build of the network, whatever its
weights. Branches, pooling and asymmetric padding need no rules of their own; a layer that mixes the whole image
(squeeze and excitation, attention, normalisation over places) shows as one that every row reaches, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from facies.core.errors import LayerError
from facies.models.networks import build_network
from facies.models.registry import get_card
from facies.models.segmentation.cards import HypercolumnCard, LayerGeometry, spell
from facies.models.segmentation.network import FrontNetwork

_LENGTHS_PX = (128, 512, 2048)
"""Lengths of the probed image; a layer that sees further than half the last cannot be told from one that sees all."""
_ACROSS_PX = 64
"""Width of the probed image."""


def measure_card(backbone: str, layers: Sequence[str]) -> HypercolumnCard:
    """Make the card of some layers of a backbone of the registry, from the network's build alone: no weights are read.

    Raises:
        UnknownModelError: the registry has no such backbone.
        LayerError: it has no such layer, or none that lies on the image as a map does.
    """
    model = get_card(backbone)
    network = FrontNetwork(build_network(model).requires_grad_(requires_grad=False), layers, name=model.name)
    return HypercolumnCard(
        name=spell(backbone, tuple(layers)),
        backbone=backbone,
        layers=tuple(layers),
        geometry=measure_layers(network, layers, name=model.name),
        title=f"{', '.join(layers)} of {model.title}",
        notes=model.notes,
    )


def measure_layers(network: FrontNetwork, layers: Sequence[str], *, name: str) -> tuple[LayerGeometry, ...]:
    """Measure channels, stride and receptive field of layers.

    Args:
        network: on the CPU.
        layers: those that the network was opened with.
        name: of the backbone, for messages.

    Raises:
        LayerError: a layer's stride is no whole number of pixels, differs between rows and columns, or it sees further
            than tiles can give it.
    """
    downwards = _measure_rows(network, layers, name, across=False)
    if downwards != _measure_rows(network, layers, name, across=True):
        raise LayerError(name, "+".join(layers), "rows and columns differ in stride or receptive field")
    return downwards


def _measure_rows(
    network: FrontNetwork, layers: Sequence[str], name: str, *, across: bool
) -> tuple[LayerGeometry, ...]:
    for length in _LENGTHS_PX:
        shapes = network.run(_turned(torch.zeros(1, 3, length, _ACROSS_PX), across), lambda output: output.shape)
        strides = [
            _stride(length, shape[3 if across else 2], name, layer) for shape, layer in zip(shapes, layers, strict=True)
        ]
        period = max(strides)
        pixels = torch.zeros(period, 3, length, _ACROSS_PX)
        middle = length // 2 // period * period
        for row in range(period):
            pixels[row, :, middle + row] = torch.nan
        # (period, places): whether anything at this place of the map is NaN
        reached = network.run(_turned(pixels, across), lambda output: _turned(output, across).isnan().any(3).any(1))
        found = [
            _geometry(hit, shape[1], stride, middle)
            for hit, shape, stride in zip(reached, shapes, strides, strict=True)
        ]
        known = tuple(layer for layer in found if layer is not None)
        if len(known) == len(layers):
            return known
    blind = layers[found.index(None)]
    raise LayerError(name, blind, f"it sees more than {length // 2:,} pixels or the whole image, so tiles would differ")


def _turned(tensor: torch.Tensor, across: bool) -> torch.Tensor:
    return tensor.transpose(2, 3) if across else tensor


def _stride(length: int, places: int, name: str, layer: str) -> int:
    if not places or length % places:
        raise LayerError(name, layer, f"it makes {places} places of {length} pixels; its stride is no whole number")
    return length // places


def _geometry(reached: torch.Tensor, channels: int, stride: int, middle: int) -> LayerGeometry | None:
    """The geometry of a layer by which places each of some rows reaches; None where they reach the image's border."""
    rows, places = torch.nonzero(reached, as_tuple=True)
    if not len(rows) or bool(reached[:, 0].any()) or bool(reached[:, -1].any()):
        return None
    distances = middle + rows - stride * places
    return LayerGeometry(channels, stride, int(distances.min()), int(distances.max()))
