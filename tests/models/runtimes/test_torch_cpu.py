"""torch on a CPU: precision and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from facies.models.preprocess import normalise, prepare_batch

from .conftest import Network, OpenRuntime, unit

if TYPE_CHECKING:
    from facies.core.images import RgbImage


def test_f32_is_the_plain_network(
    networks: dict[str, Network], open_runtime: OpenRuntime, pictures: list[RgbImage]
) -> None:
    from facies.models.networks import load_network

    card, weights = networks["resnet18"]
    runtime = open_runtime("torch", "resnet18")
    network = load_network(card, weights.path, device="cpu")
    with torch.inference_mode():
        plain = network(normalise(prepare_batch(pictures[:2], card), card.mean, card.std)).numpy()
    made = runtime.run([runtime.prepare(image) for image in pictures[:2]]).embedding[:, 0]
    np.testing.assert_allclose(unit(made), unit(plain), atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_batches_change_nothing(batch_size: int, open_runtime: OpenRuntime, pictures: list[RgbImage]) -> None:
    runtime, other = open_runtime("torch", "resnet18"), open_runtime("torch", "resnet18", batch_size=batch_size)
    prepared = [runtime.prepare(image) for image in pictures]
    np.testing.assert_allclose(unit(other.run(prepared).embedding), unit(runtime.run(prepared).embedding), atol=1e-5)


def test_bf16_is_near_f32_and_not_the_same(open_runtime: OpenRuntime, pictures: list[RgbImage]) -> None:
    exact, near = open_runtime("torch", "resnet18"), open_runtime("torch", "resnet18", precision="bf16")
    assert near.precision == "bf16"
    rows = [unit(r.run([r.prepare(image) for image in pictures]).embedding[:, 0]) for r in (exact, near)]
    assert 0.99 <= (rows[0] * rows[1]).sum(axis=1).min() < 1
    assert not np.allclose(rows[0], rows[1], atol=1e-5)
