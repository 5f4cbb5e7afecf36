"""The use cases behind the methods of `facies.core.client.Client`, on data that this process has open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from facies.api.classify import classify_images
from facies.api.collections import (
    create_collection,
    delete_one_image,
    delete_whole_collection,
    describe_collection,
    list_collections,
    optimize_collection,
)
from facies.api.examples import Upload
from facies.api.images import image_out
from facies.api.local_label_files import LocalLabelFiles
from facies.api.local_labels import LocalLabels
from facies.api.local_maps import LocalMaps
from facies.api.local_review import LocalReview
from facies.api.local_taxonomy import LocalTaxonomy
from facies.api.search import search_images
from facies.api.service import Service
from facies.api.side_by_side import search_side_by_side
from facies.core.client import File
from facies.core.wire import CollectionBody, CollectionOut, ImageOut, StoredOut
from facies.core.wire_classify import ClassifyBody, ClassifyOut
from facies.core.wire_search import SearchBody, SearchOut, SideBySideOut


class LocalBackend:
    """A `facies.api.backend.Backend` without HTTP."""

    def __init__(self, service: Service) -> None:
        """Take the open parts."""
        self._service = service
        self.labels = LocalLabels(service)
        self.label_files = LocalLabelFiles(service)
        self.taxonomy = LocalTaxonomy(service)
        self.review = LocalReview(service)
        self.maps = LocalMaps(service)

    def collections(self) -> list[CollectionOut]:
        """All collections with their counts."""
        return list_collections(self._service)

    def collection(self, name: str) -> CollectionOut:
        """One collection with its counts and labels."""
        return describe_collection(self._service, name)

    def create_collection(self, body: CollectionBody) -> CollectionOut:
        """Make an empty collection."""
        return create_collection(self._service, body)

    def optimize_collection(self, name: str) -> StoredOut:
        """Build the graph of a collection; it is in use on return."""
        return optimize_collection(self._service, name)

    def delete_image(self, name: str, image_id: str) -> None:
        """See `facies.api.collections.delete_one_image`."""
        delete_one_image(self._service, name, image_id)

    def delete_collection(self, name: str) -> None:
        """Delete a collection with its vectors and labels."""
        delete_whole_collection(self._service, name)

    def image(self, name: str, image_id: str) -> ImageOut:
        """One image."""
        return image_out(name, self._service.workspace.catalog.image(name, image_id))

    def search(self, name: str, body: SearchBody, files: Sequence[File] = ()) -> SearchOut:
        """Find neighbours; the examples of ``body`` refer to ``files`` by position."""
        return search_images(self._service, name, body, _uploads(files))

    def search_side_by_side(self, name: str, body: SearchBody, files: Sequence[File] = ()) -> SideBySideOut:
        """Find neighbours in each of the vectors that ``body`` names, apart; in all where it names none."""
        return search_side_by_side(self._service, name, body, _uploads(files))

    def classify(self, name: str, body: ClassifyBody, files: Sequence[File] = ()) -> ClassifyOut:
        """Name images from their labelled neighbours."""
        return classify_images(self._service, name, body, _uploads(files))


def _uploads(files: Sequence[File]) -> list[Upload]:
    return [Upload(name, partial(bytes, data)) for name, data in files]
