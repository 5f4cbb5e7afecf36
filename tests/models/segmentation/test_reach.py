"""What the places of a map see: measured, against kernels and strides, and against pixels that change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from facies.models.networks import build_network
from facies.models.registry import get_card
from facies.models.segmentation.cards import CARDS, HypercolumnCard
from facies.models.segmentation.network import FrontNetwork
from facies.models.segmentation.reach import measure_card, measure_layers

from .conftest import Opened, noise

KERNELS: dict[str, list[list[tuple[int, int, int]]]] = {
    "vgg16-pool1-pool2": [[(3, 1, 1), (3, 1, 1), (2, 2, 0)], [(3, 1, 1), (3, 1, 1), (2, 2, 0)]],
    "lite0-stem": [[(3, 2, 0)], [(3, 1, 1)]],
    "lite0-stem-3": [[(3, 2, 0)], [(3, 1, 1)], [(3, 2, 0), (3, 1, 1)], [(5, 2, 1), (5, 1, 2)]],
}
"""Kernel, stride and rows of zeros above of each convolution or pooling wider than 1, from each layer to the next."""


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_the_table_says_what_is_measured(card: HypercolumnCard) -> None:
    assert measure_card(card.backbone, card.layers).geometry == card.geometry


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_the_table_follows_from_kernels_and_strides(card: HypercolumnCard) -> None:
    stride, first, last = 1, 0, 0
    for layer, kernels in zip(card.geometry, KERNELS[card.name], strict=True):
        for kernel, step, zeros in kernels:
            first -= stride * zeros
            last += stride * (kernel - 1 - zeros)
            stride *= step
        assert (layer.stride, layer.first, layer.last) == (stride, first, last)


@pytest.mark.parametrize("name", CARDS)
def test_a_pixel_changes_the_places_that_see_it_and_no_other(name: str, cards: dict[str, Opened]) -> None:
    hypercolumns = cards[name].hypercolumns()
    image = noise(160, 96)
    plain = hypercolumns.maps(image).arrays
    seen: list[set[int]] = [set() for _ in plain]
    for row in range(72, 72 + hypercolumns.card.coarsest_stride):
        changed = image.copy()
        changed[row] = 255 - changed[row]
        for layer, before, after, distances in zip(
            hypercolumns.card.geometry, plain, hypercolumns.maps(changed).arrays, seen, strict=True
        ):
            places = np.flatnonzero((before != after).any(axis=(0, 2)))
            distances.update((row - layer.stride * places).tolist())
    for layer, distances in zip(hypercolumns.card.geometry, seen, strict=True):
        assert layer.first <= min(distances) <= max(distances) <= layer.last
        # The outermost pixels weigh least: a change there may vanish in half precision, hence not their very extent.
        assert min(distances) <= layer.first // 2
        assert max(distances) >= (layer.last + (layer.first + layer.last) / 2) / 2


def test_what_weighs_most_in_a_stage_padded_to_one_side_lies_near_the_middle_of_its_block(default: Opened) -> None:
    hypercolumns = default.hypercolumns()
    image = noise(320, 64)
    plain = hypercolumns.maps(image).arrays
    energy, moment = np.zeros(4), np.zeros(4)
    for row in range(152, 168):
        changed = image.copy()
        changed[row] = np.clip(changed[row].astype(np.int16) + 40, 0, 255)
        for number, (before, after) in enumerate(zip(plain, hypercolumns.maps(changed).arrays, strict=True)):
            by_place = ((before.astype(np.float32) - after) ** 2).sum(axis=(0, 2))
            distances = row - hypercolumns.card.geometry[number].stride * np.arange(len(by_place))
            energy[number] += by_place.sum()
            moment[number] += (by_place * distances).sum()
    for layer, centre in zip(hypercolumns.card.geometry, moment / energy, strict=True):
        assert abs(centre - layer.origin) < 1.3  # the third stage would be 3.7 away from the middle of what it sees


def test_branches_of_different_kernels_are_joined() -> None:
    class Branches(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.near = torch.nn.Conv2d(3, 2, 1)
            self.far = torch.nn.Conv2d(3, 2, 5, padding=2)
            self.joined = torch.nn.Identity()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            joined: torch.Tensor = self.joined(self.near(pixels) + self.far(pixels))
            return joined

    network = FrontNetwork(Branches().requires_grad_(requires_grad=False), ["joined"], name="branches")
    (layer,) = measure_layers(network, ["joined"], name="branches")
    assert (layer.channels, layer.stride, layer.first, layer.last) == (2, 1, -2, 2)


def test_a_branch_with_a_stride_counts_once() -> None:
    network = FrontNetwork(build_network(get_card("resnet18")), ["layer2"], name="resnet18")
    (layer,) = measure_layers(network, ["layer2"], name="resnet18")
    # 7/2, pool 3/2, four 3/1 at stride 4, then 3/2 and three 3/1 at stride 8: all symmetric about the pixel
    assert (layer.stride, layer.first, layer.last) == (8, -49, 49)
