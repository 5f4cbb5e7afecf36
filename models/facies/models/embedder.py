"""Images to vectors with one network, and how a card becomes an embedder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

import numpy as np

from facies.core.records import Fingerprint
from facies.models.cards import ModelCard
from facies.models.packing import pack, unpack
from facies.models.pooling import join_layers, take_layers
from facies.models.recipes import PLAIN, Recipe, recipe_of_fingerprint
from facies.models.registry import get_card
from facies.models.runtimes.base import Prepared, Runtime
from facies.models.runtimes.choice import choose_runtime, made_with_resizing
from facies.models.runtimes.opening import open_runtime
from facies.models.threads import wait_without_spinning
from facies.models.weights import FoundWeights, find_weights, given_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.images import RgbImage
    from facies.core.metrics import Embeddings
    from facies.core.settings import ModelSettings
    from facies.models.downloads import Progress
    from facies.models.preprocess import View

__all__ = ["Embedder", "NetworkEmbedder", "Prepared", "load_embedder"]

_log = logging.getLogger(__name__)

Views: TypeAlias = "NDArray[np.float32]"
"""Shape (n, views, d), float32."""


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
    """One network, by a recipe: on one runtime for each size at which the recipe looks at an image.

    The batch size changes speed alone: each image's vector is the same within 1e-5 in any company.
    """

    def __init__(
        self,
        card: ModelCard,
        runtimes: Sequence[Runtime],
        weights: FoundWeights,
        *,
        recipe: Recipe = PLAIN,
        draft_px: int | None,
    ) -> None:
        """Take runtimes that hold the network; `load_embedder` makes one from a name."""
        self.card = card
        self.recipe = recipe
        self.weights = weights
        self._runtimes = tuple(runtimes)
        self._draft_px = draft_px
        self._dim = card.dim if recipe.is_plain else self._measure_dim()
        runtime = self.runtime
        self.fingerprint = Fingerprint(
            card=card.name,
            weights_sha256=weights.sha256,
            preprocessing=runtime.preprocessing,
            recipe=_state_recipe(card, recipe, runtime.precision),
            runtime=runtime.name,
            precision=runtime.precision,
        )

    @property
    def name(self) -> str:
        """The model card's name."""
        return self.card.name

    @property
    def runtime(self) -> Runtime:
        """What runs the network, at the first of its sizes."""
        return self._runtimes[0]

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def batch_size(self) -> int:
        """How many prepared images are best given at once."""
        return self.runtime.batch_size

    @property
    def draft_px(self) -> int | None:
        """What the shorter side of a large photograph keeps when it is decoded at a fraction of its size."""
        return self._draft_px

    def prepare(self, image: RgbImage) -> Prepared:
        """Bring an image to what the runtimes take.

        Raises:
            ImageError: the array has another shape or dtype.
        """
        return pack([runtime.prepare(image) for runtime in self._runtimes])

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        """Embed what `prepare` gave, as `embed` does."""
        if not prepared:
            return np.empty((0, self.dim), dtype=np.float32)
        mean: Embeddings = self.embed_views(prepared).mean(axis=1)
        return mean

    def embed_views(self, prepared: Sequence[Prepared]) -> Views:
        """Embed each view of what `prepare` gave by itself.

        Returns:
            shape (n, views, dim), float32. An image's vector is the mean of its views, whose length is 1; a view's own
            length may be any.

        Raises:
            ModelError: the network gave a vector that has no direction (not finite, or all zeros).
        """
        images = [unpack(image, len(self._runtimes)) for image in prepared]
        by_size = [
            self._run(runtime, sizes) for runtime, sizes in zip(self._runtimes, zip(*images, strict=True), strict=True)
        ]
        rows = [np.concatenate(sizes, axis=1) for sizes in zip(*by_size, strict=True)]
        return join_layers(rows, [layer.weight for layer in self.recipe.layers], self.name)

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

    def _run(self, runtime: Runtime, prepared: Sequence[Prepared]) -> list[Views]:
        """The rows of each layer, for the views of one size."""
        return take_layers(runtime.run(prepared), self.recipe.layers, runtime.map_names)

    def _measure_dim(self) -> int:
        return sum(rows.shape[-1] for rows in self._run(self.runtime, []))


def load_embedder(
    name: str,
    *,
    recipe: Recipe | None = None,
    weights: Path | None = None,
    settings: ModelSettings,
    weights_dir: Path,
    like: Fingerprint | None = None,
    progress: Progress | None = None,
) -> NetworkEmbedder:
    """Load the network of a card with its weights.

    Args:
        name: of a model card, or ``timm:<name>``.
        recipe: views and layers (see `facies.models.card_recipes.find_recipe`). None: as `like` has them, else the
            network's own output for one look at the image.
        weights: a checkpoint to use instead of the card's own sources.
        settings: device, runtime, precision, resizing, threads, batch size, hub and whether downloads are allowed.
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
        RecipeError: the recipe wants what the network does not have.
        ConfigurationError: the device or the runtime is not there, or the settings contradict `like`.
    """
    wait_without_spinning()
    choice = choose_runtime(settings, like)
    resizing = settings.resizing if like is None else made_with_resizing(like)
    card = replace(get_card(name), resizing=resizing)
    recipe = recipe or (PLAIN if like is None else recipe_of_fingerprint(card, like.recipe))
    views = recipe.views(card)
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

    draft_px = _choose_draft(card, [view for ones in views.values() for view in ones], like)
    runtimes = [
        open_runtime(
            card,
            found,
            choice,
            views=ones,
            maps=recipe.places,
            settings=settings,
            weights_dir=weights_dir,
            draft_px=draft_px,
        )
        for ones in views.values()
    ]
    if says_synthetic(found.path):
        _log.warning("%s: synthetic weights from %s: its neighbours mean nothing", card.name, found.path)
    if choice.precision == "int8" and like is None:
        _log.warning(
            "%s: int8 is experimental: its vectors lie about 0.03 in cosine from those in f32, and another version of "
            "facies or of NNCF may make others",
            card.name,
        )
    _log.info(
        "%s loaded from %s: %s, %s on %s", card.name, found.source, choice.runtime, choice.precision, choice.device
    )
    return NetworkEmbedder(card, runtimes, found, recipe=recipe, draft_px=draft_px)


def _choose_draft(card: ModelCard, views: Sequence[View], like: Fingerprint | None) -> int | None:
    # Collections of facies 0.1 were made from photographs decoded whole, and say nothing of drafts.
    decoded_whole = like is not None and like.preprocessing == card.preprocessing
    if decoded_whole or card.resizing == "reference":
        return None
    return 2 * max(view.resize_px for view in views)


def _state_recipe(card: ModelCard, recipe: Recipe, precision: str) -> str:
    text = recipe.text_for(card)
    if precision != "int8":
        return text
    from facies.models.runtimes.quantization import state_quantization

    return f"{text}, {state_quantization()}"
