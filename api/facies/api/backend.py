"""One face for the command line, whether it opens the data itself or asks a running service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from facies.core.actors import local_actor
from facies.core.client import Client, File
from facies.core.errors import ConfigurationError
from facies.core.settings import Settings
from facies.core.wire import CollectionBody, CollectionOut, ImageOut, StoredOut
from facies.core.wire_classify import ClassifyBody, ClassifyOut
from facies.core.wire_search import SearchBody, SearchOut, SideBySideOut

if TYPE_CHECKING:
    from facies.api.local_label_files import LabelFiles
    from facies.api.local_labels import Labels
    from facies.api.local_maps import Maps
    from facies.api.local_review import Review
    from facies.api.local_taxonomy import Taxonomies

TIMEOUT_S = 300.0
"""A person at a terminal waits longer than a web page: a first query may load a network, a batch hold large images."""


class Backend(Protocol):
    """The part of `facies.core.client.Client` that commands use."""

    @property
    def labels(self) -> Labels:
        """Labels given, taken back, and their history."""

    @property
    def label_files(self) -> LabelFiles:
        """Labels to files of other tools and back, and range charts."""

    @property
    def taxonomy(self) -> Taxonomies:
        """Taxonomies, and the labels that are held against them."""

    @property
    def maps(self) -> Maps:
        """Where images lie among those that they resemble."""

    @property
    def review(self) -> Review:
        """Queues, plates, unknown images, and labels that are grown."""

    def collections(self) -> list[CollectionOut]:
        """All collections with their counts."""

    def collection(self, name: str) -> CollectionOut:
        """One collection with its counts and labels."""

    def create_collection(self, body: CollectionBody) -> CollectionOut:
        """Make an empty collection."""

    def optimize_collection(self, name: str) -> StoredOut:
        """Build the graph of a collection; a service goes on building when this returns."""

    def delete_image(self, name: str, image_id: str) -> None:
        """Delete one image from a collection; its original file stays."""

    def delete_collection(self, name: str) -> None:
        """Delete a collection with its vectors and labels."""

    def image(self, name: str, image_id: str) -> ImageOut:
        """One image."""

    def search(self, name: str, body: SearchBody, files: Sequence[File] = ()) -> SearchOut:
        """Find neighbours; the examples of ``body`` refer to ``files`` by position."""

    def search_side_by_side(self, name: str, body: SearchBody, files: Sequence[File] = ()) -> SideBySideOut:
        """Find neighbours in each of the vectors that ``body`` names, apart; in all where it names none."""

    def classify(self, name: str, body: ClassifyBody, files: Sequence[File] = ()) -> ClassifyOut:
        """Name images from their labelled neighbours."""


@contextmanager
def open_backend(settings: Settings, api: str | None, weights: Path | None = None) -> Iterator[Backend]:
    """The data folder of the settings, or the service at an address.

    Args:
        settings: of the composition root.
        api: address of a service; None opens the data folder in this process.
        weights: a checkpoint in place of the model's own sources; only where the data is opened here.

    Raises:
        ConfigurationError: weights for a service, which loads its own.
        StoreLockedError: another process holds the data folder; its message offers ``--api``.
    """
    if api is not None:
        if weights is not None:
            raise ConfigurationError(
                "--weights is for data that this process opens; a service loads its own "
                "(`facies serve --weights MODEL=FILE`). Leave out one of --weights and --api."
            )
        with Client(api, user=local_actor(settings.user).name, timeout_s=TIMEOUT_S) as client:
            yield client
        return
    # Imported here, since the way through a service needs neither the vector store nor a model.
    from facies.api.embedders import Embedders, make_loader
    from facies.api.local import LocalBackend
    from facies.api.service import open_service

    load = make_loader(settings)
    embedders = Embedders(lambda card, _, like, recipe: load(card, weights, like, recipe))
    with open_service(settings, embedders) as service:
        yield LocalBackend(service)
