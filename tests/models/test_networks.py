"""Networks as the cards describe them."""

from __future__ import annotations

import torch

from facies.models.networks import build_network
from facies.models.registry import CARDS


def test_network_is_in_evaluation_mode_without_classifier() -> None:
    with torch.device("meta"):
        network = build_network(CARDS["resnet18"])
    assert not network.training
    assert not any(name.startswith("fc.") for name in network.state_dict())


def test_vgg_averages_its_last_feature_map() -> None:
    torch.manual_seed(0)
    network = build_network(CARDS["vgg16"])
    pixels = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network.forward_features(pixels).mean(dim=(2, 3))  # type: ignore[operator]  # timm's own method
        torch.testing.assert_close(network(pixels), expected)
