"""Images to vectors with one network, and how a card becomes an embedder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from facies.core.errors import ModelError
from facies.core.records import Fingerprint
from facies.models.cards import ModelCard
from facies.models.preprocess import central_view
from facies.models.registry import get_card
from facies.models.runtimes.base import Prepared, Runtime
from facies.models.runtimes.choice import RuntimeChoice, choose_runtime
from facies.models.threads import limit_threads, wait_without_spinning
from facies.models.weights import FoundWeights, find_weights, given_weights

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.core.metrics import Embeddings
    from facies.core.settings import ModelSettings
    from facies.models.downloads import Progress

__all__ = ["Embedder", "NetworkEmbedder", "Prepared", "load_embedder"]

_log = logging.getLogger(__name__)

CONVERTED = "openvino"
"""Folder of converted networks below the weights folder."""
GPU_BATCH = 256
"""Images of one pass on a GPU, unless the settings say otherwise."""


@runtime_checkable
class Embedder(Protocol):
    """Turns images into vectors, always in the same way, in two steps: `prepare` and `embed_prepared`.

    Attributes:
        name: of the model card.
        dim: length of a vector.
        fingerprint: all that must be equal for two vectors to be comparable.
        batch_size: how many prepared images are best given at once; it changes speed alone.
        draft_px: a large photograph may be decoded at a fraction of its size as long as its shorter side keeps this
            many pixels; None where it must be decoded whole. The same rule holds for indexing and for queries.
    """

    @property
    def name(self) -> str:
        """The model card's name."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def fingerprint(self) -> Fingerprint:
        """All that must be equal for two vectors to be comparable."""

    @property
    def batch_size(self) -> int:
        """How many prepared images are best given at once."""

    @property
    def draft_px(self) -> int | None:
        """What the shorter side of a large photograph keeps when it is decoded at a fraction of its size."""

    def prepare(self, image: RgbImage) -> Prepared:
        """Bring an image (height, width, 3) uint8 to what the network takes, so that its pixels can be let go.

        To be called in the thread that decoded the image; many at a time are fine.
        """

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        """Embed prepared images, (n, dim) float32 with unit rows in their order. Thread-safe."""

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        """Embed images, each (height, width, 3) uint8; returns (n, dim) float32 with unit rows. Thread-safe."""


class NetworkEmbedder:
    """One network on one runtime; the vector is its own output for the centre of the image, at unit length.

    The batch size changes speed alone: each image's vector is the same within 1e-5 in any company.
    """

    def __init__(self, card: ModelCard, runtime: Runtime, weights: FoundWeights, *, draft_px: int | None) -> None:
        """Take a runtime that holds the network; `load_embedder` makes one from a name."""
        self.card = card
        self.runtime = runtime
        self.weights = weights
        self._draft_px = draft_px
        self.fingerprint = Fingerprint(
            card=card.name,
            weights_sha256=weights.sha256,
            preprocessing=runtime.preprocessing,
            recipe=_state_recipe(card, runtime.precision),
            runtime=runtime.name,
            precision=runtime.precision,
        )

    @property
    def name(self) -> str:
        """The model card's name."""
        return self.card.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.card.dim

    @property
    def batch_size(self) -> int:
        """How many prepared images are best given at once."""
        return self.runtime.batch_size

    @property
    def draft_px(self) -> int | None:
        """What the shorter side of a large photograph keeps when it is decoded at a fraction of its size."""
        return self._draft_px

    def prepare(self, image: RgbImage) -> Prepared:
        """Bring an image to what the runtime takes.

        Raises:
            ImageError: the array has another shape or dtype.
        """
        return self.runtime.prepare(image)

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        """Embed what `prepare` gave, as `embed` does."""
        if not prepared:
            return np.empty((0, self.dim), dtype=np.float32)
        return _unit_rows(self.runtime.run(prepared).embedding[:, 0], self.name)

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        """Embed images.

        Args:
            images: each of shape (height, width, 3), uint8, RGB; any sizes, mixed at will.

        Returns:
            shape (n, dim), float32, unit rows, in the order of the images.

        Raises:
            ImageError: an array has another shape or dtype.
            ModelError: the network gave a vector that has no direction (not finite, or all zeros).
        """
        return self.embed_prepared([self.prepare(image) for image in images])


