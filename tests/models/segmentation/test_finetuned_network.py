"""Encoders of the registry with decoders."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from facies.core.errors import FinetuningError, WeightsMismatchError
from facies.models.checkpoints import read_checkpoint
from facies.models.networks import build_network, load_network
from facies.models.registry import get_card
from facies.models.segmentation.finetuned_network import Architecture, build_segmenter, fill_encoder
from facies.models.weights import FoundWeights

LITE0 = get_card("efficientnet-lite0")


@pytest.mark.parametrize("architecture", ["unet", "fpn"])
def test_a_network_gives_a_value_for_each_class_and_pixel(architecture: Architecture) -> None:
    network = build_segmenter(architecture, LITE0, 4)
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 96)).shape == (2, 4, 64, 96)


def test_the_seed_decides_the_first_weights_and_nothing_else_is_touched() -> None:
    before = torch.random.get_rng_state()
    first, again, other = (build_segmenter("unet", LITE0, 4, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_every_tensor_of_the_encoder_is_that_of_the_backbone(lite0_weights: FoundWeights) -> None:
    network = build_segmenter("unet", LITE0, 4)
    fill_encoder(network, LITE0, lite0_weights.path)
    backbone = load_network(LITE0, lite0_weights.path, device="cpu").state_dict()
    filled = {name: tensor for name, tensor in network.state_dict().items() if name.startswith("encoder.model.")}
    assert len(filled) > 200
    for name, tensor in filled.items():
        assert torch.equal(tensor, backbone[name.removeprefix("encoder.model.")]), name


def test_the_encoder_computes_what_the_backbone_computes(lite0_weights: FoundWeights) -> None:
    network = build_segmenter("unet", LITE0, 2)
    fill_encoder(network, LITE0, lite0_weights.path)
    backbone = load_network(LITE0, lite0_weights.path, device="cpu")
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    encoder, stem, first, blocks = network.encoder, backbone.conv_stem, backbone.bn1, backbone.blocks
    with torch.inference_mode():
        assert isinstance(encoder, torch.nn.Module)
        maps = encoder(image)
        assert isinstance(blocks, torch.nn.Sequential)
        assert isinstance(stem, torch.nn.Module)
        assert isinstance(first, torch.nn.Module)
        # One has its channels last, so the order of sums differs.
        torch.testing.assert_close(maps[1], blocks[0](first(stem(image))), atol=1e-3, rtol=1e-3)


def test_layers_that_timm_calls_otherwise_in_lists_of_features_are_found(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    card = get_card("timm:convnext_atto")
    path = tmp_path_factory.mktemp("convnext") / "convnext.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in build_network(card).state_dict().items()}, path)
    network = build_segmenter("unet", card, 2)
    fill_encoder(network, card, path)
    state, backbone = network.state_dict(), load_file(path)
    assert torch.equal(state["encoder.model.stem_0.weight"], backbone["stem.0.weight"])
    assert torch.equal(state["encoder.model.stages_3.blocks.1.norm.bias"], backbone["stages.3.blocks.1.norm.bias"])


def test_a_checkpoint_of_another_network_is_refused(lite0_weights: FoundWeights) -> None:
    network = build_segmenter("unet", LITE0, 4)
    with pytest.raises(WeightsMismatchError):
        fill_encoder(network, get_card("efficientnet-lite1"), lite0_weights.path)


def test_an_encoder_of_other_layers_than_the_checkpoint_is_refused(lite0_weights: FoundWeights) -> None:
    network = build_segmenter("unet", get_card("timm:resnet18"), 4)
    with pytest.raises(WeightsMismatchError, match="other layers"):
        fill_encoder(network, LITE0, lite0_weights.path)


def test_a_transformer_cannot_be_the_encoder() -> None:
    with pytest.raises(FinetuningError, match="cannot be the encoder of a unet"):
        build_segmenter("unet", get_card("scampi-vits16"), 4)


@pytest.mark.parametrize(("architecture", "classes"), [("deeplab", 4), ("unet", 1)])
def test_other_decoders_and_a_single_class_are_refused(architecture: Architecture, classes: int) -> None:
    with pytest.raises(FinetuningError, match="unet or fpn"):
        build_segmenter(architecture, LITE0, classes)


def test_a_checkpoint_is_read_without_running_anything(lite0_weights: FoundWeights) -> None:
    assert "_conv_stem.weight" in read_checkpoint(LITE0.name, lite0_weights.path)
