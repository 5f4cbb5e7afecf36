"""The data of one facies installation, opened together: vectors, catalogue, thumbnails and uploads."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from facies.core.blobs import BlobStore
from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import ConfigurationError
from facies.core.folders import make_folder
from facies.core.settings import Settings
from facies.core.store import VectorStore, open_store

RESTORING: Final = ".restoring"
"""The folder, below the data folder, in which a restore puts things together; none opens the data while it is there."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The open parts. Close it, or use it as a context manager, so that the store is flushed and its lock released.

    Attributes:
        store: the vectors.
        catalog: collections, images and labels; the truth from which the vectors can be rebuilt.
        blobs: thumbnails, and copies of uploaded originals.
    """

    store: VectorStore
    catalog: Catalog
    blobs: BlobStore

    def close(self) -> None:
        """Flush the vectors and let go of everything."""
        try:
            self.store.close()
        finally:
            self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_workspace(settings: Settings) -> Workspace:
    """Open the data folder, making it where there is none.

    The store comes first: its lock tells at once whether another process serves this folder.

    Raises:
        StoreLockedError: another process holds the embedded store.
        StorageError: the folder cannot be written.
        StoreUnavailableError: the Qdrant server does not answer.
        CatalogError: the catalogue is damaged or newer than this release.
        ConfigurationError: a restore into the folder is under way, or was killed.
    """
    make_folder(settings.data_dir)
    if (settings.data_dir / RESTORING).exists():
        raise ConfigurationError(
            f"a restore into {settings.data_dir} is under way or was killed; wait until it ends, or run the same "
            "`facies restore FILE` again, which finishes it."
        )
    store = open_store(settings.store, settings.data_dir / "vectors")
    try:
        catalog = open_catalog(settings.catalog_url)
    except BaseException:
        store.close()
        raise
    return Workspace(store=store, catalog=catalog, blobs=BlobStore(settings.data_dir))
