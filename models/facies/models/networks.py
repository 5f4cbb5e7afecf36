"""Networks of timm as the cards describe them. This module imports torch and timm: import it where they are needed."""

from __future__ import annotations

from pathlib import Path

import timm
import torch

from facies.core.errors import ConfigurationError
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


def load_network(card: ModelCard, path: Path, *, device: str) -> torch.nn.Module:
    """Build the network of a card and fill it from a checkpoint file.

    Args:
        card: which network.
        path: the checkpoint.
        device: ``cpu`` or ``cuda``. On a GPU the shortened float formats of convolutions and products are switched
            off for this process, so that vectors agree with those of a CPU.

    Raises:
        WeightsMismatchError: the checkpoint does not fit.
        ConfigurationError: the device cannot take the network.
    """
    network = build_network(card)
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


def measure_dim(card: ModelCard) -> int:
    """Find the length of a card's vector from the network itself, on the meta device: nothing is computed."""
    with torch.device("meta"), torch.inference_mode():
        shape = build_network(card)(torch.zeros(1, 3, card.input_px, card.input_px)).shape
    return int(shape[-1])
