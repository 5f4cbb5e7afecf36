"""The errors of the catalogue; import them from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

from facies.core.error_base import FaciesError


class CatalogError(FaciesError):
    """The SQL catalogue refused or failed an operation."""


class LabelBatchNotFoundError(CatalogError):
    """A collection has no batch of labels of this number."""

    def __init__(self, collection: str, number: int) -> None:
        """Name both."""
        super().__init__(
            f"collection {collection!r} has no batch {number} of labels; `facies label batches -c {collection}` lists "
            "them."
        )


class LabelBatchUndoneError(CatalogError):
    """A batch of labels was undone before."""

    def __init__(self, collection: str, number: int, undone_by: int | None) -> None:
        """Name the batch, and the one that undid it."""
        super().__init__(
            f"batch {number} of collection {collection!r} was undone before, by batch {undone_by}; nothing was "
            f"changed. To bring its labels back, undo batch {undone_by}."
        )


class StaleLabelError(CatalogError):
    """Somebody else has labelled an image since a writer looked at it."""

    def __init__(self, collection: str, image_id: str, *, seen: int | None, now: int | None) -> None:
        """Name the image and both versions of its label."""
        super().__init__(
            f"the label of image {image_id} of collection {collection!r} has changed: seen was {_version(seen)}, now "
            f"it is {_version(now)}. Nothing was changed; look at the image again, then label it."
        )


class StalePreviewError(CatalogError):
    """Labels have changed since the preview that is to be applied."""

    def __init__(self, collection: str) -> None:
        """Name the collection."""
        super().__init__(
            f"labels of collection {collection!r} have changed since the preview. Nothing was changed; look at a new "
            "preview, then apply that."
        )


def _version(event: int | None) -> str:
    return "no label" if event is None else f"event {event}"
