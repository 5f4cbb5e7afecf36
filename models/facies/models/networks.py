"""Networks of timm as the cards describe them. This module imports torch and timm: import it where they are needed."""

from __future__ import annotations

from pathlib import Path

import timm
import torch
from timm.layers.patch_embed import PatchEmbed

from facies.core.errors import ConfigurationError, RecipeError
from facies.models.cards import ModelCard
from facies.models.checkpoints import load_checkpoint


def build_network(card: ModelCard) -> torch.nn.Module:
    """Build the network of a card, without its classifier and without its weights.

    Inside ``torch.device("meta")`` it takes no memory and no time for random numbers.
    """
    network: torch.nn.Module = timm.create_model(
        card.architecture, pretrained=False, num_classes=0, **dict(card.options)
    )
    if card.pooling == "average pool" and hasattr(network, "pre_logits"):
        # VGG's two layers of 4096 stand between its feature map and the average: they belong to its classifier.
        network.pre_logits = torch.nn.Identity()
    return network.eval()


def load_network(card: ModelCard, path: Path, *, device: str, input_px: int | None = None) -> torch.nn.Module:
    """Build the network of a card and fill it from a checkpoint file.

    Args:
        card: which network.
        path: the checkpoint.
        device: ``cpu`` or ``cuda``. On a GPU the shortened float formats of convolutions and products are switched
            off for this process, so that vectors agree with those of a CPU.
        input_px: side of the square that it will see; None: the card's own.

    Raises:
        RecipeError: it cannot see squares of this size.
        WeightsMismatchError: the checkpoint does not fit.
        ConfigurationError: the device cannot take the network.
    """
    network = build_network(card)
    check_input(network, card, input_px or card.input_px)
    load_checkpoint(card, network, path)
    network.requires_grad_(requires_grad=False)
    if device == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    try:
        return network.to(device).to(memory_format=torch.channels_last)
    except torch.OutOfMemoryError as error:
        raise ConfigurationError(
            f"{card.name} does not fit into the GPU's free memory: {error}. Set FACIES_MODELS__DEVICE=cpu."
        ) from error


def check_input(network: torch.nn.Module, card: ModelCard, input_px: int) -> None:
    """Refuse a size that a transformer has no places for; other networks take any.

    Raises:
        RecipeError: says which sizes it takes.
    """
    patches = getattr(network, "patch_embed", None)
    if not isinstance(patches, PatchEmbed):
        return
    asked = f"at {input_px} px"
    if patches.strict_img_size and tuple(patches.img_size) != (input_px, input_px):
        raise RecipeError(asked, f"{card.name} has place codes for {patches.img_size[0]} px alone; leave the sizes out")
    step = patches.patch_size[0]
    if not patches.dynamic_img_pad and input_px % step:
        raise RecipeError(asked, f"{card.name} cuts images into patches of {step} px; take a multiple of that")


def measure_dim(card: ModelCard) -> int:
    """Find the length of a card's vector from the network itself, on the meta device: nothing is computed."""
    with torch.device("meta"), torch.inference_mode():
        shape = build_network(card)(torch.zeros(1, 3, card.input_px, card.input_px)).shape
    return int(shape[-1])
