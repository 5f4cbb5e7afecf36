"""Images to vectors with one network: the torch engine, and how a card becomes an embedder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from facies.core.errors import ConfigurationError, ModelError
from facies.core.records import Fingerprint
from facies.models.cards import ModelCard
from facies.models.preprocess import normalise, prepare_batch
from facies.models.registry import get_card
from facies.models.threads import limit_threads, wait_without_spinning
from facies.models.weights import FoundWeights, find_weights, given_weights

if TYPE_CHECKING:
    import torch

    from facies.core.images import RgbImage
    from facies.core.metrics import Embeddings
    from facies.core.settings import ModelSettings
    from facies.models.downloads import Progress

_log = logging.getLogger(__name__)


@runtime_checkable
class Embedder(Protocol):
    """Turns images into vectors, always in the same way.

    Attributes:
        name: of the model card.
        dim: length of a vector.
        fingerprint: all that must be equal for two vectors to be comparable.
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

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        """Embed images, each (height, width, 3) uint8; returns (n, dim) float32 with unit rows. Thread-safe."""


class TorchEmbedder:
    """One network on torch, float32, in evaluation mode.

    The batch size changes speed alone: each image's vector is the same within 1e-5 in any company.
    """

    def __init__(
        self, card: ModelCard, network: torch.nn.Module, weights: FoundWeights, *, device: str, batch_size: int
    ) -> None:
        """Take a network that holds its weights; `load_embedder` makes one from a name."""
        self._card = card
        self._network = network
        self._device = device
        self._batch_size = batch_size
        self._forward_lock = threading.Lock()  # forward passes share the cores: one at a time is as fast and fairer
        self.weights = weights
        self.fingerprint = Fingerprint(
            card=card.name,
            weights_sha256=weights.sha256,
            preprocessing=card.preprocessing,
            recipe=card.recipe,
            runtime="torch",
            precision="f32",
        )

    @property
    def name(self) -> str:
        """The model card's name."""
        return self._card.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._card.dim

    @property
    def card(self) -> ModelCard:
        """The model card."""
        return self._card

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
        result = np.empty((len(images), self.dim), dtype=np.float32)
        for start in range(0, len(images), self._batch_size):
            batch = prepare_batch(images[start : start + self._batch_size], self._card)
            result[start : start + len(batch)] = self._forward(batch)
        return _unit_rows(result, self.name)

    def _forward(self, batch: torch.Tensor) -> Embeddings:
        import torch

        with self._forward_lock, torch.inference_mode():
            pixels = normalise(batch.to(self._device), self._card.mean, self._card.std)
            vectors: Embeddings = self._network(pixels).float().cpu().numpy()
        return vectors


def load_embedder(
    name: str,
    *,
    weights: Path | None = None,
    settings: ModelSettings,
    weights_dir: Path,
    progress: Progress | None = None,
) -> TorchEmbedder:
    """Load the network of a card with its weights.

    Args:
        name: of a model card, or ``timm:<name>``.
        weights: a checkpoint to use instead of the card's own sources.
        settings: device, threads, batch size, hub and whether downloads are allowed.
        weights_dir: folder of checkpoints (``Settings.weights_dir``).
        progress: of a download, called with bytes done and bytes in all.

    Raises:
        UnknownModelError: no such card.
        WeightsNotFoundError: no source gave the weights.
        WeightsMismatchError: the checkpoint does not fit the network.
        DownloadError: a file has another hash than the one on record.
        ConfigurationError: the device is not there.
    """
    wait_without_spinning()
    card = get_card(name)
    found = (
        given_weights(card, weights)
        if weights is not None
        else find_weights(
            card,
            weights_dir=weights_dir,
            hub_endpoint=settings.hub_endpoint,
            offline=settings.offline,
            progress=progress,
        )
    )
    from facies.models.networks import load_network
    from facies.models.synthetic import says_synthetic

    device = choose_device(settings.device)
    limit_threads(settings.threads)
    network = load_network(card, found.path, device=device)
    if says_synthetic(found.path):
        _log.warning("%s: synthetic weights from %s: its neighbours mean nothing", card.name, found.path)
    _log.info("%s loaded from %s on %s", card.name, found.source, device)
    return TorchEmbedder(card, network, found, device=device, batch_size=settings.batch_size)


def choose_device(wanted: str) -> str:
    """Resolve ``auto`` to ``cuda`` where a GPU is usable, else ``cpu``.

    Raises:
        ConfigurationError: ``cuda`` is asked for and there is none.
    """
    import torch

    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigurationError(
            "FACIES_MODELS__DEVICE is cuda, but torch finds no usable GPU here. Set it to auto or cpu, or install the "
            "torch build that matches the driver."
        )
    return "cuda" if there and wanted != "cpu" else "cpu"


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
