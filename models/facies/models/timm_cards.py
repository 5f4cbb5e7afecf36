"""Makes cards for ``timm:<name>`` from timm's own description of a network. Imports timm: import it where needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import timm

from facies.core.errors import UnknownModelError
from facies.models.cards import HubFile, ModelCard, Publication, Url, WeightSource
from facies.models.networks import measure_dim
from facies.models.registry import CARDS, TIMM_PREFIX

_DEFAULT_CROP = 0.875


def make_timm_card(name: str) -> ModelCard:
    """Make a card from timm's pretrained configuration.

    Args:
        name: ``timm:<name>``, with or without the tag of its weights (``timm:resnet18`` or ``timm:resnet18.a1_in1k``);
            the card's name has the tag.

    Raises:
        UnknownModelError: timm has no such network.
    """
    wanted = name.removeprefix(TIMM_PREFIX)
    try:
        config = timm.models.get_pretrained_cfg(wanted, allow_unregistered=False)
    except RuntimeError:
        config = None
    if config is None or not timm.is_model(wanted):
        close = [TIMM_PREFIX + other for other in timm.list_models(f"*{wanted.split('.')[0]}*")[:50]]
        raise UnknownModelError(name, [*CARDS, *close])
    architecture = str(config.architecture)
    full = f"{architecture}.{config.tag}" if config.tag else architecture
    input_px = int(config.input_size[1])
    card = ModelCard(
        name=f"{TIMM_PREFIX}{full}",
        title=f"{full} of timm",
        publication=Publication(
            "Wightman (2019): PyTorch image models.", "https://github.com/huggingface/pytorch-image-models"
        ),
        licence=config.license or "not stated by timm",
        architecture=architecture,
        dim=0,
        resize_px=int(input_px / (config.crop_pct or _DEFAULT_CROP)),
        input_px=input_px,
        mean=_three(config.mean),
        std=_three(config.std),
        interpolation="bilinear" if config.interpolation == "bilinear" else "bicubic",
        pooling="the network's own pooling",
        dropped=_classifier_names(config),
        sources=_sources(config),
        notes="Made from timm's description of this network.",
    )
    return replace(card, dim=measure_dim(card))


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = values
    return float(red), float(green), float(blue)


def _classifier_names(config: Any) -> tuple[str, ...]:
    names = config.classifier or ()
    return tuple(f"{name}." for name in ((names,) if isinstance(names, str) else names))


def _sources(config: Any) -> tuple[WeightSource, ...]:
    sources: list[WeightSource] = []
    if config.hf_hub_id:
        files = [config.hf_hub_filename] if config.hf_hub_filename else ["model.safetensors", "pytorch_model.bin"]
        sources += [HubFile(config.hf_hub_id, file) for file in files]
    elif config.url and not config.custom_load:
        sources.append(Url(config.url))
    return tuple(sources)
