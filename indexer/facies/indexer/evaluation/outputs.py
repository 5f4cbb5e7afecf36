"""Embedders that hand on more than vectors: a network's outputs at their own length, or the views of some images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import ConfigurationError, ModelError
from facies.indexer.sampling import pick_evenly
from facies.models.embedder import NetworkEmbedder
from facies.models.whitening import MIN_IMAGES, fit_whitening

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.core.records import Fingerprint
    from facies.indexer.evaluation.ranking import Features
    from facies.indexer.sampling import ViewEmbedder
    from facies.models.embedder import Embedder, Prepared, Views
    from facies.models.projection import Projection

SAMPLE = 1000
"""Images whose views a whitening is fitted on; the views of all would not fit into memory."""


class _Around:
    """What both take over from the embedder that they stand around."""

    def __init__(self, embedder: Embedder) -> None:
        self._whole = embedder
        self.name, self.dim = embedder.name, embedder.dim
        self.batch_size, self.draft_px = embedder.batch_size, embedder.draft_px
        self.fingerprint: Fingerprint = embedder.fingerprint

    def prepare(self, image: RgbImage) -> Prepared:
        """Bring an image to what the network takes."""
        return self._whole.prepare(image)

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Features:
        """Embed prepared images, (n, dim) float32 in their order."""
        return self._whole.embed_prepared(prepared)

    def embed(self, images: Sequence[RgbImage]) -> Features:
        """Embed images, each (height, width, 3) uint8."""
        return self.embed_prepared([self.prepare(image) for image in images])


class RawOutputs(_Around):
    """Rows are the network's own outputs for one look at an image, not brought to unit length."""

    def __init__(self, embedder: Embedder) -> None:
        """Take the network of an embedder.

        Raises:
            ConfigurationError: its vectors are not the outputs for one look alone.
        """
        super().__init__(embedder)
        if not isinstance(embedder, NetworkEmbedder) or not embedder.recipe.is_plain:
            raise ConfigurationError(
                "--euclidean measures what the network itself gives for one look at an image, of which the vectors of "
                f"{embedder.name} by this recipe are not made; leave it out, or take --recipe fast"
            )
        self._runtime = embedder.runtime

    def prepare(self, image: RgbImage) -> Prepared:
        """Bring an image to what the network takes."""
        return self._runtime.prepare(image)

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Features:
        """Run prepared images through the network, (n, dim) float32 with rows of any length."""
        return self._runtime.run(prepared).embedding[:, 0]


class ViewSampler(_Around):
    """Rows are vectors as ever; the views of some images are kept, so that a whitening can be fitted by them."""

    def __init__(self, embedder: ViewEmbedder, total: int) -> None:
        """Choose which of ``total`` images are kept, spread evenly over them."""
        super().__init__(embedder)
        self._by_view = embedder
        self._wanted = frozenset(pick_evenly(total, SAMPLE, seed=0).tolist())
        self._seen = 0
        self._views: list[Views] = []

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Features:
        """Embed prepared images, (n, dim) float32 with unit rows in their order."""
        views = self._by_view.embed_views(prepared)
        for position, of_image in enumerate(views, self._seen):
            if position in self._wanted:
                self._views.append(of_image.copy())
        self._seen += len(views)
        mean: Features = views.mean(axis=1)
        return mean

    def fit(self, vectors: Features) -> Projection | None:
        """Fit a whitening on vectors (n, d) and the views that were kept; None where they are too few."""
        if min(len(vectors), len(self._views)) < MIN_IMAGES:
            return None
        return fit_whitening(vectors, np.stack(self._views))


def to_unit_rows(rows: Features, name: str) -> Features:
    """Bring rows (n, d) to unit length.

    Raises:
        ModelError: a row has no direction.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ModelError(f"{name} gave a vector without direction; its weights are damaged or not those of the card")
    unit: Features = rows / lengths
    return unit
