"""Networks as the cards describe them."""

from __future__ import annotations

import pytest
import torch

from facies.core.errors import RecipeError
from facies.models.networks import build_network, check_input
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


@pytest.mark.parametrize(
    ("card", "input_px", "said"),
    [("scampi-vits16", 160, "place codes for 224 px alone"), ("dinov2-vits14", 160, "patches of 14 px")],
)
def test_a_size_that_a_transformer_has_no_places_for_is_refused(card: str, input_px: int, said: str) -> None:
    with torch.device("meta"):
        network = build_network(CARDS[card])
    with pytest.raises(RecipeError, match=said):
        check_input(network, CARDS[card], input_px)


@pytest.mark.parametrize(("card", "input_px"), [("scampi-vits16", 224), ("dinov2-vits14", 168), ("resnet18", 161)])
def test_a_size_that_a_network_takes_is_not(card: str, input_px: int) -> None:
    with torch.device("meta"), torch.inference_mode():
        network = build_network(CARDS[card])
        check_input(network, CARDS[card], input_px)
        assert network(torch.zeros(1, 3, input_px, input_px)).shape == (1, CARDS[card].dim)
