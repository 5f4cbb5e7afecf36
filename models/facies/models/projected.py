"""An embedder and a projection as one embedder: queries for the named vectors that are computed from others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facies.core.errors import DimensionMismatchError

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.core.metrics import Embeddings
    from facies.core.records import Fingerprint
    from facies.models.embedder import Embedder, Prepared
    from facies.models.projection import Projection


class ProjectedEmbedder:
    """Embeds as another embedder does, then projects; an `facies.models.embedder.Embedder` like any."""

    def __init__(self, embedder: Embedder, projection: Projection) -> None:
        """Put the projection behind the embedder.

        Raises:
            DimensionMismatchError: the projection takes vectors of another length.
        """
        if embedder.dim != projection.source_dim:
            raise DimensionMismatchError(
                f"an embedding of {embedder.name!r}", expected=projection.source_dim, got=embedder.dim
            )
        self._embedder = embedder
        self._projection = projection
        self._fingerprint = embedder.fingerprint.projected(projection.method, projection.digest)

    @property
    def name(self) -> str:
        """The model card's name."""
        return self._embedder.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._projection.dim

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the embedder, with the projection in its recipe."""
        return self._fingerprint

    @property
    def batch_size(self) -> int:
        """How many prepared images are best given at once."""
        return self._embedder.batch_size

    @property
    def draft_px(self) -> int | None:
        """What the shorter side of a large photograph keeps when it is decoded at a fraction of its size."""
        return self._embedder.draft_px

    def prepare(self, image: RgbImage) -> Prepared:
        """Bring an image to what the network takes."""
        return self._embedder.prepare(image)

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        """Embed prepared images and project them, (n, dim) float32 with unit rows in their order.

        Raises:
            ModelError: a vector has no direction, before or after the projection.
        """
        return self._projection.apply(self._embedder.embed_prepared(prepared))

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        """Embed images, each (height, width, 3) uint8; returns (n, dim) float32 with unit rows."""
        return self.embed_prepared([self.prepare(image) for image in images])