def load_embedder(
    name: str,
    *,
    weights: Path | None = None,
    settings: ModelSettings,
    weights_dir: Path,
    like: Fingerprint | None = None,
    progress: Progress | None = None,
) -> NetworkEmbedder:
    """Load the network of a card with its weights.

    Args:
        name: of a model card, or ``timm:<name>``.
        weights: a checkpoint to use instead of the card's own sources.
        settings: device, runtime, precision, threads, batch size, hub and whether downloads are allowed.
        weights_dir: folder of checkpoints (``Settings.weights_dir``).
        like: how the vectors that these shall be compared with were made: weights, runtime, precision and preprocessing
            follow it where they can. The caller compares the fingerprints in the end. None: the best runtime that is
            here.
        progress: of a download, called with bytes done and bytes in all.

    Raises:
        UnknownModelError: no such card.
        WeightsNotFoundError: no source gave the weights.
        WeightsMismatchError: the checkpoint does not fit the network.
        DownloadError: a file has another hash than the one on record.
        ConfigurationError: the device or the runtime is not there, or the settings contradict `like`.
    """
    wait_without_spinning()
    card = get_card(name)
    choice = choose_runtime(settings, like)
    found = (
        given_weights(card, weights)
        if weights is not None
        else find_weights(
            card,
            weights_dir=weights_dir,
            hub_endpoint=settings.hub_endpoint,
            offline=settings.offline,
            progress=progress,
            like=None if like is None else like.weights_sha256,
        )
    )
    from facies.models.synthetic import says_synthetic

    # Collections of facies 0.1 were made from photographs decoded whole, and say nothing of drafts.
    draft_px = None if like is not None and like.preprocessing == card.preprocessing else 2 * card.resize_px
    runtime = open_runtime(card, found, choice, settings=settings, weights_dir=weights_dir, draft_px=draft_px)
    if says_synthetic(found.path):
        _log.warning("%s: synthetic weights from %s: its neighbours mean nothing", card.name, found.path)
    if choice.precision == "int8" and like is None:
        _log.warning(
            "%s: int8 is experimental: its vectors lie about 0.03 in cosine from those in f32, and another version of "
            "facies or of NNCF may make others",
            card.name,
        )
    _log.info(
        "%s loaded from %s: %s, %s on %s", card.name, found.source, runtime.name, runtime.precision, choice.device
    )
    return NetworkEmbedder(card, runtime, found, draft_px=draft_px)


def open_runtime(
    card: ModelCard,
    weights: FoundWeights,
    choice: RuntimeChoice,
    *,
    settings: ModelSettings,
    weights_dir: Path,
    draft_px: int | None,
) -> Runtime:
    """Bring a network up on the runtime that was chosen, for the central view and without maps."""
    views = (central_view(card),)
    if choice.runtime == "openvino":
        from facies.models.runtimes.openvino_cpu import OpenVinoRuntime

        return OpenVinoRuntime(
            card,
            weights,
            views=views,
            precision=choice.precision,
            threads=settings.threads,
            batch_size=settings.batch_size,
            kept=weights_dir / CONVERTED,
            preprocessing=card.preprocessing_with(draft_px=draft_px),
        )
    limit_threads(settings.threads)
    if choice.runtime == "torch":
        from facies.models.runtimes.torch_cpu import TorchRuntime

        return TorchRuntime(
            card,
            weights,
            views=views,
            precision=choice.precision,
            device=choice.device,
            batch_size=settings.batch_size,
            preprocessing=card.preprocessing_with(draft_px=draft_px),
        )
    from facies.models.runtimes.torch_cuda import TorchCudaRuntime

    return TorchCudaRuntime(
        card,
        weights,
        views=views,
        device=choice.device,
        batch_size=settings.batch_size if "batch_size" in settings.model_fields_set else GPU_BATCH,
        preprocessing=card.preprocessing_with(draft_px=draft_px, on_gpu=True),
    )


def _state_recipe(card: ModelCard, precision: str) -> str:
    if precision != "int8":
        return card.recipe
    from facies.models.runtimes.quantization import state_quantization

    return f"{card.recipe}, {state_quantization()}"


def _unit_rows(vectors: Embeddings, name: str) -> Embeddings:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(bad):
        raise ModelError(
            f"{name} gave a vector without direction for image {bad[0]} of {len(vectors)} "
            f"(length {lengths[bad[0], 0]}); expected finite numbers, not all zero. The weights are damaged or are not "
            "those of the card."
        )
    unit: Embeddings = vectors / lengths
    return unit
