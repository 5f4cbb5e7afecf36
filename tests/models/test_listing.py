"""Cards as they are shown."""

from __future__ import annotations

from pathlib import Path

from facies.models.listing import describe_model, list_models
from facies.models.registry import CARDS


def test_every_card_is_listed_with_what_is_at_hand(tmp_path: Path) -> None:
    (tmp_path / "dino_deitsmall16_pretrain.pth").write_bytes(b"x")
    models = list_models(tmp_path)
    assert [model.name for model in models] == list(CARDS)
    at_hand = {model.name for model in models if model.available}
    assert at_hand == {"dino-vits16", "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"}


def test_description_cites_and_names_its_sources(tmp_path: Path) -> None:
    model = describe_model(CARDS["scampi-vits16"], tmp_path)
    assert "https://doi.org/10.1016/j.aiig.2024.100080" in model.publication
    assert "hub IverMartinsen/scampi-dino-vits16: vit_small_backbone.pth at main" in model.sources
    assert (model.dim, model.input_px) == (384, 224)
