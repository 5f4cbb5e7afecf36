"""Every error that facies raises on purpose.

The tree; the HTTP status of each class lives in ``facies.api.problems`` and nowhere else::

    FaciesError
    ├── ConfigurationError            settings, environment, usage of a command
    ├── ImageError                    the bytes of one image
    │   ├── UnreadableImageError
    │   ├── ImageTooLargeError
    │   └── OriginalMissingError      the catalogue knows it, the file is gone
    ├── ImageNotFoundError            no such image in the collection
    ├── SourceError                   a folder, zip or manifest that cannot be read as one
    ├── ModelError
    │   ├── UnknownModelError
    │   ├── WeightsNotFoundError
    │   ├── WeightsMismatchError      a checkpoint that does not fit its card
    │   ├── DownloadError
    │   ├── RecipeError               views and layers that make no sense, or not for this network
    │   ├── DimensionMismatchError
    │   └── FingerprintMismatchError  vectors made in another way than the query's
    ├── StoreError
    │   ├── StoreUnavailableError
    │   ├── StoreLockedError
    │   ├── CollectionNotFoundError
    │   ├── CollectionExistsError
    │   └── InvalidPointError
    ├── CatalogError                  (facies.core.catalog_errors)
    │   ├── LabelBatchNotFoundError
    │   ├── LabelBatchUndoneError     a batch that is out of effect already
    │   ├── StaleLabelError           somebody else was faster
    │   └── StalePreviewError         and what was previewed is not what would come of it now
    ├── StorageError                  disk full, folder read-only
    ├── JobError                      work in the background (facies.core.job_errors)
    │   ├── JobNotFoundError
    │   ├── JobConflictError
    │   │   └── JobStateError         not possible in the state that the job is in
    │   ├── UnknownJobKindError
    │   ├── JobParametersError
    │   ├── JobFileError
    │   ├── JobQueueError             Redis does not answer
    │   ├── JobWorkerDiedError
    │   ├── TooManyFollowersError     as many streams of events as may be
    │   └── JobBrokenOffError         an attempt must end early
    │       ├── JobCancelledError
    │       ├── JobReleasedError
    │       └── JobTakenOverError     fenced off: another worker has it
    ├── QueryError
    ├── TaxonomyError                 names, ranks and parents that make no taxonomy (facies.core.taxonomy_errors)
    │   ├── UnknownTaxonError         a name that the taxonomy in use does not have
    │   ├── TaxonomyNotFoundError
    │   └── TaxonomyConflictError     a name that is taken, a taxonomy that is in use
    ├── SegmentationError             a request to segment that makes no sense; `facies.core.segmentation_errors`
    │   ├── ClassTableError           ids, names and colours that make no table of classes
    │   ├── UnknownClassError         labels or a mask with classes that the table lacks
    │   ├── LabelsError               strokes, label images and points that cannot be used
    │   │   └── NoLabelsError
    │   ├── TooFewClassesError        nothing to tell apart
    │   ├── UnknownCardError, LayerError    hypercolumns: no such card; a layer that is no map of the image
    │   ├── MaskError                 a file that holds no mask of class ids
    │   ├── MaskSizeError             not of the size of the image or mask beside it
    │   ├── DepthError                sections, rows and intervals that do not fit each other
    │   ├── FinetuningError           a network that cannot be trained on masks in the way asked for
    │   ├── FinetunedFileError        a file that does not hold such a network
    │   ├── ClassifierError           no such classifier, or features that nothing can be learnt from
    │   └── SegmentationModelError    a file that holds no trained segmentation
    │       └── ModelMapsMismatchError    maps of another card or other weights than those of training
    ├── DrawingError                  pictures with strokes on them (facies.core.drawing_errors)
    │   ├── DrawingNotFoundError
    │   ├── PictureNotFoundError
    │   ├── DrawingInUseError         a job reads what would be taken away
    │   ├── PreviewSupersededError    a newer one was asked for
    │   └── TooManyPreviewsError
    ├── MapError                      maps of collections (facies.core.map_errors)
    │   ├── MapNotFoundError
    │   ├── TooFewImagesError         nothing to lay out
    │   ├── StaleMapError             not what somebody saw any more
    │   └── PolygonError              a lasso that encloses nothing
    ├── AccessError
    └── ServiceUnavailableError       no facies service at the address

A class takes values and builds its own message: what happened, what was expected, what came, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from facies.core import (
    catalog_errors,
    drawing_errors,
    error_base,
    job_errors,
    map_errors,
    segmentation_errors,
    taxonomy_errors,
)

FaciesError = error_base.FaciesError
CatalogError = catalog_errors.CatalogError
LabelBatchNotFoundError = catalog_errors.LabelBatchNotFoundError
LabelBatchUndoneError = catalog_errors.LabelBatchUndoneError
StaleLabelError = catalog_errors.StaleLabelError
StalePreviewError = catalog_errors.StalePreviewError
DrawingError = drawing_errors.DrawingError
DrawingNotFoundError = drawing_errors.DrawingNotFoundError
PictureNotFoundError = drawing_errors.PictureNotFoundError
DrawingInUseError = drawing_errors.DrawingInUseError
PreviewSupersededError = drawing_errors.PreviewSupersededError
TooManyPreviewsError = drawing_errors.TooManyPreviewsError
JobError = job_errors.JobError
JobNotFoundError = job_errors.JobNotFoundError
JobConflictError = job_errors.JobConflictError
JobStateError = job_errors.JobStateError
UnknownJobKindError = job_errors.UnknownJobKindError
JobParametersError = job_errors.JobParametersError
JobFileError = job_errors.JobFileError
JobQueueError = job_errors.JobQueueError
JobWorkerDiedError = job_errors.JobWorkerDiedError
TooManyFollowersError = job_errors.TooManyFollowersError
JobBrokenOffError = job_errors.JobBrokenOffError
JobCancelledError = job_errors.JobCancelledError
JobReleasedError = job_errors.JobReleasedError
JobTakenOverError = job_errors.JobTakenOverError
TaxonomyError = taxonomy_errors.TaxonomyError
UnknownTaxonError = taxonomy_errors.UnknownTaxonError
TaxonomyNotFoundError = taxonomy_errors.TaxonomyNotFoundError
TaxonomyConflictError = taxonomy_errors.TaxonomyConflictError
ClassifierError = segmentation_errors.ClassifierError
ClassTableError = segmentation_errors.ClassTableError
DepthError = segmentation_errors.DepthError
FinetunedFileError = segmentation_errors.FinetunedFileError
FinetuningError = segmentation_errors.FinetuningError
LabelsError = segmentation_errors.LabelsError
LayerError = segmentation_errors.LayerError
MaskError = segmentation_errors.MaskError
MaskSizeError = segmentation_errors.MaskSizeError
ModelMapsMismatchError = segmentation_errors.ModelMapsMismatchError
NoLabelsError = segmentation_errors.NoLabelsError
SegmentationError = segmentation_errors.SegmentationError
SegmentationModelError = segmentation_errors.SegmentationModelError
TooFewClassesError = segmentation_errors.TooFewClassesError
UnknownCardError = segmentation_errors.UnknownCardError
UnknownClassError = segmentation_errors.UnknownClassError
MapError = map_errors.MapError
MapNotFoundError = map_errors.MapNotFoundError
TooFewImagesError = map_errors.TooFewImagesError
StaleMapError = map_errors.StaleMapError
PolygonError = map_errors.PolygonError


class ConfigurationError(FaciesError):
    """A setting, an environment variable or the usage of a command is wrong."""


class ImageError(FaciesError):
    """Something about the bytes of one image."""


class UnreadableImageError(ImageError):
    """The bytes are not an image that can be decoded completely."""

    def __init__(self, name: str, reason: str) -> None:
        """Name the image and say why it was refused."""
        super().__init__(f"{name} is not a readable image: {reason}")
        self.reason = reason


class ImageTooLargeError(ImageError):
    """The header declares more pixels, or the upload holds more bytes, than the limit."""

    def __init__(
        self, name: str, got: int, limit: int, *, unit: str = "pixels", setting: str = "FACIES_IMAGES__MAX_PIXELS"
    ) -> None:
        """Name the image, its declared size and the limit."""
        super().__init__(
            f"{name} has {got:,} {unit}; the limit is {limit:,}. Raise {setting} if this image is to be trusted."
        )


class OriginalMissingError(ImageError):
    """The catalogue knows the image but its file is not where it was."""

    def __init__(self, uri: str) -> None:
        """Name the place where the original was."""
        super().__init__(
            f"original missing: {uri} is not there any more. The thumbnail and the vector remain; "
            "`facies index --relink DIR --collection NAME` finds it again by its content."
        )


class ImageNotFoundError(FaciesError):
    """The collection holds no image with this id."""

    def __init__(self, collection: str, image_id: str) -> None:
        """Name the collection and the id."""
        super().__init__(
            f"collection {collection!r} holds no image {image_id!r}. `facies search FILE -c {collection} --json` gives "
            f"the ids of images; one that is not there comes in with `facies index SOURCE -c {collection}`."
        )


class SourceError(FaciesError):
    """A folder, zip file or manifest cannot be read as a source of images."""


class ModelError(FaciesError):
    """A model, its weights or its vectors."""


class UnknownModelError(ModelError):
    """No card has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Name the model asked for, the nearest cards and the list."""
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        super().__init__(
            f"unknown model {name!r}. {hint}`facies models list` shows all {len(names)} cards; "
            "timm:<name> reaches the rest of timm."
        )


class WeightsNotFoundError(ModelError):
    """No source of the card gave its weights. Random weights are never used instead."""

    def __init__(self, name: str, tried: Iterable[str], remedy: str) -> None:
        """Name the model, each source tried with its outcome, and the remedy."""
        lines = "".join(f"\n  - {line}" for line in tried)
        super().__init__(f"no weights found for {name!r}. Tried:{lines}\n{remedy}")


class WeightsMismatchError(ModelError):
    """A checkpoint does not fit the network of its card."""

    def __init__(
        self, name: str, source: str, missing: Iterable[str], unexpected: Iterable[str], detail: str = ""
    ) -> None:
        """List tensors that the card needs and the file lacks, and the other way round."""
        gone, extra = list(missing), list(unexpected)
        parts = [f"{source} does not hold the weights of {name!r}."]
        if detail:
            parts.append(detail)
        if gone:
            parts.append(f"Missing tensors ({len(gone)}): {', '.join(gone[:8])}{' ...' if len(gone) > 8 else ''}.")
        if extra:
            parts.append(
                f"Unexpected tensors ({len(extra)}): {', '.join(extra[:8])}{' ...' if len(extra) > 8 else ''}."
            )
        parts.append("Give the checkpoint of this card, or another card with --model.")
        super().__init__(" ".join(parts))


class DownloadError(ModelError):
    """A file could not be fetched, or came with another hash than the one on record."""


class RecipeError(ModelError):
    """A recipe makes no sense, or does not fit the network."""

    def __init__(self, recipe: str, reason: str) -> None:
        """Quote the recipe, or the part of it, and say what is wrong."""
        super().__init__(f"recipe {recipe!r}: {reason}. `facies models show CARD` lists the recipes of a card.")


class DimensionMismatchError(ModelError):
    """Two vectors, or a vector and its collection, differ in dimension."""

    def __init__(self, what: str, expected: int, got: int, *, remedy: str | None = None) -> None:
        """Name the vector and both dimensions."""
        remedy = remedy or (
            "Query a collection with the model that indexed it (`facies collections show NAME` names it)."
        )
        super().__init__(f"{what} has dimension {got}, expected {expected}. {remedy}")


class FingerprintMismatchError(ModelError):
    """The collection's vectors were made with other weights, preprocessing or precision than the query's would be."""

    def __init__(
        self, collection: str, differences: Iterable[str], *, vector: str | None = None, remedy: str | None = None
    ) -> None:
        """Name the collection and each field that differs, as ``field: stored X, now Y``."""
        which = "the vectors" if vector is None else f"the vectors {vector!r}"
        now = "this query" if vector is None else "the new ones"
        remedy = remedy or (
            "Use the same weights and settings, or embed the images again under another name (`facies collections "
            "add-model NAME --model CARD --as VECTOR`)."
        )
        super().__init__(
            f"{which} of collection {collection!r} were made in another way than {now} would be "
            f"({'; '.join(differences)}); mixed vectors give wrong neighbours. {remedy}"
        )


class StoreError(FaciesError):
    """The vector store refused or failed an operation."""


class StoreUnavailableError(StoreError):
    """The vector store does not answer."""

    def __init__(self, where: str, reason: str) -> None:
        """Name the store and the reason."""
        super().__init__(f"the vector store at {where} does not answer: {reason}")


class StoreLockedError(StoreError):
    """Another process holds the embedded store."""

    def __init__(self, path: Path | str, holder: str) -> None:
        """Name the folder and its holder."""
        super().__init__(
            f"the embedded store at {path} is held by {holder}; one process at a time may open it. "
            "Go through that service with --api and the URL that it printed at its start, or stop it first."
        )


class CollectionNotFoundError(StoreError):
    """No collection has this name."""

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        """Name the collection and those that exist."""
        names = sorted(known)
        there = (
            f"There are: {', '.join(names)}."
            if names
            else "There is none yet: `facies index FOLDER --collection NAME` makes one."
        )
        super().__init__(f"no collection {name!r}. {there}")


class CollectionExistsError(StoreError):
    """A collection of this name exists with another schema."""

    def __init__(self, name: str, detail: str) -> None:
        """Name the collection and the difference."""
        super().__init__(f"collection {name!r} exists already: {detail}. Choose another name or delete it first.")


class InvalidPointError(StoreError):
    """A point has an id, vector or payload that the store cannot hold faithfully."""


class StorageError(FaciesError):
    """The disk is full, or a folder cannot be written."""

    def __init__(self, path: Path | str, reason: str) -> None:
        """Name the path and the reason of the operating system."""
        super().__init__(
            f"cannot write {path}: {reason}. What was acknowledged before is kept; free space there, or name a place "
            "that can be written (of the data folder FACIES_DATA_DIR says where it is)."
        )


class QueryError(FaciesError):
    """A search or classification request that makes no sense."""


class AccessError(FaciesError):
    """A path or an action that this caller may not reach."""


class ServiceUnavailableError(FaciesError):
    """No facies service answers at the address."""

    def __init__(self, url: str, reason: str) -> None:
        """Name the address and the reason."""
        super().__init__(
            f"no facies service answers at {url} ({reason}). Start one with `facies up`, or correct the URL."
        )
