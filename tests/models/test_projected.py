"""An embedder with a projection behind it is an embedder: the same steps, other vectors, a fingerprint of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from facies.core.errors import DimensionMismatchError, ModelError
from facies.core.images import RgbImage
from facies.core.metrics import Embeddings
from facies.core.records import Fingerprint
from facies.models.embedder import Embedder, Prepared
from facies.models.projected import ProjectedEmbedder
from facies.models.projection import Projection


class MeanColour:
    name, dim, batch_size, draft_px = "colour", 3, 5, 512
    fingerprint = Fingerprint("colour", "0" * 64, "mean", "one view", "numpy", "f32")

    def prepare(self, image: RgbImage) -> Prepared:
        mean: Prepared = image.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
        return mean

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        rows = np.reshape(prepared, (len(prepared), 3)).astype(np.float32)
        unit: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        return self.embed_prepared([self.prepare(image) for image in images])


def turned(source_dim: int = 3) -> Projection:
    mean = np.full(source_dim, 0.5, np.float32)
    return Projection(mean, np.eye(source_dim, 2, dtype=np.float32) * 3, "turned for a test")


def picture(*colour: int) -> RgbImage:
    return np.full((4, 6, 3), colour, np.uint8)


def test_vectors_are_those_of_the_embedder_projected() -> None:
    embedder, projection = MeanColour(), turned()
    projected = ProjectedEmbedder(embedder, projection)
    images = [picture(200, 10, 30), picture(0, 0, 255), picture(9, 200, 7)]
    got = projected.embed(images)
    np.testing.assert_allclose(got, projection.apply(embedder.embed(images)), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(got, np.vstack([projected.embed([one]) for one in images]), atol=1e-6)
    assert got.shape == (3, 2)
    assert got.dtype == np.float32
    assert projected.embed([]).shape == (0, 2)


def test_it_is_an_embedder_with_a_fingerprint_of_its_own() -> None:
    projection = turned()
    projected = ProjectedEmbedder(MeanColour(), projection)
    assert isinstance(projected, Embedder)
    assert (projected.name, projected.dim, projected.batch_size, projected.draft_px) == ("colour", 2, 5, 512)
    (difference,) = MeanColour.fingerprint.differences(projected.fingerprint)
    assert difference.endswith(f"now one view; turned for a test, {projection.digest[:16]}")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DimensionMismatchError, match="dimension 3, expected 4"):
        ProjectedEmbedder(MeanColour(), turned(4))
    at_the_mean = Projection(np.array([1, 0, 0], np.float32), np.eye(3, dtype=np.float32), "turned")
    with pytest.raises(ModelError, match="no direction"):
        ProjectedEmbedder(MeanColour(), at_the_mean).embed([picture(255, 0, 0)])
