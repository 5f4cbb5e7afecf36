"""Checkpoints of SCAMPI and DINO through ``facies evaluate``, and the published path computed once more without facies.

The values are pseudo-random, so the figures mean nothing; that both ways give the same ones does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision import transforms

from facies.indexer.samples.collection import draw_sample
from facies.models.cards import IMAGENET_MEAN, IMAGENET_STD
from facies.models.registry import get_card
from facies.models.synthetic import write_seeded_checkpoint

LABELS = ("oolite_thin_section", "seismic_section", "trilete_spore")
EACH = 5


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for label in LABELS:
        (folder / label).mkdir()
        for number in range(EACH):
            draw_sample(label, number).save(folder / label / f"{number}.png")
    return folder


def published_features(weights: Path, images: list[Path], architecture: str) -> NDArray[np.float32]:
    """What the benchmark's own script does: torchvision's transforms, the class token, no scaling."""
    network = timm.create_model(architecture, pretrained=False, num_classes=0).eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    transform = transforms.Compose(
        [
            transforms.Resize((256, 256), transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    with torch.inference_mode():
        batch = torch.stack([transform(Image.open(path).convert("RGB")) for path in images])
        features: NDArray[np.float32] = network(batch).numpy()
    return features


def precision_at_class_size(distances: NDArray[np.float64], codes: NDArray[np.int64]) -> float:
    precisions = []
    for query, row in enumerate(distances):
        others = [place for place in np.argsort(row, kind="stable") if place != query][: EACH - 1]
        precisions.append(np.mean(codes[others] == codes[query]))
    return float(np.mean(precisions))


@pytest.mark.parametrize(
    ("card", "architecture"),
    [("scampi-vits16", "vit_small_patch16_224"), ("dino-vits16", "vit_small_patch16_224")],
)
def test_a_checkpoint_gives_the_figures_of_the_published_way(
    card: str, architecture: str, drawn: Path, tmp_path: Path
) -> None:
    weights = write_seeded_checkpoint(get_card(card), tmp_path / "seeded.pth", seed=11)
    command = ["evaluate", str(drawn), "--model", card, "--weights", str(weights), "--recipe", "fast", "--euclidean"]
    done = subprocess.run(
        [sys.executable, "-m", "facies.core.cli", *command, "--json"],
        env=os.environ | {"FACIES_MODELS__RESIZING": "reference", "FACIES_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])

    images = sorted(drawn.glob("*/*.png"))
    codes = np.unique([path.parent.name for path in images], return_inverse=True)[1].astype(np.int64)
    raw = published_features(weights, images, architecture).astype(np.float64)
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    euclidean = np.linalg.norm(raw[:, None] - raw[None], axis=2)
    assert found["images"] == len(images)
    assert found["p_at_nk"] == pytest.approx(precision_at_class_size(-(unit @ unit.T), codes), abs=1e-6)
    assert found["euclidean"]["p_at_nk"] == pytest.approx(precision_at_class_size(euclidean, codes), abs=1e-6)
