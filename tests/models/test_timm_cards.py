"""Cards made from timm's own descriptions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import UnknownModelError
from facies.core.settings import ModelSettings
from facies.models.cards import HubFile
from facies.models.embedder import load_embedder
from facies.models.timm_cards import make_timm_card


def test_card_follows_timm() -> None:
    card = make_timm_card("timm:vit_small_patch16_224.dino")
    assert card.name == "timm:vit_small_patch16_224.dino"
    assert (card.dim, card.input_px, card.resize_px) == (384, 224, 248)
    assert card.sources[0] == HubFile("timm/vit_small_patch16_224.dino", "model.safetensors")
    assert card.licence == "apache-2.0"


def test_name_without_tag_gets_it() -> None:
    assert make_timm_card("timm:resnet18") == make_timm_card("timm:resnet18.a1_in1k")


@pytest.mark.parametrize("name", ["timm:", "timm:none_such", "timm:resnet18.none_such"])
def test_unknown_network_is_refused(name: str) -> None:
    with pytest.raises(UnknownModelError):
        make_timm_card(name)


def test_state_dict_with_classifier_loads(tmp_path: Path, offline: ModelSettings) -> None:
    import timm
    import torch

    torch.manual_seed(0)
    plain = timm.create_model("resnet18", pretrained=False).eval()
    torch.save(plain.state_dict(), tmp_path / "resnet18.pth")
    embedder = load_embedder("timm:resnet18", weights=tmp_path / "resnet18.pth", settings=offline, weights_dir=tmp_path)
    assert "fc.weight" in plain.state_dict()
    assert embedder.name == "timm:resnet18.a1_in1k"
    assert embedder.embed([np.full((20, 30, 3), 90, np.uint8)]).shape == (1, 512)
