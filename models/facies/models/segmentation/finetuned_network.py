"""Encoders with decoders, for networks that are trained on masks whole. This module imports torch and timm.

The encoder is a backbone of the registry with its own weights; the decoder is that of segmentation-models-pytorch and
begins with seeded random numbers, as there is nothing else to begin with. An encoder without weights has to be asked
for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import torch

from facies.core.errors import ConfigurationError, FinetuningError, WeightsMismatchError
from facies.models.networks import load_network

if TYPE_CHECKING:
    from facies.models.cards import ModelCard

Architecture: TypeAlias = Literal["unet", "fpn"]
STRIDE = 32
"""Tiles are multiples of it: the encoder halves the image five times."""


def build_segmenter(architecture: Architecture, card: ModelCard, classes: int, *, seed: int = 0) -> torch.nn.Module:
    """Build encoder and decoder with seeded random numbers; `fill_encoder` brings the encoder's weights.

    Args:
        architecture: ``unet`` or ``fpn``.
        card: the encoder.
        classes: at least 2.
        seed: of the random numbers; those of the rest of the process are not touched.

    Raises:
        ConfigurationError: the extra is not installed.
        FinetuningError: no such architecture, or the network cannot be an encoder.
    """
    if architecture not in get_args(Architecture) or classes < 2:
        raise FinetuningError(
            f"a network {architecture!r} for {classes} classes; expected {' or '.join(get_args(Architecture))} and at "
            "least 2 classes"
        )
    try:
        import segmentation_models_pytorch as decoders
    except ImportError as error:
        raise ConfigurationError(
            f"training a network on masks needs segmentation-models-pytorch ({error}): pip install 'facies[finetune]'"
        ) from error
    build: Any = decoders.Unet if architecture == "unet" else decoders.FPN
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            network: torch.nn.Module = build(
                encoder_name=f"tu-{card.architecture}", encoder_weights=None, in_channels=3, classes=classes
            )
        except (ValueError, RuntimeError, TypeError, AssertionError, AttributeError) as error:
            raise FinetuningError(
                f"{card.name} cannot be the encoder of a {architecture}: {error}. Take a convolutional network whose "
                "maps are halved from stage to stage, such as efficientnet-lite0."
            ) from error
    return network.eval()


def fill_encoder(network: torch.nn.Module, card: ModelCard, path: Path) -> None:
    """Copy the weights of a card's checkpoint into the encoder; every tensor of the encoder must be in it.

    Args:
        network: as `build_segmenter` made it.
        card: the encoder's.
        path: its checkpoint.

    Raises:
        WeightsMismatchError: the checkpoint does not fit the card, or not the encoder.
    """
    whole = load_network(card, path, device="cpu").state_dict()
    encoder: Any = network.encoder
    inner: torch.nn.Module = encoder.model
    state: dict[str, torch.Tensor] = {}
    missing: list[str] = []
    for name in inner.state_dict():
        # Where timm takes a list of layers apart for its features, `features.0` is called `features_0`.
        first, _, rest = name.partition(".")
        found = next((known for known in (name, f"{first.replace('_', '.')}.{rest}") if known in whole), None)
        if found is None:
            missing.append(name)
        else:
            state[name] = whole[found]
    if missing:
        raise WeightsMismatchError(card.name, str(path), missing, (), "The encoder has other layers than the network.")
    inner.load_state_dict(state)
