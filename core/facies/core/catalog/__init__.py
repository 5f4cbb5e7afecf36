"""The SQL catalogue: collections, images with their metadata, and labels as append-only events."""

from facies.core.catalog.catalog import Catalog, open_catalog

__all__ = ["Catalog", "open_catalog"]
