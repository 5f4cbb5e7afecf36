from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from facies.core.errors import ConfigurationError, ModelError
from facies.core.metrics import Embeddings
from facies.core.settings import Settings
from facies.indexer.evaluation import outputs
from facies.indexer.evaluation.outputs import RawOutputs, ViewSampler, to_unit_rows
from facies.models.embedder import Prepared, load_embedder
from facies.models.recipes import parse_recipe
from tests.indexer.conftest import PixelEmbedder


class Views(PixelEmbedder):
    """Two views of each image, whose mean is the vector."""

    def embed_views(self, prepared: Sequence[Prepared]) -> Embeddings:
        vectors = super().embed_prepared(prepared)
        shift = np.float32(0.1) * np.roll(vectors, 1, axis=1)
        views: Embeddings = np.stack([vectors + shift, vectors - shift], axis=1)
        return views


def images(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (12, 10, 3), dtype=np.uint8) for _ in range(count)]


def test_sampling_views_changes_no_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "SAMPLE", 60)
    pictures, embedder = images(80), Views()
    sampler = ViewSampler(embedder, 80)
    rows = np.concatenate([sampler.embed(pictures[start : start + 7]) for start in range(0, 80, 7)])
    assert np.allclose(rows, embedder.embed(pictures), atol=1e-6)
    projection = sampler.fit(rows)
    assert projection is not None
    made = projection.apply(rows)
    assert made.shape[1] <= embedder.dim
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)


def test_few_images_are_not_whitened() -> None:
    sampler = ViewSampler(Views(), 20)
    assert sampler.fit(sampler.embed(images(20))) is None


def test_raw_outputs_are_the_vectors_at_their_own_length() -> None:
    settings = Settings()
    embedder = load_embedder("efficientnet-lite0", settings=settings.models, weights_dir=settings.weights_dir)
    raw = RawOutputs(embedder).embed(images(2))
    assert not np.allclose(np.linalg.norm(raw, axis=1), 1, atol=0.1)
    assert np.allclose(to_unit_rows(raw, "lite"), embedder.embed(images(2)), atol=1e-5)
    embedder.recipe = parse_recipe("8 views; output")
    for other in (embedder, PixelEmbedder()):
        with pytest.raises(ConfigurationError, match="--recipe fast"):
            RawOutputs(other)


def test_rows_without_direction_are_refused() -> None:
    with pytest.raises(ModelError, match="direction"):
        to_unit_rows(np.zeros((2, 3), np.float32), "lite")
