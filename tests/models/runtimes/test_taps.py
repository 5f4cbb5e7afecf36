"""Maps are the outputs of the modules they are named after, and nothing else changes."""

from __future__ import annotations

import torch

from facies.models.networks import build_network
from facies.models.registry import CARDS
from facies.models.runtimes.taps import TappedNetwork, find_taps


def test_stages_and_blocks_are_found() -> None:
    with torch.device("meta"):
        found = {name: find_taps(build_network(CARDS[name])) for name in ("efficientnet-b0", "resnet50", "dino-vits8")}
        vgg = find_taps(build_network(CARDS["vgg16"]))
    assert found["efficientnet-b0"] == tuple(f"blocks.{n}" for n in range(7))
    assert found["resnet50"][-4:] == ("layer1", "layer2", "layer3", "layer4")
    assert found["dino-vits8"] == tuple(f"blocks.{n}" for n in range(12))
    assert len(vgg) > 2
    assert find_taps(torch.nn.Linear(2, 2)) == ()


def test_maps_are_what_the_network_computes_on_its_way() -> None:
    torch.manual_seed(0)
    network = build_network(CARDS["resnet18"])
    pixels = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        plain = network(pixels)
        embedding, layer4, layer1 = TappedNetwork(network, ["layer4", "layer1"])(pixels)
        torch.testing.assert_close(embedding, plain)
        torch.testing.assert_close(layer4.mean(dim=(2, 3)), plain)
    assert layer1.shape == (2, 64, 16, 16)
